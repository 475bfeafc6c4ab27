// The builder's pickers: a search that shortens a list of boxes, and a summary that says what is ticked.
(() => {
  document.addEventListener("input", (event) => {
    const search = event.target.closest("[data-options-search]");
    if (!search) return;
    // Looking for a box changes no condition.
    event.stopPropagation();
    const asked = search.value.trim().toLowerCase();
    search.parentElement.querySelectorAll("label").forEach((one) => { one.hidden = !one.textContent.toLowerCase().includes(asked); });
  }, true);
  document.addEventListener("change", (event) => {
    const picker = event.target.closest(".hy-options");
    if (!picker || !event.target.matches("[type=checkbox]")) return;
    const words = [...picker.querySelectorAll("label")].filter((one) => one.control?.checked).map((one) => one.textContent.trim());
    const summary = picker.querySelector("summary");
    summary.textContent = words.join(", ") || summary.dataset.none;
  });
})();
