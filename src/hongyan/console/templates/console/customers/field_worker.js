// Keeps the phone page of field staff, so that it opens without network. Data is never kept here.
const NAME = "field-1";
const KEPT = {{ kept|safe }};
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || !KEPT.includes(path)) return;
  // What is new first; what was kept where nothing answers.
  event.respondWith(
    fetch(event.request)
      .then((answer) => {
        if (answer.ok && !answer.redirected) {
          const copy = answer.clone();
          caches.open(NAME).then((cache) => cache.put(path, copy));
        }
        return answer;
      })
      .catch(() => caches.match(path)),
  );
});
