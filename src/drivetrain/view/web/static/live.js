// Follows the server's stream and puts the server's own HTML in place of what has changed.
import { tick } from "./clock.js";
import { morph } from "./morph.js";

const PAUSE = 120; // several events of one moment are one refresh

export function startLive({ onLog, onRefresh }) {
  const main = document.querySelector("main[data-stream], main[data-poll]");
  const part = document.querySelector("[data-live]");
  if (!main || !part) return;
  const lost = document.querySelector("[data-lost]");
  let timer = 0;
  let busy = false;
  let again = false;

  async function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const address = new URL(location.href);
      address.searchParams.set("part", "live");
      const answer = await fetch(address, { headers: { accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
        tick(fresh);
        morph(part, fresh);
        onRefresh?.(part);
        if (!main.dataset.stream) lost.hidden = true;
      }
    } catch {
      // a stream notices a lost server itself
      if (!main.dataset.stream) lost.hidden = false;
    }
    busy = false;
    if (again) {
      again = false;
      soon();
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  }

  // What no event tells of is asked for, as long as somebody looks.
  if (main.dataset.poll) setInterval(() => document.hidden || refresh(), 1000 * Number(main.dataset.poll));
  if (!main.dataset.stream) return;
  const stream = new EventSource(main.dataset.stream);
  let missed = !main.dataset.stream.includes("after="); // what happened since the page was made
  stream.onopen = () => {
    lost.hidden = true;
    if (missed) soon();
    missed = true; // from now on, what happens while the line is down
  };
  stream.onerror = () => {
    lost.hidden = false;
  };
  stream.addEventListener("run", soon);
  stream.addEventListener("changed", soon);
  stream.addEventListener("log", (event) => onLog?.(JSON.parse(event.data)));
  stream.addEventListener("end", () => {
    stream.close();
    lost.hidden = true;
    soon();
  });
  addEventListener("pagehide", () => stream.close());
}
