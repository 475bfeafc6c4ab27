// The compose page: inserting at the cursor, turning through recipients, uploading a file.
(() => {
  const form = document.querySelector("[data-write]");
  const text = form.querySelector("[data-text]");
  // Only what somebody has changed is kept as a draft; opening the page by a link is not.
  const touched = form.querySelector("[data-touched]");
  const touch = () => { touched.value = "1"; };
  form.addEventListener("input", touch);
  const changed = () => { touch(); htmx.trigger(form, "hy-changed"); };

  const whom = form.querySelector("[data-whom]");
  whom.addEventListener("hy-chosen", changed);

  form.addEventListener("click", (event) => {
    const insert = event.target.closest("[data-insert]");
    if (insert) {
      text.setRangeText(insert.dataset.insert, text.selectionStart, text.selectionEnd, "end");
      text.focus();
      changed();
    }
    // A default goes into the text wherever the variable stands without one; braces and bars would end it.
    const put = event.target.closest("[data-default-put]");
    if (put) {
      const value = put.parentElement.querySelector("[data-default]").value.replace(/[{}|｜\n]/g, "").trim(), name = put.dataset.defaultPut;
      text.value = text.value.replace(/\{\{|\}\}|\{([^{}\n]{1,120})\}/g, (whole, inside) =>
        inside && !/[|｜]/.test(inside) && inside.trim().replace(/\s*[:：]\s*(尾|后|後|last)\s*[1-9]\d?\s*位?$/i, "") === name ? `{${inside}|${value}}` : whole);
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
    request.onload = () => {
      if (request.status >= 400) { target.replaceChildren("×"); return; }
      target.outerHTML = request.responseText;
      htmx.process(document.getElementById("upload"));
      ready();
    };
    request.onerror = () => target.replaceChildren("×");
    request.send(body);
  });

  const ready = () => {
    const done = document.querySelector("[data-list-ready]");
    if (!done) return;
    // The same file read otherwise takes the place of what it was read as before.
    const id = done.dataset.listReady;
    whom.dispatchEvent(new CustomEvent("hy-drop-list", { detail: done.dataset.listReplaces || 0 }));
    whom.dispatchEvent(new CustomEvent("hy-add-list", { detail: { id, path: `l${id}`, label: done.dataset.listLabel, count: done.dataset.listSize } }));
  };

  let counting = 0;
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "upload") ready();
    if (event.target.id !== "preview") return;
    // On a phone the figures stay in sight above the button.
    const count = event.target.querySelector("[data-count]")?.textContent, price = event.target.querySelector("[data-price]")?.textContent.trim();
    const bottom = form.querySelector("[data-bottom-figures]");
    bottom.textContent = [count && bottom.dataset.people.replace("%n", count), price].filter(Boolean).join(" · ");
    form.querySelector("[data-counted]").value = event.target.querySelector("[data-counted-new]").value;
    form.querySelector("[data-draft]").value = event.target.querySelector("[data-draft-new]").value;
    // What is counted behind is asked for again until it is there.
    clearTimeout(counting);
    if (event.target.querySelector("[data-counting]")) counting = setTimeout(() => htmx.trigger(form, "hy-changed"), 1500);
    form.querySelector("[data-variables]").innerHTML = event.target.querySelector("[data-variables-new]").innerHTML;
  });
})();
