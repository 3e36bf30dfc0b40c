// The form that tries an endpoint: the answer appears below it, and the page stays where it is.
export function tryInPlace() {
  const place = document.querySelector("[data-answer]");
  if (!place) return;
  for (const form of document.querySelectorAll("form[data-try]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      try {
        const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const found = page.querySelector("#answer") ?? page.querySelector(".empty");
        place.replaceChildren(...(found ? [found] : []));
      } catch {
        place.textContent = "The server did not answer.";
      }
      button.disabled = false;
      place.scrollIntoView({ block: "nearest" });
    });
  }
}
