// Small things that HTML and HTMX do not do: drawer, toasts, theme, forms of channels and doors, unread count.
(() => {
  const on = (selector, type, handler) => document.addEventListener(type, (event) => {
    const element = event.target.closest && event.target.closest(selector);
    if (element) handler(element, event);
  });

  on("[data-theme-next]", "click", () => window.hongyanNextTheme());
  on("[data-toast-close]", "click", (element) => element.closest("[data-toast]").remove());
  const leave = (toasts) => setTimeout(() => toasts.forEach((toast) => { if (!toast.matches(".alert-danger")) toast.remove(); }), 8000);
  leave([...document.querySelectorAll("[data-toast]")]);
  window.hongyanToasts = (toasts) => {
    const fresh = [...toasts].map((toast) => document.importNode(toast, true));
    document.querySelector("[data-toasts]").append(...fresh);
    leave(fresh);
  };
  document.querySelector("[data-focus]")?.focus();

  // A form that was sent says so and cannot be sent twice.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    // What asks first is stopped by asking.js, and sent again when the answer is yes.
    if (event.defaultPrevented) return;
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
    htmx.ajax("GET", element.dataset.drawerUrl, "#drawer").then(() => {
      if (!drawer.open) drawer.showModal();
      drawer.querySelector("#drawer input:not([type=hidden])")?.focus();
    });
  });
  // A page that was opened for its drawer: "add a department" from the palette.
  window.addEventListener("load", () => document.querySelector("[data-drawer-now]")?.click());
  on("[data-drawer-close]", "click", () => drawer.close());
  drawer?.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });

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

  // A form shows what only goes with one choice: a protocol's fields, the password that somebody types for another.
  document.querySelectorAll("[data-choosing]").forEach((form) => {
    const choice = form.querySelector(`[name=${form.dataset.choosing}]`);
    if (!choice) return;
    const show = () => form.querySelectorAll("[data-only]").forEach((one) => { one.hidden = !one.dataset.only.split(" ").includes(choice.value); });
    choice.addEventListener("change", show);
    show();
  });

  // A condition shows the parts that its kind asks for.
  document.querySelectorAll("[data-asks]").forEach((row) => {
    const kind = row.querySelector("[data-asks-kind]");
    const show = () => {
      const asks = (kind.selectedOptions[0]?.dataset.asksFor || "").split(" ");
      row.querySelectorAll("[data-asks-part]").forEach((part) => { part.hidden = !asks.includes(part.dataset.asksPart); });
    };
    kind.addEventListener("change", show);
    show();
  });

  // A contact's further columns: one more empty row.
  on("[data-further-add]", "click", () => {
    const rows = document.querySelectorAll("[data-further-row]");
    const row = rows[rows.length - 1].cloneNode(true);
    row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    rows[rows.length - 1].after(row);
    row.querySelector("input").focus();
  });

  // The unread count follows the mailbox.
  for (const name of document.body.dataset.liveToken ? ["mailbox"] : []) {
    const refresh = async () => {
      const answer = await fetch("/mailbox/unread/");
      if (!answer.ok) return;
      const { unread } = await answer.json();
      document.querySelectorAll("[data-waits=mailbox]").forEach((one) => { one.textContent = unread.toLocaleString(); one.hidden = !unread; });
      document.querySelectorAll("[data-unread-dot]").forEach((one) => { one.hidden = !unread; });
    };
    const original = document.body.dispatchEvent.bind(document.body);
    document.body.addEventListener("live-open", refresh);
    document.body.dispatchEvent = (event) => { if (event.type.startsWith(`live-${name}-`)) refresh(); return original(event); };
  }
})();
