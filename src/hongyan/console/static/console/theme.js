// Before the first paint, so that nobody sees the wrong theme flash.
(() => {
  const wanted = localStorage.getItem("hongyan-theme") || "auto";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = localStorage.getItem("hongyan-theme") || "auto";
    document.documentElement.dataset.bsTheme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
  };
  document.documentElement.dataset.themeChoice = wanted;
  apply();
  dark.addEventListener("change", apply);
  window.hongyanNextTheme = () => {
    const order = ["auto", "light", "dark"];
    const next = order[(order.indexOf(localStorage.getItem("hongyan-theme") || "auto") + 1) % 3];
    localStorage.setItem("hongyan-theme", next);
    apply();
    window.dispatchEvent(new Event("hongyan-theme"));
  };
})();
