// A small form that was refused stands again as it was typed, with the reason under it and not in a corner of the page.
(() => {
  const KEY = "hongyan.typed";
  const fields = (form) => [...form.elements].filter((one) => one.name && one.matches("input:not([type=hidden], [type=password], [type=file]), textarea, select"));
  const sort = (form) => `${location.pathname} ${fields(form).map((one) => one.name)}`;
  const alike = (form) => [...document.querySelectorAll("main form[method=post]")].filter((one) => sort(one) === sort(form));

  const kept = JSON.parse(sessionStorage.getItem(KEY) || "null");
  sessionStorage.removeItem(KEY);
  const toasts = [...document.querySelectorAll("[data-toasts] .alert-danger")];
  const form = kept && toasts.length && [...document.querySelectorAll("main form[method=post]")].filter((one) => sort(one) === kept.sort)[kept.place];
  if (form) {
    fields(form).forEach((one, place) => { if (one.matches("[type=checkbox], [type=radio]")) one.checked = kept.values[place]; else one.value = kept.values[place]; });
    for (let around = form.parentElement; around; around = around.parentElement) if (around.matches("details")) around.open = true;
    toasts.forEach((toast) => {
      const reason = document.createElement("div");
      reason.className = "invalid-feedback d-block w-100";
      reason.setAttribute("role", "alert");
      reason.textContent = toast.textContent.trim();
      form.append(reason);
      toast.remove();
    });
    const about = toasts.map((toast) => toast.dataset.about);
    const wrong = fields(form).find((one) => about.includes(one.name)) || fields(form)[0];
    wrong.setAttribute("aria-invalid", "true");
    wrong.classList.add("is-invalid");
    wrong.focus();
  }

  document.addEventListener("submit", (event) => {
    const sent = event.target;
    if (event.defaultPrevented || !sent.matches("main form[method=post]") || !fields(sent).length) return;
    const values = fields(sent).map((one) => (one.matches("[type=checkbox], [type=radio]") ? one.checked : one.value));
    sessionStorage.setItem(KEY, JSON.stringify({ sort: sort(sent), place: alike(sent).indexOf(sent), values }));
  });
})();
