// Lists: rows that open, ticks and how many, heads that stay, rows' height, filters behind one button on a phone.
(() => {
  const on = (selector, type, handler) => document.addEventListener(type, (event) => {
    const element = event.target.closest && event.target.closest(selector);
    if (element) handler(element, event);
  });

  // Row click opens the row's link; with Ctrl or the middle button in a new tab, as a link does.
  const isRow = (event) => !event.target.closest("a, button, input, label, select, summary");
  on("tr[data-href]", "click", (row, event) => {
    if (!isRow(event) || window.getSelection().toString()) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href); else location.href = row.dataset.href;
  });
  on("tr[data-href]", "auxclick", (row, event) => {
    if (event.button === 1 && isRow(event)) { event.preventDefault(); window.open(row.dataset.href); }
  });
  on("tr[data-drawer-url][tabindex]", "keydown", (row, event) => {
    if (event.key === "Enter" && event.target === row) row.click();
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

  // A table that fits needs no scrolling box of its own, and only without one can its head stay at the window's top.
  // All are read before any is written to: a page of 150 tables is laid out anew once, not 300 times (19 s on a phone).
  const fit = (frames) => {
    frames.forEach((frame) => frame.classList.remove("hy-fits"));
    const fitting = frames.filter((frame) => frame.firstElementChild && frame.firstElementChild.scrollWidth <= frame.clientWidth + 1);
    fitting.forEach((frame) => frame.classList.add("hy-fits"));
  };
  const watch = new ResizeObserver((entries) => fit(entries.map((entry) => entry.target)));
  const fitAll = (root) => {
    const frames = [...(root.querySelectorAll?.(".table-responsive") ?? [])];
    fit(frames);
    frames.forEach((frame) => watch.observe(frame));
  };

  // On a phone the filters but the search stand behind one button, which says how many are set. What adds or asks stays in sight.
  const gather = (form) => {
    if (form.method !== "get" || form.querySelector(":scope > .hy-filter-more")) return;
    const fields = [...form.querySelectorAll(":scope > select, :scope > label, :scope > div, :scope > .form-control:not([type=search])")];
    if (!fields.length) return;
    const inputs = [...form.querySelectorAll("select, input:not([type=hidden]):not([type=search])")];
    const set = inputs.filter((one) => (one.matches("[type=checkbox], [type=radio]") ? one.checked : one.value)).length;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn hy-filter-more";
    button.textContent = document.body.dataset.filterWord + (set ? ` (${set})` : "");
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const isOpen = form.classList.toggle("hy-filter-open");
      button.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) inputs[0]?.focus();
    });
    (form.querySelector(":scope > [type=search]") || fields[0]).after(button);
    form.classList.add("hy-filter-folds");
  };

  // What somebody unfolded stays so when the page renews the part that it stands in.
  const unfolded = new Set();
  document.addEventListener("toggle", (event) => {
    const one = event.target;
    if (one.isConnected && one.matches?.("details[data-keeps-open][id]")) unfolded[one.open ? "add" : "delete"](one.id);
  }, true);
  const unfold = () => unfolded.forEach((id) => { const one = document.getElementById(id); if (one) one.open = true; });
  document.addEventListener("htmx:afterSwap", unfold);

  const ready = (root) => { fitAll(root); root.querySelectorAll?.(".hy-filter").forEach(gather); };
  ready(document);
  document.addEventListener("htmx:afterSettle", (event) => ready(event.target.parentElement || event.target));

  // A list's columns come and go at once, and stay so with the user.
  on("[data-columns-of] input", "change", (box) => {
    const form = box.form;
    document.querySelectorAll(`[data-columns="${form.dataset.columnsOf}"]`).forEach((table) => {
      table.classList.toggle(`hy-without-${box.dataset.place}`, !box.checked);
      fitAll(table.parentElement.parentElement);
    });
    fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  });
  // What pops up goes when one clicks beside it or presses Escape.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.hy-popup[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.hy-popup[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });

  // The height of rows changes at once and is kept with the user.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-rows-form]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("[data-rows]");
    const body = new FormData(form, button);
    const isRoomy = document.body.classList.toggle("hy-roomy");
    button.value = isRoomy ? "compact" : "roomy";
    fitAll(document);
    fetch(form.action, { method: "POST", body, redirect: "manual" });
  });
})();
