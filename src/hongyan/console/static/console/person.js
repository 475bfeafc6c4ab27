// A person's form: rows of numbers and relations are added, removed, and a number is put first, without leaving the page.
(() => {
  // Enter looks for a person; it does not save the form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[name=who]")) event.preventDefault();
  });
  const clear = (row) => {
    row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    row.querySelectorAll("select").forEach((select) => { select.selectedIndex = 0; });
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const row = button.closest("[data-row]"), rows = row?.parentElement;
    if (button.matches("[data-row-add]")) {
      const last = button.previousElementSibling.lastElementChild;
      const fresh = last.cloneNode(true);
      clear(fresh);
      last.after(fresh);
      fresh.querySelector("input:not([type=hidden])").focus();
    } else if (button.matches("[data-row-remove]")) {
      // One row of numbers stays, to be filled again.
      if (rows.matches("[data-rows]") && rows.children.length === 1) clear(row);
      else row.remove();
    } else if (button.matches("[data-row-first]")) {
      rows.prepend(row);
    } else if (button.matches("[data-related]")) {
      // Asked for by htmx; the list of who was found has done its work.
      setTimeout(() => {
        document.querySelector("[name=who]").value = "";
        document.querySelector("#related-found").replaceChildren();
      }, 300);
    }
  });
})();
