// Runs before the page is painted, so that no page flashes in the wrong theme. auto -> light -> dark -> auto.
(() => {
  const root = document.documentElement;
  const order = ["auto", "light", "dark"];
  const read = () => {
    try {
      return order.includes(localStorage.theme) ? localStorage.theme : "auto";
    } catch {
      return "auto"; // storage is off: the system's theme it is
    }
  };
  const apply = (theme) => {
    if (theme === "auto") root.removeAttribute("data-theme");
    else root.dataset.theme = theme;
  };
  root.classList.add("js");
  apply(read());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    const say = () => {
      button.dataset.shows = read();
      button.title = `Theme: ${read()}`;
      button.querySelector(".sr").textContent = `Theme: ${read()}. Change`;
    };
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      const next = order[(order.indexOf(read()) + 1) % order.length];
      try {
        localStorage.theme = next;
      } catch {
        // this page only
      }
      apply(next);
      say();
    });
  });
})();
