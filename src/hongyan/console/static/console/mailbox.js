// The mailbox's two panes: keys from reply to reply, phrases, and a place that a renewed list keeps.
(() => {
  if (!document.querySelector("[data-pane-list]")) return;
  const list = () => document.querySelector("[data-pane-list]");
  const talk = () => document.querySelector("[data-pane-talk]");
  const KEY = "hongyan.mailbox.scroll";
  const here = () => list().querySelector("[data-letter][aria-current]");

  // Where the list stood goes along to the next conversation of the same list.
  const stood = JSON.parse(sessionStorage.getItem(KEY) || "null");
  if (stood && stood.query === location.search) list().scrollTop = stood.top;
  here()?.scrollIntoView({ block: "nearest" });
  window.addEventListener("pagehide", () => sessionStorage.setItem(KEY, JSON.stringify({ query: location.search, top: list().scrollTop })));
  const toEnd = () => { const end = talk(); if (end) end.scrollTop = end.scrollHeight; };
  toEnd();

  const step = (by) => {
    const letters = [...list().querySelectorAll("[data-letter]")];
    const at = letters.indexOf(here());
    const next = letters[at < 0 ? 0 : at + by];
    if (next) location.href = next.href;
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (typing && event.key === "Escape" && event.target.matches("[data-answer]")) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const acts = {
      j: () => step(1),
      k: () => step(-1),
      u: () => document.querySelector("[data-next-unread]")?.click(),
      r: () => document.querySelector("[data-answer]")?.focus(),
    };
    const act = acts[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // What is typed waits for who comes back to the conversation, and when it was refused; what was sent does not.
  const keepAnswer = () => {
    const answer = document.querySelector("[data-answer]");
    if (!answer) return;
    const kept = `hongyan.answer.${answer.dataset.answer}`;
    const sent = `${kept}.sent`;
    if (sessionStorage.getItem(sent) && !document.querySelector("[data-toasts] .alert-danger")) sessionStorage.removeItem(kept);
    sessionStorage.removeItem(sent);
    answer.value ||= sessionStorage.getItem(kept) || "";
    window.addEventListener("pagehide", () => { if (answer.value) sessionStorage.setItem(kept, answer.value); else sessionStorage.removeItem(kept); });
    answer.form.addEventListener("submit", () => sessionStorage.setItem(sent, "1"));
  };
  keepAnswer();

  document.addEventListener("change", (event) => {
    const phrases = event.target.closest("[data-phrases]");
    if (!phrases || !phrases.value) return;
    const text = document.querySelector("[data-answer]");
    text.setRangeText(phrases.value, text.selectionStart, text.selectionEnd, "end");
    phrases.value = "";
    text.focus();
  });

  // A renewed list keeps what is ticked; a renewed conversation stays at its end when it was there.
  let ticked = [];
  let wasAtEnd = true;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "list") return;
    ticked = [...list().querySelectorAll("[data-select]:checked")].map((one) => one.value);
    const end = talk();
    wasAtEnd = !end || end.scrollHeight - end.scrollTop - end.clientHeight < 40;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const boxes = [...list().querySelectorAll("[data-select]")].filter((one) => ticked.includes(one.value));
    boxes.forEach((one) => { one.checked = true; });
    boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
    ticked = [];
    if (wasAtEnd) toEnd();
  });

  // Where there is room beside the list, the conversation that comes first opens by itself; a phone shows the list.
  const opens = document.querySelector("[data-opens]");
  if (opens && opens.offsetParent) {
    // The address first: a list renewed meanwhile asks by it, and keeps the conversation that reading took off "unread".
    history.replaceState(history.state, "", opens.dataset.opens);
    htmx.ajax("GET", opens.dataset.opens, { target: "[data-panes]", select: "[data-panes]", swap: "outerHTML" }).then(() => {
      keepAnswer();
      toEnd();
    });
  }
})();
