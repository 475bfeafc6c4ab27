// The sidebar: one section open and remembered, a drawer on a phone, the user's own pins.
(() => {
  const side = document.getElementById("side");
  if (!side) return;
  const menu = () => document.getElementById("menu");
  const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);

  // Sections. The server reads the cookie, so the right one is open before the first paint.
  const remember = (opened) => {
    document.cookie = `hongyan_section=${opened}.${menu().dataset.section}; path=/; max-age=31536000; samesite=lax`;
  };
  const fold = (button, isOpen) => {
    button.setAttribute("aria-expanded", String(isOpen));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !isOpen;
  };
  side.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fold]");
    if (!button) return;
    const isOpen = button.getAttribute("aria-expanded") !== "true";
    menu().querySelectorAll("[data-fold]").forEach((one) => fold(one, one === button && isOpen));
    remember(isOpen ? button.closest("[data-group]").dataset.group : "");
  });
  if (menu().dataset.section && !cookie("hongyan_section")?.endsWith(`.${menu().dataset.section}`)) remember(menu().dataset.section);

  // On a phone the sidebar is a drawer: what is behind it can neither be reached nor scrolled.
  const burger = document.querySelector("[data-side-open]");
  const behind = document.querySelectorAll(".hy-top, #main, .hy-skip, .hy-bottom");
  const show = (isShown) => {
    document.body.classList.toggle("hy-side-shown", isShown);
    burger.setAttribute("aria-expanded", String(isShown));
    behind.forEach((one) => { one.inert = isShown; });
    if (isShown) {
      side.setAttribute("role", "dialog");
      side.setAttribute("aria-modal", "true");
      side.querySelector("[aria-current]:not([hidden] *), a").focus();
    } else {
      side.removeAttribute("role");
      side.removeAttribute("aria-modal");
    }
  };
  const isShown = () => document.body.classList.contains("hy-side-shown");
  const close = () => { if (isShown()) { show(false); burger.focus(); } };
  burger.addEventListener("click", () => show(true));
  document.querySelector("[data-side-close]").addEventListener("click", close);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  matchMedia("(min-width: 901px)").addEventListener("change", () => { if (isShown()) show(false); });

  // A pin changes the menu and not the page, on which something may have been typed.
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-pin-form]");
    if (!form) return;
    event.preventDefault();
    const label = form.querySelector("[data-pin-label]");
    // The title is "page · 鸿雁"; what was searched tells two pins of one list apart.
    const sought = new URLSearchParams(location.search).get("q");
    if (label) label.value = [document.title.replace(/\s*·[^·]*$/, "").trim() || label.value, sought].filter(Boolean).join(" · ");
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form, event.submitter) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["menu", "pin"]) {
      const fresh = page.getElementById(id), old = document.getElementById(id);
      if (fresh && old) old.replaceWith(fresh);
    }
    window.hongyanToasts(page.querySelectorAll("[data-toast]"));
    if (!form.isConnected) document.querySelector("#pin button")?.focus();
  });
})();
