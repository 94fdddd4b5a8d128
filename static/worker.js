// Keeps the whole site in the browser, so that it works without a network after the first visit. The build puts the
// two lines below in place (`cargo xtask pack`); a new build is a new worker with a cache of its own.
const FILES = [];
const VERSION = '';

const PREFIX = `ordinal ${registration.scope} `;
const CACHE = PREFIX + VERSION;
const PATIENCE_MS = 4000;

// The hash in such a name is that of the content: what is kept under it never grows old.
const hashed = address => /-[0-9a-f]{15,16}(_bg)?\.\w+$/.test(address);

// What follows the name of a file only keeps other caches from older ones.
const kept = async request => (await caches.open(CACHE)).match(request, { ignoreSearch: true });

addEventListener('install', event => {
  skipWaiting();
  const requests = FILES.map(file => new Request(file, { cache: hashed(file) ? 'default' : 'no-cache' }));
  event.waitUntil(caches.open(CACHE).then(cache => cache.addAll(requests)));
});

addEventListener('activate', event => {
  const old = name => name.startsWith(PREFIX) && name !== CACHE;
  event.waitUntil(caches.keys().then(names => Promise.all(names.filter(old).map(name => caches.delete(name)))));
});

// Everything without a hash in its name comes from the network while there is one, so that the page, its lessons and
// its words are always of one build; what is kept is for when the network fails, or takes too long.
const newest = async (request, key) => {
  const answer = fetch(request);
  const late = new Promise(resolve => { setTimeout(resolve, PATIENCE_MS); });
  const first = await Promise.race([answer.catch(() => undefined), late]);
  return first?.ok ? first : await kept(key) ?? answer;
};

addEventListener('fetch', event => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(registration.scope)) return;
  if (request.mode === 'navigate') event.respondWith(newest(request, './'));
  else if (hashed(request.url)) event.respondWith(kept(request).then(copy => copy ?? fetch(request)));
  else event.respondWith(newest(request, request));
});
