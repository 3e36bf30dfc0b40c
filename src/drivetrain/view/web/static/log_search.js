// Search in the whole log: the server finds the lines, the page marks what is in sight.
export class Search {
  constructor(viewer) {
    this.viewer = viewer;
    this.text = "";
    this.hits = [];
    this.more = false;
    this.at = -1;
    this.stamp = 0; // rows drawn under another stamp are drawn again
    this.asked = 0;
    this.field = document.querySelector("[data-find]");
    this.label = document.querySelector("[data-hits]");
    this.buttons = [document.querySelector("[data-find-previous]"), document.querySelector("[data-find-next]")];
    this.listen();
  }

  redraw() {
    this.stamp += 1;
  }

  async find(text) {
    const asked = (this.asked += 1);
    this.text = text.toLowerCase();
    this.hits = [];
    this.at = -1;
    this.more = false;
    if (text) {
      try {
        const answer = await fetch(`${this.viewer.panel.dataset.log}/search?text=${encodeURIComponent(text)}`);
        if (asked !== this.asked) return;
        if (answer.ok) ({ lines: this.hits, more: this.more } = await answer.json());
      } catch {
        // the server is away: nothing is found
      }
    }
    this.redraw();
    if (this.hits.length) this.step(1);
    else this.say();
    this.viewer.draw();
  }

  step(by) {
    if (!this.hits.length) return;
    this.at = (this.at + by + this.hits.length) % this.hits.length;
    this.viewer.toggle("follow", false);
    this.viewer.target = this.hits[this.at];
    this.redraw();
    this.viewer.goTo(this.hits[this.at]);
    this.say();
  }

  say() {
    const count = `${this.hits.length.toLocaleString("en")}${this.more ? "+" : ""}`;
    this.label.textContent = !this.text ? "" : this.hits.length ? `${this.at + 1} of ${count}` : "no match";
    for (const button of this.buttons) button.disabled = !this.hits.length;
  }

  listen() {
    let timer = 0;
    this.field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.find(this.field.value), 200);
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        if (this.field.value.toLowerCase() === this.text) this.step(event.shiftKey ? -1 : 1);
        else this.find(this.field.value);
      } else if (event.key === "Escape" && this.field.value) {
        event.preventDefault();
        this.field.value = "";
        this.find("");
        this.viewer.panel.focus();
      }
    });
    this.buttons[0].addEventListener("click", () => this.step(-1));
    this.buttons[1].addEventListener("click", () => this.step(1));
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches("input, textarea, select");
      const asks = (event.key === "f" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing);
      if (!asks || document.activeElement === this.field) return; // a second time, the browser's own search
      event.preventDefault();
      this.field.focus();
      this.field.select();
    });
  }
}
