// Charts of what happens now: asks for what deployments have answered so far, and draws what came since the last time.
const PAUSE = 2000;
const KEPT = 90; // samples: three minutes
const WIDTH = 600;
const HEIGHT = 100;
const TONES = 6;
const BUCKETS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000]; // milliseconds, as serve/model.py
const CHARTS = [
  { name: "Requests", unit: "/s", lines: [["", (d) => d.requests / d.seconds]] },
  { name: "Errors", unit: "%", lines: [["", (d) => (d.requests ? (100 * d.errors) / d.requests : null)]] },
  { name: "Latency", unit: "ms", note: "p95; thin: p50, p99", lines: [["p50", (d) => percentile(d.slower, 0.5)], ["", (d) => percentile(d.slower, 0.95)], ["p99", (d) => percentile(d.slower, 0.99)]] },
];

function percentile(slower, share) {
  const total = slower.reduce((sum, count) => sum + count, 0);
  if (!total) return null;
  let seen = 0;
  let low = 0;
  for (const [index, count] of slower.entries()) {
    const high = BUCKETS[index] ?? BUCKETS.at(-1);
    if (count && seen + count >= share * total) return low + ((high - low) * (share * total - seen)) / count;
    seen += count;
    low = high;
  }
  return low;
}

// The next number that reads well as an edge; lines.py has the same rule.
function nice(value) {
  const power = value > 0 ? 10 ** Math.floor(Math.log10(value)) : 1;
  return [1, 2, 2.5, 5, 10].map((each) => power * each).find((each) => each >= value * 0.999);
}

function number(value) {
  if (value === null) return "–";
  if (value >= 100) return Math.round(value).toLocaleString("en-GB");
  return String(Number(value.toPrecision(2)));
}

function svg(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text; // never HTML: names are hostile
  return made;
}

export class Now {
  constructor(section) {
    this.section = section;
    this.samples = []; // { [deployment]: { seconds, requests, errors, slower } }
    this.last = null;
    this.made = "";
  }

  start() {
    this.ask();
    setInterval(() => document.hidden || this.ask(), PAUSE);
  }

  async ask() {
    try {
      const answer = await fetch(this.section.dataset.figures);
      if (!answer.ok) return;
      this.take(await answer.json(), performance.now() / 1000);
      this.draw();
    } catch {
      // the page itself says that the server is lost
    }
  }

  take(told, at) {
    const before = this.last;
    this.last = { told, at };
    if (!before) return;
    const sample = {};
    for (const [name, now] of Object.entries(told.deployments)) {
      const then = before.told.deployments[name] ?? { requests: 0, errors: 0, slower_than: [] };
      const anew = before.told.started !== told.started || now.requests < then.requests;
      const was = anew ? { requests: 0, errors: 0, slower_than: [] } : then;
      sample[name] = {
        seconds: Math.max(0.1, at - before.at),
        requests: now.requests - was.requests,
        errors: now.errors - was.errors,
        slower: now.slower_than.map((count, index) => count - (was.slower_than[index] ?? 0)),
      };
    }
    this.samples.push(sample);
    if (this.samples.length > KEPT) this.samples.shift();
  }

  draw() {
    const names = Object.keys(this.last.told.deployments);
    this.section.hidden = !names.length; // nobody answers: nothing to draw
    if (this.made !== names.join("\n") || !this.plots) this.make(names);
    for (const plot of this.plots) {
      const rows = plot.paths.map(({ name, take }) => this.samples.map((sample) => (sample[name] ? take(sample[name]) : null)));
      const top = nice(Math.max(1, ...rows.flat().filter((value) => value !== null)));
      plot.top.textContent = `${number(top)} ${plot.unit}`;
      for (const [index, row] of rows.entries()) plot.paths[index].path.setAttribute("d", this.path(row, top));
      const words = plot.paths.map(({ name, kind }, index) => (kind ? null : `${name} ${number(rows[index].at(-1) ?? null)} ${plot.unit}`));
      plot.drawing.setAttribute("aria-label", `${plot.name} now: ${words.filter(Boolean).join(", ") || "nothing yet"}`);
      plot.value.textContent = words.filter(Boolean).length === 1 ? `${number(rows.find((_, i) => !plot.paths[i].kind)?.at(-1) ?? null)} ${plot.unit}` : "";
    }
  }

  make(names) {
    this.made = names.join("\n");
    const legend = this.section.querySelector("[data-legend]");
    legend.replaceChildren(...names.flatMap((name, tone) => [element("span", `key tone-${tone % TONES}`), element("bdi", "", name)]));
    this.plots = CHARTS.map(({ name, unit, note, lines }) => {
      const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `${name} now` });
      drawing.append(svg("path", { class: "grid-line", d: `M0 0H${WIDTH}M0 50H${WIDTH}M0 100H${WIDTH}` }));
      const paths = names.flatMap((deployment, tone) =>
        lines.map(([kind, take]) => {
          const path = svg("path", { class: `curve line-${tone % TONES} ${kind}` });
          drawing.append(path);
          return { name: deployment, kind, take, path };
        }),
      );
      const top = element("span", "edge");
      const low = element("span", "edge low", "0");
      for (const edge of [top, low]) edge.setAttribute("aria-hidden", "true");
      const plot = element("div", "plot");
      plot.append(top, low, drawing);
      const head = element("h3", "", name);
      const value = element("span", "count now-value");
      head.append(" ", value);
      if (note) head.append(" ", element("span", "hint", note));
      const figure = element("div", "figure");
      figure.append(head, plot);
      return { name, unit, drawing, paths, top, value, figure };
    });
    this.section.querySelector("[data-charts]").replaceChildren(...this.plots.map((plot) => plot.figure));
  }

  path(values, top) {
    const step = WIDTH / (KEPT - 1);
    const begin = KEPT - values.length;
    let text = "";
    let pen = "M";
    for (const [index, value] of values.entries()) {
      if (value === null) {
        pen = "M";
        continue;
      }
      text += `${pen}${((begin + index) * step).toFixed(1)} ${(HEIGHT - (HEIGHT * Math.min(value, top)) / top).toFixed(1)}`;
      if (pen === "M" && (index + 1 === values.length || values[index + 1] === null)) text += "h0";
      pen = "L";
    }
    return text;
  }
}
