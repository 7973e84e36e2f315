// Theme, menu and search; the pages read well without any of them.
const $ = id => document.getElementById(id), up = document.body.dataset.up

$('theme').onclick = () => {
  const o = document.documentElement.dataset
  localStorage.theme = o.theme = o.theme === 'dark' ? 'light' : 'dark'
}
$('menu').onclick = () => $('menu').setAttribute('aria-expanded', $('sidebar').classList.toggle('open'))

// What scrolls can be scrolled by keyboard.
const scrolls = () => { for (const o of document.querySelectorAll('pre, .table')) o.tabIndex = o.scrollWidth > o.clientWidth || o.scrollHeight > o.clientHeight ? 0 : -1 }
addEventListener('resize', scrolls)
scrolls()

// The index is a script, as pages opened from a folder may not fetch; it comes with the first search.
const index = () => index.ready ??= new Promise((done, failed) => {
  const script = Object.assign(document.createElement('script'), {src: up + 'search.js', onload: () => done(window.searchIndex), onerror: failed})
  document.head.append(script)
})

// All words must be there; those in headings and titles count most.
const score = (o, words) => words.reduce((sum, w) => {
  const hits = [o.heading, o.title, o.text].map(s => s.toLowerCase().split(w).length - 1)
  return sum && hits.some(n => n) ? sum + 20 * !!hits[0] + 8 * !!hits[1] + Math.min(hits[2], 5) + 30 * (o.heading.toLowerCase() === w) : 0
}, 1)

const around = (text, word) => {
  const at = Math.max(text.toLowerCase().indexOf(word), 0), from = Math.max(at - 50, 0)
  return [from ? '…' + text.slice(from, at) : text.slice(0, at), text.slice(at, at + word.length), text.slice(at + word.length, at + 110)]
}

const item = (o, words) => {
  const li = document.createElement('li'), a = document.createElement('a'), where = document.createElement('b'), said = document.createElement('span')
  const [before, hit, after] = around(o.text, words.find(w => o.text.toLowerCase().includes(w)) ?? ''), mark = document.createElement('mark')
  mark.textContent = hit
  where.textContent = o.heading === o.title ? o.title : `${o.title} › ${o.heading}`
  said.append(before, mark, after)
  a.href = up + o.url
  a.append(where, said)
  li.append(a)
  return li
}

const search = async () => {
  const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean)
  const found = words.length ? (await index()).map(o => [score(o, words), o]).filter(o => o[0] > 1).sort((a, b) => b[0] - a[0]).slice(0, 12) : []
  $('found').replaceChildren(...found.map(o => item(o[1], words)))
  if (words.length && !found.length) $('found').append(Object.assign(document.createElement('li'), {textContent: 'Nothing found'}))
  $('found').hidden = !words.length
}

$('search').oninput = search
document.onkeydown = e => {
  if (e.key === 'Escape') { $('search').value = ''; search() }
  if (e.key === '/' && !/input|textarea/i.test(document.activeElement.tagName)) { e.preventDefault(); $('search').focus() }
  if (e.key === 'Enter' && document.activeElement === $('search')) $('found').querySelector('a')?.click()
  if (/^Arrow(Down|Up)$/.test(e.key) && !$('found').hidden) {
    const links = [$('search'), ...$('found').querySelectorAll('a')], at = links.indexOf(document.activeElement)
    if (at >= 0) { e.preventDefault(); links[(at + (e.key === 'ArrowDown' ? 1 : -1) + links.length) % links.length].focus() }
  }
}
document.onclick = e => { if (!e.target.closest('.search')) $('found').hidden = true }
