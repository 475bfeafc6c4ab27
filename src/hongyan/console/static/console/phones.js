// Virtual phones: what changed is put in place piece by piece, so that nobody who types or reads is disturbed.
(() => {
  const wall = () => document.querySelector("[data-wall]");
  const opened = document.querySelector("dialog#opened");
  const holder = () => document.querySelector("[data-opened]");
  const locale = document.documentElement.lang;
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // The phones keep the installation's time, as the messages on them do.
  const timeZone = document.querySelector("meta[name=time-zone]")?.content;
  const tellTime = (root = document) => {
    const now = new Date().toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
    root.querySelectorAll("[data-clock]").forEach((one) => { one.textContent = now; });
  };
  tellTime();
  setInterval(() => tellTime(), 10000);

  // Sound: off until somebody asks for it, remembered on this device.
  const soundButton = document.querySelector("[data-sound]");
  let audio = null;
  const soundOn = () => localStorage.getItem("hongyan-phones-sound") === "on";
  const showSound = () => soundButton?.setAttribute("aria-pressed", String(soundOn()));
  const chime = () => {
    if (!soundOn()) return;
    audio ??= new AudioContext();
    [880, 1318.5].forEach((pitch, index) => {
      const tone = audio.createOscillator(), gain = audio.createGain(), at = audio.currentTime + index * 0.09;
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0.07, at);
      gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
      tone.connect(gain).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.4);
    });
  };
  soundButton?.addEventListener("click", () => {
    localStorage.setItem("hongyan-phones-sound", soundOn() ? "off" : "on");
    showSound();
    chime();
  });
  showSound();

  const count = (element, to) => {
    const from = Number(element.dataset.value);
    if (from === to) return;
    element.dataset.value = to;
    element.classList.remove("ph-tick");
    void element.offsetWidth;
    element.classList.add("ph-tick");
    const began = performance.now();
    const step = (now) => {
      if (Number(element.dataset.value) !== to) return;
      const part = still.matches ? 1 : Math.min(1, (now - began) / 400);
      element.textContent = Math.round(from + (to - from) * part).toLocaleString(locale);
      if (part < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  };

  // Keep `list` as `fresh` is: what left goes, what is new comes with an animation. Gives how many landed.
  const merge = (list, fresh) => {
    const known = new Map([...list.querySelectorAll(":scope > [data-message]")].map((one) => [one.dataset.message, one]));
    const wanted = [...fresh.querySelectorAll(":scope > [data-message]")];
    const names = new Set(wanted.map((one) => one.dataset.message));
    let landed = 0;
    known.forEach((one, name) => { if (!names.has(name)) one.remove(); });
    wanted.forEach((one, index) => {
      let place = known.get(one.dataset.message);
      if (!place) {
        place = document.importNode(one, true);
        place.classList.add("ph-landing");
        landed += 1;
      }
      if (list.children[index] !== place) list.insertBefore(place, list.children[index] || null);
    });
    return landed;
  };

  const refreshPhone = (old, fresh) => {
    const focused = old.contains(document.activeElement) && document.activeElement.matches(".ph-power");
    const buzzing = old.classList.contains("ph-buzz");
    old.className = fresh.className;
    if (buzzing) old.classList.add("ph-buzz");
    for (const part of ["[data-dark]", "[data-badge]", "[data-name]", "[data-power]"]) {
      const [here, there] = [old.querySelector(part), fresh.querySelector(part)];
      if (part === "[data-power]") {
        // The token in the form is another each time; the button is what counts.
        const [mine, theirs] = [here.querySelector("button"), there.querySelector("button")];
        if (mine.value !== theirs.value) { mine.replaceWith(theirs); if (focused) theirs.focus(); }
      } else if (here.innerHTML !== there.innerHTML || here.className !== there.className) here.replaceWith(there);
    }
    if (merge(old.querySelector("[data-notes]"), fresh.querySelector("[data-notes]"))) {
      old.classList.remove("ph-buzz");
      void old.offsetWidth;
      old.classList.add("ph-buzz");
      return true;
    }
    return false;
  };

  const refreshWall = async () => {
    const answer = await fetch(wall().dataset.url);
    if (!answer.ok || answer.redirected) { location.reload(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-wall]");
    if (!fresh) { location.reload(); return; }
    tellTime(fresh);
    fresh.querySelectorAll("[data-tally]").forEach((one) => {
      count(wall().querySelector(`[data-tally=${one.dataset.tally}]`), Number(one.dataset.value));
    });
    const list = wall().querySelector("[data-phones]");
    const names = new Set();
    let anyLanded = false;
    fresh.querySelectorAll("[data-phone]").forEach((one) => {
      names.add(one.dataset.phone);
      const old = list.querySelector(`[data-phone="${one.dataset.phone}"]`);
      if (old) anyLanded = refreshPhone(old, one) || anyLanded;
      else { const added = document.importNode(one, true); list.append(added); htmx.process(added); }
    });
    list.querySelectorAll("[data-phone]").forEach((one) => { if (!names.has(one.dataset.phone)) one.remove(); });
    if (anyLanded) chime();
    const more = fresh.querySelector("[data-fresh]").content;
    const crowd = more.querySelector("[data-crowd]").textContent;
    document.querySelectorAll("dialog [data-crowd]").forEach((one) => { one.textContent = crowd; });
    document.querySelector("[data-crowd-button]").disabled = crowd === "0";
    more.querySelectorAll("[data-account]").forEach((one) => {
      const old = document.querySelector(`article [data-account="${one.dataset.account}"]`);
      if (old && old.innerHTML !== one.innerHTML) old.innerHTML = one.innerHTML;
    });
  };

  const toEnd = () => { const thread = holder()?.querySelector("[data-thread]"); if (thread) thread.scrollTop = thread.scrollHeight; };
  const refreshOpened = async () => {
    const shown = holder()?.querySelector("[data-opened-phone]");
    if (!shown || (opened && !opened.open)) return;
    const answer = await fetch(`/phones/${shown.dataset.openedPhone}/`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || !holder().contains(shown)) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const thread = shown.querySelector("[data-thread]");
    const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
    const could = shown.querySelector("[data-type]")?.disabled === false;
    const can = page.querySelector("[data-type]")?.disabled === false;
    const [here, there] = [shown.querySelector("[data-waiting]"), page.querySelector("[data-waiting]")];
    if (here.innerHTML !== there.innerHTML) here.replaceWith(there);
    // Switched elsewhere, or the first message to answer: nobody was typing then, so all is put anew.
    if (could !== can || page.querySelector(".ph-large").className !== shown.querySelector(".ph-large").className) {
      holder().innerHTML = page.body.innerHTML;
      htmx.process(holder());
      tellTime(holder());
      toEnd();
      return;
    }
    if (merge(thread, page.querySelector("[data-thread]")) && atEnd) toEnd();
  };

  // At most one look at a time, and always one after the last change.
  let looking = false, again = false;
  const refresh = async () => {
    if (looking) { again = true; return; }
    looking = true;
    try {
      await Promise.all([wall() ? refreshWall() : null, refreshOpened()]);
    } catch { /* The network is away: the page's own notice says so, and the next change looks again. */ }
    looking = false;
    if (again) { again = false; setTimeout(refresh, 150); }
  };
  document.body.addEventListener("live-phones", refresh);
  // What changed between the making of this page and the opening of its stream.
  setTimeout(refresh, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && wall()) refresh(); });
  // The simulator comes back by itself: so does the page.
  if (document.querySelector("[data-away]")) setInterval(async () => {
    const answer = await fetch("/phones/wall/");
    if (answer.ok && !(await answer.text()).includes("data-away")) location.reload();
  }, 3000);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-phone-open]");
    if (link && opened && !event.ctrlKey && !event.metaKey && event.button === 0) {
      event.preventDefault();
      htmx.ajax("GET", link.href, "[data-opened]").then(() => {
        if (!opened.open) opened.showModal();
        tellTime(opened);
        toEnd();
        opened.querySelector("[data-type]:not(:disabled)")?.focus();
      });
      return;
    }
    const asked = event.target.closest("[data-dialog]");
    if (asked) document.getElementById(asked.dataset.dialog).showModal();
    if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog").close();
    if (event.target.matches("dialog.ph-open, dialog.ph-dialog")) event.target.close();
  });
  document.querySelector("dialog[data-show]")?.showModal();
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (!event.target.matches("[data-opened]")) return;
    tellTime(event.target);
    toEnd();
    event.target.querySelector("[data-type]:not(:disabled)")?.focus();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => { if (event.target.closest?.("[data-wall]")) refresh(); });
  toEnd();
})();
