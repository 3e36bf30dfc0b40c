// Durations that go on and moments that recede; the same rules as present.py.
const skew = Date.parse(document.documentElement.dataset.now) - Date.now();
const pad = (number) => String(number).padStart(2, "0");

export function duration(seconds) {
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)}s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d ${pad(Math.floor((whole % 86400) / 3600))}h`;
}

function ago(moment, now) {
  const seconds = (now - moment) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 172800) return "yesterday";
  return moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

export function tick(root = document) {
  // The skew is taken only when it is more than a page's way here: the two clocks are mostly one.
  const now = Date.now() + (Math.abs(skew) > 3000 ? skew : 0);
  for (const element of root.querySelectorAll("[data-since]")) {
    const text = duration(Math.max(0, (now - Date.parse(element.dataset.since)) / 1000));
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of root.querySelectorAll("time[data-ago]")) {
    const moment = new Date(element.dateTime);
    const text = ago(moment, now);
    if (element.textContent !== text) element.textContent = text;
    if (!element.dataset.local) {
      element.title = exact.format(moment);
      element.dataset.local = "1";
    }
  }
}

export function startClock() {
  tick();
  setInterval(() => document.hidden || tick(), 1000);
}
