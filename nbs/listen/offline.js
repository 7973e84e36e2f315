// Keeps all that the page needs, so that it also listens where there is no network.
const cache = 'listen-VERSION', files = FILES

addEventListener('install', e => e.waitUntil(caches.open(cache).then(o => o.addAll(files)).then(() => skipWaiting())))
addEventListener('activate', e => e.waitUntil((async () => {
  for (const o of await caches.keys()) if (o.startsWith('listen-') && o !== cache) await caches.delete(o)
  await clients.claim()
})()))
addEventListener('fetch', e => {
  if (e.request.method !== 'GET') return
  e.respondWith(caches.match(e.request, {ignoreSearch: true, cacheName: cache}).then(o => o ?? fetch(e.request)))
})
