// Whom: a tree of checkboxes beside the chosen ones. The chosen ones' hidden inputs are the only truth; boxes follow them.
(() => {
  const panes = document.querySelector("[data-whom]");
  const chips = panes.querySelector("[data-chips]");
  const blank = panes.querySelector("[data-chip-blank]").content.firstElementChild;
  const changed = () => panes.dispatchEvent(new CustomEvent("hy-chosen", { bubbles: true }));
  const keyOf = (kind, id) => `${{ book: "b", group: "g", contact: "c", list: "l", audience: "a" }[kind]}${id}`;
  const each = (selector, act) => chips.querySelectorAll(selector).forEach(act);

  // What is chosen and left out, by key ("g3"), with where it stands.
  const read = () => {
    const found = { chosen: new Set(), out: new Set(), within: new Set() };
    each("[data-chip]", (chip) => {
      const field = chip.dataset.chip, isOut = field.startsWith("x");
      const key = keyOf(isOut ? field.slice(1) : field, chip.querySelector("input").value);
      (isOut ? found.out : found.chosen).add(key);
      for (const above of chip.dataset.path.split(" ")) if (above !== key) found.within.add(above);
    });
    return found;
  };
  const own = (node) => keyOf(node.dataset.node, node.dataset.id);
  const above = (node) => node.dataset.path.split(" ").filter((one) => one !== own(node));

  const paint = () => {
    const { chosen, out, within } = read();
    panes.querySelectorAll("[data-node]").forEach((node) => {
      const box = node.querySelector("[data-tick]"), key = own(node), over = above(node);
      const isBelow = over.some((one) => chosen.has(one)), isOutWithin = over.some((one) => out.has(one));
      // Who stands in a group that is left out is left out: only the group itself can be ticked again.
      box.disabled = isOutWithin;
      box.checked = !isOutWithin && !out.has(key) && (chosen.has(key) || isBelow);
      box.indeterminate = !isOutWithin && !out.has(key) && within.has(key) && node.dataset.node !== "contact";
    });
    const count = chips.querySelectorAll("[data-chip]").length;
    panes.querySelectorAll("[data-chosen-count]").forEach((one) => { one.textContent = count || ""; });
    panes.querySelector("[data-nobody]").hidden = count > 0;
    panes.querySelector("[data-out-words]").hidden = !out.size;
  };

  const add = (field, node) => {
    if (chips.querySelector(`input[name="${field}"][value="${node.id}"]`)) return;
    const chip = blank.cloneNode(true);
    chip.dataset.chip = field;
    chip.dataset.path = node.path;
    chip.classList.toggle("hy-chip-out", field.startsWith("x"));
    chip.querySelector(".hy-chip-name").textContent = node.label;
    const number = chip.querySelector(".hy-number");
    if (node.count) number.textContent = Number(node.count).toLocaleString(); else number.remove();
    const input = chip.querySelector("input"), button = chip.querySelector("button");
    [input.name, input.value] = [field, node.id];
    button.setAttribute("aria-label", `${button.getAttribute("aria-label")} ${node.label}`);
    chips.append(chip);
  };
  const drop = (field, id) => chips.querySelector(`input[name="${field}"][value="${id}"]`)?.parentElement.remove();

  // Exclusions say something only within what is chosen.
  const tidy = () => {
    const { chosen } = read();
    each('[data-chip^="x"]', (chip) => {
      const over = chip.dataset.path.split(" "), isKnown = over.length > (chip.dataset.chip === "xcontact" ? 2 : 1);
      if (!chosen.size || (isKnown && !over.some((one) => chosen.has(one)))) chip.remove();
    });
  };

  const tick = (node, isOn) => {
    const { id, path, label, count } = node.dataset, kind = node.dataset.node, one = { id, path, label, count };
    const { chosen } = read(), isBelow = above(node).some((over) => chosen.has(over));
    if (isOn) {
      drop(`x${kind}`, id);
      // What stands below is meant with it.
      if (kind !== "contact") each("[data-chip]", (chip) => {
        const over = chip.dataset.path.split(" ");
        if (over.includes(own(node)) && over.at(-1) !== own(node)) chip.remove();
      });
      if (!isBelow) add(kind, one);
    } else {
      drop(kind, id);
      if (isBelow) add(`x${kind}`, one);
      tidy();
    }
    paint();
    changed();
  };

  const open = async (twist) => {
    const node = twist.closest("[data-node]"), list = node.querySelector(":scope > ul");
    const isOpen = twist.getAttribute("aria-expanded") === "true";
    twist.setAttribute("aria-expanded", String(!isOpen));
    list.hidden = isOpen;
    if (!isOpen && !list.childElementCount) await fetched(twist.dataset.twist, (html) => { list.innerHTML = html; });
  };
  const fetched = async (url, put) => {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    // A session that is over answers with another page, which is no branch of this tree.
    if (!answer || !answer.ok || answer.redirected) return;
    put(await answer.text());
    paint();
  };

  // A box is no part of the text, nor is a search: the page is told when the chosen ones have changed.
  panes.addEventListener("input", (event) => { if (event.target.matches("[data-tick], [data-quiet]")) event.stopPropagation(); });
  panes.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick], [data-quiet]")) event.stopPropagation();
    if (event.target.matches("[data-tick]")) tick(event.target.closest("[data-node]"), event.target.checked);
  });
  panes.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    const twist = at("button[data-twist]"), more = at("[data-more]"), star = at("[data-star]"), remove = at("[data-chip-remove]"), step = at("[data-step]");
    if (twist) open(twist);
    if (more) fetched(more.dataset.more, (html) => { more.parentElement.outerHTML = html; });
    if (star) {
      const isOn = star.getAttribute("aria-pressed") !== "true";
      const body = new URLSearchParams({ is_favourite: isOn ? "1" : "" });
      const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
      fetch(star.dataset.star, { method: "POST", body, headers: { "X-CSRFToken": token } }).then((answer) => {
        if (answer.ok && !answer.redirected) panes.querySelectorAll(`[data-star="${star.dataset.star}"]`).forEach((one) => one.setAttribute("aria-pressed", String(isOn)));
      });
    }
    if (remove) { remove.closest("[data-chip]").remove(); tidy(); paint(); changed(); }
    if (step) {
      panes.dataset.at = step.dataset.step;
      panes.querySelectorAll("[data-step]").forEach((one) => one.setAttribute("aria-pressed", String(one === step)));
    }
  });
  // Arrows walk through what is open, right opens and left closes, as in any tree.
  panes.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-tick]") || !event.key.startsWith("Arrow")) return;
    const boxes = [...panes.querySelectorAll("[data-tick]")].filter((one) => one.offsetParent), here = boxes.indexOf(event.target);
    const twist = event.target.closest("[data-node]").querySelector("button[data-twist]");
    if (event.key === "ArrowDown") boxes[here + 1]?.focus();
    if (event.key === "ArrowUp") boxes[here - 1]?.focus();
    if (twist && twist.closest("[data-node]") === event.target.closest("[data-node]")) {
      const isOpen = twist.getAttribute("aria-expanded") === "true";
      if ((event.key === "ArrowRight") !== isOpen && event.key.match(/Left|Right/)) open(twist);
    }
    event.preventDefault();
  });
  document.body.addEventListener("htmx:afterSettle", (event) => { if (panes.contains(event.target)) paint(); });
  panes.addEventListener("hy-add-list", (event) => { add("list", event.detail); paint(); changed(); });
  panes.addEventListener("hy-drop-list", (event) => { drop("list", event.detail); paint(); });
  panes.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick=list]");
    if (pick) { add("list", { id: pick.dataset.id, path: `l${pick.dataset.id}`, label: pick.dataset.label, count: pick.dataset.count }); paint(); changed(); }
  });
  paint();
})();
