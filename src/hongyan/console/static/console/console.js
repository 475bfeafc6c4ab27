// Small things that HTML and HTMX do not do: menu, palette, drawer, toasts, theme, bulk selection, unread count.
(() => {
  const on = (selector, type, handler) => document.addEventListener(type, (event) => {
    const element = event.target.closest && event.target.closest(selector);
    if (element) handler(element, event);
  });

  on("[data-side-open]", "click", () => document.body.classList.add("hy-side-shown"));
  on("[data-side-close]", "click", () => document.body.classList.remove("hy-side-shown"));
  on("[data-theme-next]", "click", () => window.hongyanNextTheme());
  on("[data-toast-close]", "click", (element) => element.closest("[data-toast]").remove());
  setTimeout(() => document.querySelectorAll("[data-toast]:not(.alert-danger)").forEach((toast) => toast.remove()), 8000);
  document.querySelector("[data-focus]")?.focus();

  // A form that was sent says so and cannot be sent twice.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    if (button && !event.target.hasAttribute("data-many")) setTimeout(() => { button.disabled = true; button.classList.add("btn-loading"); }, 0);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll(".btn-loading").forEach((button) => { button.disabled = false; button.classList.remove("btn-loading"); });
  });

  // Drawer: any element with data-drawer-url opens it; htmx fills #drawer.
  const drawer = document.querySelector("[data-drawer]");
  on("[data-drawer-url]", "click", (element, event) => {
    if (event.target.closest("a, button, input, label") && event.target.closest("a, button, input, label") !== element) return;
    event.preventDefault();
    htmx.ajax("GET", element.dataset.drawerUrl, "#drawer").then(() => { if (!drawer.open) drawer.showModal(); });
  });
  on("[data-drawer-close]", "click", () => drawer.close());
  drawer?.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });

  // Row click opens the row's link.
  on("tr[data-href]", "click", (row, event) => {
    if (!event.target.closest("a, button, input, label") && !window.getSelection().toString()) location.href = row.dataset.href;
  });

  // Bulk selection: [data-select-all] in the head, [data-select] in rows, [data-bulk] shows how many.
  const recount = (form) => {
    const boxes = [...form.querySelectorAll("[data-select]")];
    const chosen = boxes.filter((box) => box.checked).length;
    const bar = form.querySelector("[data-bulk]");
    const whole = form.querySelector("[data-bulk-all]");
    // "All found" is an offer only while the whole page is ticked.
    if (whole) {
      whole.closest("label").hidden = chosen < boxes.length;
      if (chosen < boxes.length) whole.checked = false;
    }
    const count = whole?.checked ? form.querySelector("[data-bulk-whole]").textContent : chosen.toLocaleString();
    if (bar) { bar.hidden = chosen === 0; bar.querySelectorAll("[data-bulk-count]").forEach((one) => { one.textContent = count; }); }
    const all = form.querySelector("[data-select-all]");
    if (all) { all.checked = chosen > 0 && chosen === boxes.length; all.indeterminate = chosen > 0 && chosen < boxes.length; }
  };
  on("[data-select-all]", "change", (box) => {
    const form = box.closest("form");
    form.querySelectorAll("[data-select]").forEach((one) => { one.checked = box.checked; });
    recount(form);
  });
  on("[data-select]", "change", (box) => recount(box.closest("form")));
  on("[data-bulk-all]", "change", (box) => recount(box.closest("form")));

  // A channel's form shows the fields that its protocol has, and the protocol's usual port.
  const channelForm = document.querySelector("[data-channel-form]");
  if (channelForm) {
    const facts = JSON.parse(channelForm.querySelector("#protocols").textContent);
    const protocol = channelForm.querySelector("[name=protocol]");
    const port = channelForm.querySelector("[name=port]");
    const usual = Object.values(facts).map((one) => String(one.port));
    const size = channelForm.querySelector("[name=window_size]");
    const sizes = ["16", ...Object.values(facts).map((one) => String(one.window))];
    const throttled = channelForm.querySelector("[name=throttled]");
    const show = () => {
      const chosen = facts[protocol.value];
      channelForm.querySelectorAll("[data-option]").forEach((one) => {
        const name = one.dataset.option;
        one.hidden = name === "numbers" ? chosen.numbers === 1 : !chosen.options.includes(name);
      });
      throttled.placeholder = chosen.throttled;
    };
    const propose = () => {
      const chosen = facts[protocol.value];
      if (!port.value || usual.includes(port.value)) port.value = chosen.port;
      if (!size.value || sizes.includes(size.value)) size.value = chosen.window;
    };
    protocol.addEventListener("change", () => { show(); propose(); });
    show();
    if (!port.value) propose();
  }

  // A contact's further columns: one more empty row.
  on("[data-further-add]", "click", () => {
    const rows = document.querySelectorAll("[data-further-row]");
    const row = rows[rows.length - 1].cloneNode(true);
    row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    rows[rows.length - 1].after(row);
    row.querySelector("input").focus();
  });

  // Palette: search everything.
  const palette = document.querySelector("[data-palette]");
  if (palette) {
    const input = palette.querySelector("input");
    const list = palette.querySelector(".hy-palette-hits");
    let timer = null;
    const open = () => { palette.showModal(); input.select(); };
    const show = (hits) => {
      list.replaceChildren(...hits.map((hit, index) => {
        const link = document.createElement("a");
        link.href = hit.url;
        link.className = index === 0 ? "active" : "";
        link.setAttribute("role", "option");
        const label = document.createElement("b");
        label.textContent = hit.label;
        const detail = document.createElement("span");
        detail.textContent = hit.detail;
        link.append(label, detail);
        return link;
      }));
      if (!hits.length && input.value) list.textContent = palette.dataset.none;
    };
    on("[data-palette-open]", "click", open);
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
    });
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const answer = await fetch(`${palette.dataset.search}?q=${encodeURIComponent(input.value)}`);
        if (answer.ok) show((await answer.json()).hits);
      }, 150);
    });
    input.addEventListener("keydown", (event) => {
      const links = [...list.querySelectorAll("a")];
      const at = links.findIndex((link) => link.classList.contains("active"));
      if (event.key === "Enter" && links[at]) { event.preventDefault(); links[at].click(); }
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && links.length) {
        event.preventDefault();
        links[at]?.classList.remove("active");
        const next = links[(at + (event.key === "ArrowDown" ? 1 : links.length - 1)) % links.length];
        next.classList.add("active");
        next.scrollIntoView({ block: "nearest" });
      }
    });
    palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  }

  // The unread count follows the mailbox.
  for (const name of document.body.dataset.liveToken ? ["mailbox"] : []) {
    const refresh = async () => {
      const answer = await fetch("/mailbox/unread/");
      if (!answer.ok) return;
      const { unread } = await answer.json();
      document.querySelectorAll("[data-unread]").forEach((one) => { one.textContent = unread; one.hidden = !unread; });
      document.querySelectorAll("[data-unread-dot]").forEach((one) => { one.hidden = !unread; });
    };
    const original = document.body.dispatchEvent.bind(document.body);
    document.body.addEventListener("live-open", refresh);
    document.body.dispatchEvent = (event) => { if (event.type.startsWith(`live-${name}-`)) refresh(); return original(event); };
  }
})();
