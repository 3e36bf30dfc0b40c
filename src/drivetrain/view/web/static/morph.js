// Makes one tree like another while it keeps what is equal: focus, folds, selection and open dialogs stay.
const keep = new Set(["open", "data-local"]); // what the reader has set

export function morph(have, want) {
  const byId = new Map([...have.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = have.firstChild;
  for (const next of [...want.childNodes]) {
    const same = next.id ? byId.get(next.id) : at && !at.id && at.nodeName === next.nodeName ? at : null;
    if (!same) {
      have.insertBefore(next, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else have.insertBefore(same, at);
    update(same, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function update(have, want) {
  if (have.nodeType !== Node.ELEMENT_NODE) {
    if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
    return;
  }
  if (have.isEqualNode(want) || have.hasAttribute("data-own")) return; // what a script has drawn is its own
  const wasRunning = have.classList.contains("s-running");
  for (const { name, value } of [...want.attributes])
    if (!keep.has(name) && have.getAttribute(name) !== value) have.setAttribute(name, value);
  for (const { name } of [...have.attributes]) if (!keep.has(name) && !want.hasAttribute(name)) have.removeAttribute(name);
  // A job that begins or fails unfolds; otherwise folds are the reader's.
  if (have.nodeName === "DETAILS" && want.open && wasRunning !== want.classList.contains("s-running")) have.open = true;
  morph(have, want);
}
