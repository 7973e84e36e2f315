// Before anything is drawn: dark or light, as chosen on any page of the site, or as the system is.
document.documentElement.dataset.theme = localStorage.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
