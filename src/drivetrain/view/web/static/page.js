// Every page: ticking times, live parts, the log viewer where there is a log.
import { startClock } from "./clock.js";
import { startLive } from "./live.js";

startClock();
// On a narrow screen the words above scroll: the one of this page is to be seen.
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", (event) => event.target.matches("select") && form.requestSubmit());
  form.addEventListener("submit", () => {
    // An address without empty fields reads better.
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}
if (matchMedia("(max-width: 760px)").matches) document.querySelector(".log-jobs")?.removeAttribute("open");
const log = document.querySelector("[data-log]");
const viewer = log ? new (await import("./log.js")).LogViewer(log) : null;
const own = document.querySelector("[data-figures]");
if (own) new (await import("./figures.js")).Now(own).start();
if (document.querySelector("form[data-try]")) (await import("./try.js")).tryInPlace();
startLive({ onLog: (data) => viewer?.grow(data), onRefresh: (part) => viewer?.refresh(part) });
