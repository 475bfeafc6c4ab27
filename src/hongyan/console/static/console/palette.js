// Ctrl-K: pages, settings, acts, people, submissions, by the keyboard alone. The server finds, this shows.
(() => {
  const palette = document.querySelector("[data-palette]");
  if (!palette) return;
  const input = palette.querySelector("input");
  const list = palette.querySelector("[role=listbox]");
  // Addresses of pages only, no words: nothing of a person is left behind in the browser.
  const key = `hongyan-recent-${palette.dataset.user}`;
  const recent = () => { try { return JSON.parse(localStorage.getItem(key)) || []; } catch { return []; } };
  const visited = (url) => localStorage.setItem(key, JSON.stringify([url, ...recent().filter((one) => one !== url)].slice(0, 8)));
  if (palette.dataset.here) visited(palette.dataset.here);

  const mark = (link) => {
    list.querySelectorAll("[role=option]").forEach((one) => {
      one.classList.toggle("active", one === link);
      one.setAttribute("aria-selected", String(one === link));
    });
    input.setAttribute("aria-activedescendant", link ? link.id : "");
    link?.scrollIntoView({ block: "nearest" });
  };
  const option = (hit, index) => {
    const link = document.createElement("a");
    Object.assign(link, { href: hit.url, id: `hit-${index}`, tabIndex: -1 });
    link.setAttribute("role", "option");
    link.dataset.page = hit.page || "";
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("class", "icon");
    picture.setAttribute("aria-hidden", "true");
    picture.innerHTML = `<use href="${palette.dataset.icons}#${encodeURIComponent(hit.icon)}"></use>`;
    const label = Object.assign(document.createElement("b"), { textContent: hit.label });
    const detail = Object.assign(document.createElement("span"), { textContent: hit.detail });
    link.append(picture, label, detail);
    return link;
  };
  const show = (hits) => {
    const rows = [];
    let group = null;
    hits.forEach((hit, index) => {
      if (hit.group !== group) {
        group = hit.group;
        const head = Object.assign(document.createElement("div"), { className: "hy-palette-group", textContent: group });
        head.setAttribute("role", "presentation");
        rows.push(head);
      }
      rows.push(option(hit, index));
    });
    list.replaceChildren(...rows);
    if (!hits.length && input.value) list.textContent = palette.dataset.none;
    mark(list.querySelector("[role=option]"));
  };

  let timer = null, asked = 0;
  const ask = async () => {
    const mine = ++asked;
    list.setAttribute("aria-busy", "true");
    const query = new URLSearchParams({ q: input.value });
    recent().filter((url) => url !== palette.dataset.here).forEach((url) => query.append("recent", url));
    const answer = await fetch(`${palette.dataset.search}?${query}`);
    // A late answer must not replace that of what was typed since.
    if (mine !== asked) return;
    list.removeAttribute("aria-busy");
    if (answer.ok) show((await answer.json()).hits);
  };
  const open = () => {
    if (palette.open) { palette.close(); return; }
    palette.showModal();
    input.value = "";
    ask();
  };
  document.querySelectorAll("[data-palette-open]").forEach((one) => one.addEventListener("click", open));
  document.addEventListener("keydown", (event) => {
    if (!event.isComposing && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
  });
  // While pinyin is being composed its letters are the search already.
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  input.addEventListener("keydown", async (event) => {
    // An input method's Enter takes its candidate; WebKit ends composing before that key and tells it by 229 alone.
    if (event.isComposing || event.keyCode === 229) return;
    const links = [...list.querySelectorAll("[role=option]")];
    const at = links.findIndex((link) => link.classList.contains("active"));
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -at, End: links.length - 1 - at }[event.key];
    if (event.key === "Enter") {
      event.preventDefault();
      // Who types and presses Enter at once means what has been typed, not what stood there before.
      if (timer) { clearTimeout(timer); timer = null; await ask(); }
      list.querySelector(".active")?.click();
    } else if (steps !== undefined && links.length && (event.key.startsWith("Arrow") || !input.value)) {
      event.preventDefault();
      mark(links[(at + steps + links.length) % links.length]);
    }
  });
  list.addEventListener("click", (event) => {
    const link = event.target.closest("[role=option]");
    if (!link) return;
    if (link.dataset.page) visited(link.dataset.page);
    palette.close();
  });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
})();
