// Passwords can be shown while they are typed: a button beside every password field.
(() => {
  const words = document.currentScript.dataset;
  document.querySelectorAll("input[type=password]").forEach((input) => {
    const frame = document.createElement("div");
    frame.className = "input-group";
    input.replaceWith(frame);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.setAttribute("aria-controls", input.id);
    const say = () => {
      const shown = input.type === "text";
      button.textContent = shown ? words.hide : words.show;
      button.setAttribute("aria-pressed", String(shown));
    };
    button.addEventListener("click", () => { input.type = input.type === "text" ? "password" : "text"; say(); input.focus(); });
    input.form?.addEventListener("submit", () => { input.type = "password"; });
    say();
    frame.append(input, button);
  });
})();
