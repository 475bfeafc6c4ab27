// The compose page: chips, inserting at the cursor, turning through recipients, uploading a file.
(() => {
  const form = document.querySelector("[data-write]");
  const chips = form.querySelector("[data-chips]");
  const text = form.querySelector("[data-text]");
  // Only what somebody has changed is kept as a draft; opening the page by a link is not.
  const touched = form.querySelector("[data-touched]");
  const touch = () => { touched.value = "1"; };
  form.addEventListener("input", touch);
  const changed = () => { touch(); htmx.trigger(form, "hy-changed"); };

  const addChip = (kind, id, label) => {
    if (chips.querySelector(`input[name="${kind}"][value="${id}"]`)) return;
    const chip = document.createElement("span");
    chip.className = `hy-chip${kind.startsWith("x") ? " hy-chip-out" : ""}`;
    chip.append(kind.startsWith("x") ? `− ${label}` : label);
    const input = Object.assign(document.createElement("input"), { type: "hidden", name: kind, value: id });
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    button.setAttribute("data-chip-remove", "");
    button.setAttribute("aria-label", "×");
    chip.append(input, button);
    chips.append(chip);
    changed();
  };

  form.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (pick) addChip(pick.dataset.pick, pick.dataset.id, pick.dataset.label);
    const remove = event.target.closest("[data-chip-remove]");
    if (remove) { remove.parentElement.remove(); changed(); }
    const insert = event.target.closest("[data-insert]");
    if (insert) {
      text.setRangeText(insert.dataset.insert, text.selectionStart, text.selectionEnd, "end");
      text.focus();
      changed();
    }
    const turn = event.target.closest("[data-turn]");
    if (turn) {
      const at = form.querySelector("[data-at]");
      at.value = Math.max(0, Number(at.value) + Number(turn.dataset.turn));
      htmx.trigger(form, "hy-changed");
    }
  });

  form.querySelector("[data-upload]")?.addEventListener("change", (event) => {
    const file = event.target.files[0];
    if (!file) return;
    const body = new FormData();
    body.append("file", file);
    const target = document.getElementById("upload");
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.className = "w-100";
    target.replaceChildren(bar);
    const request = new XMLHttpRequest();
    request.open("POST", form.querySelector("[data-upload-url]").dataset.uploadUrl);
    request.setRequestHeader("X-CSRFToken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    request.upload.onprogress = (progress) => { bar.value = (100 * progress.loaded) / progress.total; };
    request.onload = () => { target.innerHTML = request.responseText; htmx.process(target); ready(); };
    request.onerror = () => target.replaceChildren("×");
    request.send(body);
  });

  const ready = () => {
    const done = document.querySelector("[data-list-ready]");
    if (done) addChip("list", done.dataset.listReady, done.dataset.listLabel);
  };

  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "upload") ready();
    if (event.target.id !== "preview") return;
    form.querySelector("[data-draft]").value = event.target.querySelector("[data-draft-new]").value;
    form.querySelector("[data-variables]").innerHTML = event.target.querySelector("[data-variables-new]").innerHTML;
  });
})();
