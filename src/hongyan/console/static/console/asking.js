// One way each to confirm, to pick a file and to choose departments; without script plain forms do the same.
(() => {
  // Confirming: data-confirm on a form or its button, hx-confirm for htmx. Danger has "no" in focus.
  const box = document.querySelector("[data-confirm-box]");
  const yes = box.querySelector("[data-confirm-yes]"), no = box.querySelector("[data-confirm-no]");
  const ask = (question, effect, button) => new Promise((resolve) => {
    if (box.open) { resolve(false); return; }
    box.querySelector("#confirm-question").textContent = question;
    const told = box.querySelector("#confirm-effect");
    told.textContent = effect;
    told.hidden = !effect;
    yes.textContent = button?.textContent.trim().replace(/\s+/g, " ") || yes.dataset.word;
    const isDanger = Boolean(button?.matches(".btn-danger, .btn-outline-danger, .text-danger, [data-danger]"));
    yes.classList.toggle("btn-danger", isDanger);
    yes.classList.toggle("btn-primary", !isDanger);
    box.returnValue = "";
    box.showModal();
    (isDanger ? no : yes).focus();
    box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true });
  });
  yes.addEventListener("click", () => box.close("yes"));
  no.addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });

  const agreed = new WeakSet();
  const keep = (element) => { if (!element.isConnected) { element.hidden = true; document.body.append(element); } };
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    const asking = button?.dataset.confirm ? button : form.dataset.confirm ? form : null;
    if (!asking) return;
    if (agreed.delete(form)) return;
    event.preventDefault();
    // A list's act says of how many: the bar knows.
    const count = form.querySelector("[data-bulk]:not([hidden]) [data-bulk-count]")?.textContent;
    const effect = asking.dataset.confirmEffect || (count ? box.dataset.chosen.replace("%n", count) : "");
    if (!(await ask(asking.dataset.confirm, effect, button || form.querySelector("button")))) return;
    agreed.add(form);
    // A live page may have replaced the form meanwhile; one that stands nowhere would not be sent.
    keep(form);
    form.requestSubmit(button);
  });
  document.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    const element = event.detail.elt;
    const button = element.matches("form") ? element.querySelector("button") : element;
    if (await ask(event.detail.question, element.dataset.confirmEffect || "", button)) { keep(element); event.detail.issueRequest(true); }
  });

  // Files: the whole zone takes a drop; the input under it is the browser's own and keeps its keyboard.
  const zoneOf = (event) => event.target.closest?.("[data-drop]");
  const size = (bytes) => (bytes > 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`);
  ["dragenter", "dragover"].forEach((type) => document.addEventListener(type, (event) => {
    const zone = zoneOf(event);
    if (zone) { event.preventDefault(); zone.classList.add("hy-drop-over"); }
  }));
  ["dragleave", "drop"].forEach((type) => document.addEventListener(type, (event) => {
    const zone = zoneOf(event);
    if (zone && !(type === "dragleave" && zone.contains(event.relatedTarget))) zone.classList.remove("hy-drop-over");
  }));
  // A file dropped beside the zone would replace the page, with all that was typed on it.
  const isFile = (event) => event.dataTransfer?.types.includes("Files") && document.querySelector("[data-drop]");
  document.addEventListener("dragover", (event) => { if (isFile(event) && !zoneOf(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "none"; } });
  document.addEventListener("drop", (event) => {
    const input = zoneOf(event)?.querySelector("input[type=file]");
    if (!input) { if (isFile(event)) event.preventDefault(); return; }
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    const files = new DataTransfer();
    [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1).forEach((file) => files.items.add(file));
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("change", (event) => {
    const named = event.target.matches("[data-drop] input[type=file]") && zoneOf(event).querySelector("[data-drop-name]");
    if (named) named.textContent = [...event.target.files].map((file) => `${file.name} · ${size(file.size)}`).join(", ");
  });

  // Departments: a tree of checkboxes that can be searched; arrows walk it.
  document.addEventListener("input", (event) => {
    const search = event.target.closest("[data-tree-search]");
    if (!search) return;
    const words = search.value.trim().toLowerCase();
    const rows = [...search.closest("[data-tree]").querySelectorAll("[data-tree-row]")];
    const fits = rows.map((row) => !words || row.dataset.treeRow.toLowerCase().includes(words));
    // What stands above something found is shown with it, so that it is known where it is.
    rows.forEach((row, index) => {
      const depth = Number(row.dataset.depth);
      let isAbove = false;
      for (let next = index + 1; next < rows.length && Number(rows[next].dataset.depth) > depth; next += 1) isAbove ||= fits[next];
      row.hidden = !fits[index] && !isAbove;
      row.classList.toggle("hy-dim", !fits[index] && isAbove);
    });
  });
  document.addEventListener("keydown", (event) => {
    const tree = event.target.closest?.("[data-tree]");
    if (!tree || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    const stops = [tree.querySelector("[data-tree-search]"), ...tree.querySelectorAll("[data-tree-row]:not([hidden]) input")];
    stops[Math.min(stops.length - 1, Math.max(0, stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)))].focus();
  });
  const recount = (tree) => {
    const chosen = [...tree.querySelectorAll("[data-tree-row] input:checked")];
    const said = tree.querySelector("[data-tree-chosen]");
    said.textContent = chosen.length ? chosen.map((one) => one.closest("[data-tree-row]").dataset.treeRow).join("、") : said.dataset.none;
  };
  document.addEventListener("change", (event) => { const tree = event.target.closest("[data-tree]"); if (tree) recount(tree); });
  document.querySelectorAll("[data-tree]").forEach(recount);
})();
