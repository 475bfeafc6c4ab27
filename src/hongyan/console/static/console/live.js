// One event stream for a page. Each topic becomes a DOM event "live-<topic>" on <body>, which htmx triggers listen to:
//   hx-trigger="live-submission-12 from:body throttle:500ms"
// When the stream cannot be reached, every topic that something listens to is announced each few seconds instead.
(() => {
  const body = document.body;
  const token = body.dataset.liveToken;
  if (!token) return;
  const base = body.dataset.liveUrl || `${location.protocol}//${location.hostname}:${body.dataset.livePort}`;
  const stale = document.querySelector("[data-stale]");
  let polling = null;
  let failures = 0;

  const announce = (topic, data) => body.dispatchEvent(new CustomEvent(`live-${topic}`, { detail: data }));

  // htmx's throttle drops what comes too soon: when a burst is over, its topic is announced once more behind the throttle
  // of each who listens.
  const throttles = (topic) => {
    const found = new Set();
    for (const element of document.querySelectorAll(`[hx-trigger*='live-${topic} ']`)) {
      for (const [, many, unit] of element.getAttribute("hx-trigger").matchAll(/throttle:(\d+)(ms|s)/g)) {
        found.add(unit === "s" ? many * 1000 : Number(many));
      }
    }
    return found;
  };
  const again = new Map();
  const announceBurst = (topic, data) => {
    announce(topic, data);
    (again.get(topic) || []).forEach(clearTimeout);
    again.set(topic, [...throttles(topic)].map((ms) => setTimeout(() => announce(topic, data), ms + 100)));
  };

  const poll = () => {
    const names = new Set();
    for (const element of document.querySelectorAll("[hx-trigger*='live-']")) {
      for (const match of element.getAttribute("hx-trigger").matchAll(/live-([\w-]+)/g)) names.add(match[1]);
    }
    names.forEach((name) => announce(name, {}));
    announce("open", {});
  };

  const source = new EventSource(`${base}/live?topics=${encodeURIComponent(token)}`);
  source.onopen = () => {
    // What changed while we were away is fetched again; at first only what "open" listens for: what happened between
    // the page and now.
    if (failures) poll();
    else announce("open", {});
    failures = 0;
    stale.hidden = true;
    clearInterval(polling);
    polling = null;
  };
  source.onmessage = (message) => {
    const { topic, data } = JSON.parse(message.data);
    if (topic === "away" || topic === "again") {
      // The database went away, or is there again: what changed meanwhile is fetched anew.
      stale.hidden = topic === "again";
      if (topic === "again") poll();
      return;
    }
    announceBurst(topic, data);
  };
  source.onerror = () => {
    failures += 1;
    if (failures >= 2) stale.hidden = false;
    if (!polling) polling = setInterval(poll, 5000);
  };
  window.addEventListener("pagehide", () => source.close());

  const sending = document.querySelector("[data-sending]");
  let quiet = null;
  body.addEventListener("live-sending", (event) => {
    const speed = event.detail.per_second;
    if (!sending || speed === undefined) return;
    clearTimeout(quiet);
    if (speed > 0) {
      sending.hidden = false;
      sending.querySelector("b").textContent = speed.toLocaleString();
    }
    quiet = setTimeout(() => { sending.hidden = true; }, speed > 0 ? 5000 : 1500);
  });
})();
