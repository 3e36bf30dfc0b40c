// A log of any length: only the rows in sight are in the page, and rows are fetched by number as they come near.
//
// The scrollbar is honest: the row at fraction f of the log is shown at fraction f of the panel. With rows of one
// height that is plain scrolling; with wrapped rows, or with more rows than a browser can scroll, it still begins at
// the first line, ends at the last, and never jumps back.
import { Folds } from "./log_folds.js";
import { Lines } from "./log_lines.js";
import { Search } from "./log_search.js";
import { drawRow } from "./log_rows.js";

const MAX_PIXELS = 8_000_000;
const OVERSCAN = 12;

export class LogViewer {
  constructor(panel) {
    this.panel = panel;
    this.space = panel.querySelector("[data-space]");
    this.box = panel.querySelector("[data-lines]");
    this.tools = document.querySelector("[data-log-tools]");
    this.total = Number(panel.dataset.total);
    this.complete = Boolean(panel.dataset.complete);
    this.folds = new Folds(panel.dataset.log);
    this.lines = new Lines(panel.dataset.log, () => this.draw());
    this.search = new Search(this);
    this.rows = new Map();
    this.target = 0;
    this.stuck = false;
    this.ready = false;
    this.tools.hidden = false;
    this.begin();
  }

  // The rows that the server has drawn stay until the first ones are here, so that nothing flashes.
  async begin() {
    const first = Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? this.panel.dataset.start);
    if (this.total) await this.lines.fetch(this.lines.blockOf(Math.min(first, this.total)));
    document.documentElement.classList.add("log-live");
    if (this.total) this.box.replaceChildren();
    this.rowHeight = this.measure();
    this.ready = true;
    this.listen();
    this.layout();
    if (!this.goToHash() && !this.complete) this.toggle("follow", true);
    this.panel.dataset.ready = "1";
    this.loadOutline();
  }

  measure() {
    const probe = drawRow(0, ["plain", null, [["0", ""]]], this);
    this.box.append(probe);
    const height = probe.getBoundingClientRect().height || 20;
    probe.remove();
    return height;
  }

  get wraps() {
    return this.panel.classList.contains("wrapped");
  }

  get count() {
    return this.folds.visible(this.total);
  }

  get height() {
    return Math.max(1, Math.min(this.count * this.rowHeight, MAX_PIXELS));
  }

  get exact() {
    return !this.wraps && this.count * this.rowHeight <= MAX_PIXELS;
  }

  layout() {
    if (!this.total) return;
    this.space.style.height = `${this.height}px`;
    this.panel.classList.toggle("wide-numbers", this.total >= 1_000_000);
    this.draw();
  }

  // Draw the rows in sight. `anchor` is the row (with a fraction) that lies at fraction f of the panel.
  draw() {
    if (!this.ready || !this.total) return;
    const view = this.panel.clientHeight;
    const room = Math.max(1, this.height - view);
    const f = Math.min(1, Math.max(0, this.panel.scrollTop / room));
    const anchor = this.height <= view ? 0 : f * this.count;
    const first = Math.max(0, Math.floor(anchor - (f * view) / this.rowHeight) - OVERSCAN);
    const last = Math.min(this.count, Math.ceil(anchor + ((1 - f) * view) / this.rowHeight) + OVERSCAN);
    const at = this.height <= view ? { first: 0, last: this.count } : { first, last };
    this.fill(at.first, at.last);
    if (this.exact) this.box.style.transform = `translateY(${at.first * this.rowHeight}px)`;
    else this.place(anchor, at.first, f * view);
  }

  place(anchor, first, y) {
    const index = Math.min(Math.floor(anchor), this.count - 1);
    const row = this.box.children[index - first];
    const inside = row ? row.offsetTop + (anchor - index) * row.offsetHeight : 0;
    this.box.style.transform = `translateY(${this.panel.scrollTop + y - inside}px)`;
  }

  fill(first, last) {
    const wanted = [];
    for (let row = first; row < last; row += 1) wanted.push(this.folds.lineAt(row));
    if (wanted.length) this.lines.want(wanted[0], wanted[wanted.length - 1]);
    const drawn = new Map();
    let next = this.box.firstChild;
    for (const number of wanted) {
      const line = this.lines.get(number);
      let row = this.rows.get(number);
      if (!row || row.source !== line || row.stamp !== this.search.stamp) {
        const fresh = drawRow(number, line, this);
        fresh.source = line;
        fresh.stamp = this.search.stamp;
        if (row === next && row) next = row.nextSibling;
        row?.remove();
        row = fresh;
      }
      if (row === next) next = next.nextSibling;
      else this.box.insertBefore(row, next);
      drawn.set(number, row);
    }
    for (const [number, row] of this.rows) if (drawn.get(number) !== row) row.remove();
    this.rows = drawn;
  }

  // Show a line in the middle, or at the end of the panel when it is the log's last.
  goTo(number) {
    this.folds.reveal(number);
    const row = this.folds.rowOf(Math.min(Math.max(1, number), this.total));
    const view = this.panel.clientHeight;
    this.space.style.height = `${this.height}px`;
    if (this.exact) this.panel.scrollTop = row * this.rowHeight - view / 2 + this.rowHeight / 2;
    else this.panel.scrollTop = ((row + 0.5) / this.count) * (this.height - view);
    this.draw();
  }

  goToHash() {
    const match = /^#L(\d+)$/.exec(location.hash);
    if (!match || !this.total) return false;
    this.target = Number(match[1]);
    this.toggle("follow", false);
    this.search.redraw();
    this.goTo(this.target);
    return true;
  }

  choose(number) {
    history.replaceState(null, "", `${location.pathname}#L${number}`);
    this.target = number;
    this.search.redraw();
    this.draw();
  }

  fold(start) {
    this.folds.flip(start);
    this.search.redraw();
    this.layout();
  }

  // The log has grown.
  grow({ lines }) {
    this.lines.grown(this.total, lines);
    this.total = lines;
    if (!this.ready) return;
    document.querySelector(".log-none")?.remove();
    this.layout();
    if (this.stuck) this.toEnd();
    clearTimeout(this.outlineTimer);
    this.outlineTimer = setTimeout(() => this.loadOutline(), 1500);
  }

  toEnd() {
    this.panel.scrollTop = this.height;
    this.draw();
  }

  // The state beside the title follows the list of steps.
  refresh(side) {
    const state = side.querySelector(".steps [aria-current] .state");
    if (state) document.querySelector("[data-step-state]").replaceChildren(state.cloneNode(true));
  }

  toggle(name, on) {
    const button = this.tools.querySelector(`[data-toggle="${name}"]`);
    button.setAttribute("aria-pressed", String(on));
    if (name === "follow") {
      this.stuck = on;
      if (on) this.toEnd();
      return;
    }
    const middle = this.folds.lineAt(Math.floor(((this.panel.scrollTop + 1) / this.height) * this.count));
    this.panel.classList.toggle(name === "wrap" ? "wrapped" : "timed", on);
    this.layout();
    if (name === "wrap" && this.panel.scrollTop > 0 && !this.stuck) this.goTo(middle);
    if (this.stuck) this.toEnd();
  }

  async loadOutline() {
    await this.folds.load();
    const button = this.tools.querySelector("[data-next-error]");
    button.hidden = !this.folds.errors.length;
    button.querySelector("[data-errors]").textContent = this.folds.errors.length;
    this.search.redraw();
    this.layout();
  }

  nextError() {
    const errors = this.folds.errors;
    const next = errors.find((number) => number > this.target) ?? errors[0];
    this.choose(next);
    this.goTo(next);
  }

  listen() {
    let queued = false;
    let before = 0;
    this.panel.addEventListener("scroll", () => {
      const up = this.panel.scrollTop < before - 2;
      before = this.panel.scrollTop;
      if (up && this.stuck && this.panel.scrollTop < this.height - this.panel.clientHeight - 4) this.toggle("follow", false);
      if (queued) return;
      queued = true;
      requestAnimationFrame(() => {
        queued = false;
        this.draw();
      });
    }, { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.panel);
    addEventListener("hashchange", () => this.goToHash());
    this.tools.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.toggle) this.toggle(button.dataset.toggle, button.getAttribute("aria-pressed") !== "true");
      if (button?.matches("[data-next-error]")) this.nextError();
    });
    this.box.addEventListener("click", (event) => {
      const number = event.target.closest("a.n");
      const fold = event.target.closest("button.fold");
      if (number) {
        event.preventDefault();
        this.choose(Number(number.textContent));
      } else if (fold) this.fold(Number(fold.dataset.line));
    });
  }
}
