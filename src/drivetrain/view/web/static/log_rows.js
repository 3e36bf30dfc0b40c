// One line as an element. Text is always text: nothing here makes HTML from a log.
function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function clockTime(milliseconds) {
  const moment = new Date(milliseconds);
  const pad = (number, size = 2) => String(number).padStart(size, "0");
  return `${pad(moment.getHours())}:${pad(moment.getMinutes())}:${pad(moment.getSeconds())}.${pad(moment.getMilliseconds(), 3)}`;
}

export function drawRow(number, line, viewer) {
  const [kind, at, spans] = line ?? ["waiting", null, []];
  const row = make("div", `line k-${kind}`);
  row.id = `L${number}`;
  if (number === viewer.target) row.classList.add("target");
  const link = make("a", "n", String(number));
  link.href = `#L${number}`;
  link.setAttribute("aria-label", `Line ${number}`);
  row.append(link);
  const time = make("time", "at", at === null ? "" : clockTime(at));
  row.append(time);
  const text = make("span", "t");
  if (kind === "group" && viewer.folds.ends.has(number)) text.append(foldButton(number, viewer.folds));
  for (const [content, style] of spans) text.append(...marked(content, style, viewer.search?.text));
  row.append(text);
  return row;
}

function foldButton(number, folds) {
  const folded = folds.folded.has(number);
  const button = make("button", "fold");
  button.type = "button";
  button.dataset.line = String(number);
  button.setAttribute("aria-expanded", String(!folded));
  button.setAttribute("aria-label", folded ? "Unfold" : "Fold");
  return button;
}

// A span, cut where it contains what is searched for.
function marked(content, style, wanted) {
  if (!wanted) return [make("span", style, content)];
  const parts = [];
  const lower = content.toLowerCase();
  let at = 0;
  for (let hit = lower.indexOf(wanted); hit >= 0; hit = lower.indexOf(wanted, at)) {
    if (hit > at) parts.push(make("span", style, content.slice(at, hit)));
    parts.push(make("mark", style, content.slice(hit, hit + wanted.length)));
    at = hit + wanted.length;
  }
  if (at < content.length) parts.push(make("span", style, content.slice(at)));
  return parts;
}
