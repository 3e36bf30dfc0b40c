from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.view.keys import key
from tests.browser.story_gates import HOSTILE_ENVIRONMENT, NEW_ENVIRONMENT, PRODUCTION, WAITING_RUN
from tests.browser.story_runs import (
    EMPTY_RUN,
    FAILED_RUN,
    HOSTILE,
    HOSTILE_RUN,
    LONG_RUN,
    REOPENED_RUN,
    RUNNING_RUN,
    STAGED_RUN,
)
from tests.browser.window import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.window import Window
    from tests.browser.world import World

pytestmark = pytest.mark.browser
PAGES = {
    "overview": "/",
    "endpoints": "/endpoints",
    "endpoint": "/endpoints/turbofan",
    "endpoint-new": "/endpoints/nobody-asks",
    "endpoint-hostile": "/endpoints/odd-one",
    "endpoint-history": "/endpoints/turbofan/history",
    "endpoint-log": "/endpoints/turbofan/logs/blue",
    "release": "/endpoints/turbofan/releases/2",
    "models": "/models",
    "model": "/models/turbofan-rul",
    "model-hostile": f"/models/{key(HOSTILE)}",
    "model-version": "/models/turbofan-rul/versions/9",
    "model-version-hostile": f"/models/{key(HOSTILE)}/versions/1",
    "lineage": "/lineage?of=turbofan-rul",
    "model-compare": "/models/turbofan-rul/compare?version=6&version=9",
    "model-compare-hostile": f"/models/{key(HOSTILE)}/compare?version=0&version=1",
    "runs": "/runs",
    "runs-none": "/runs?text=nothing-has-this",
    "run-running": f"/runs/{RUNNING_RUN}",
    "run-failed": f"/runs/{FAILED_RUN}",
    "run-stages": f"/runs/{STAGED_RUN}",
    "run-reopened": f"/runs/{REOPENED_RUN}",
    "run-hostile": f"/runs/{HOSTILE_RUN}",
    "run-waiting": f"/runs/{WAITING_RUN}",
    "run-broken": f"/runs/{EMPTY_RUN}",
    "log": f"/runs/{FAILED_RUN}/logs/Train.train.1/4",
    "artifact": f"/runs/{STAGED_RUN}/artifacts/model",
    "artifact-hostile": f"/runs/{HOSTILE_RUN}/artifacts/{key('<b>x<')}",
    "tests": f"/runs/{LONG_RUN}/tests",
    "tests-none": f"/runs/{STAGED_RUN}/tests",
    "tests-hostile": f"/runs/{HOSTILE_RUN}/tests",
    "coverage": f"/runs/{LONG_RUN}/coverage",
    "coverage-hostile": f"/runs/{HOSTILE_RUN}/coverage",
    "test-trends": "/tests?of=turbofan.turbofan.refs~2Fheads~2Fmain",
    "projects": "/projects",
    "project": "/projects/turbofan",
    "project-hostile": f"/projects/{key(HOSTILE)}",
    "environments": "/environments",
    "environment": f"/environments/{PRODUCTION}",
    "environment-new": f"/environments/{NEW_ENVIRONMENT}",
    "environment-hostile": f"/environments/{HOSTILE_ENVIRONMENT}",
    "library": "/library",
    "library-group": "/library/variable-groups/{production}",
    "library-hostile": f"/library/variable-groups/{{{HOSTILE}}}",
    "library-connection": "/library/connections/{azure-production}",
    "library-file": "/library/secure-files/{signing.pem}",
    "library-vault": "/library/vaults/{contoso-kv}",
    "library-new-group": "/library/variable-groups/new",
    "library-new-file": "/library/secure-files/new",
    "library-new-vault": "/library/vaults/new",
    "library-new-type": "/library/connections/new",
    "library-new-connection": "/library/connections/new?type=azurerm",
    "training": "/training",
    "about": "/about",
    "missing": "/runs/999",
}

# Every control has a name, every picture a meaning, every id one owner, headings begin with one h1 and skip no level.
ACCESSIBILITY = """() => {
  const named = (e) => (e.getAttribute("aria-label") || e.title || e.textContent || "").trim()
    || e.labels?.length || e.querySelector("[aria-label]");
  const faults = [];
  for (const e of document.querySelectorAll("a[href], button, input, select, summary"))
    if (e.checkVisibility() && !named(e)) faults.push("no name: " + e.outerHTML.slice(0, 120));
  for (const e of document.querySelectorAll("svg"))
    if (e.getAttribute("aria-hidden") !== "true" && !e.getAttribute("aria-label"))
      faults.push("svg: " + e.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) faults.push("id twice: " + id);
  const levels = [...document.querySelectorAll("h1,h2,h3")].map((e) => Number(e.nodeName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push("h1: " + levels);
  levels.forEach((level, i) => { if (i && level - levels[i - 1] > 1) faults.push("heading skips: " + levels); });
  for (const e of document.querySelectorAll("[aria-labelledby]"))
    if (!document.getElementById(e.getAttribute("aria-labelledby")))
      faults.push("labelled by nobody: " + e.outerHTML.slice(0, 120));
  if (document.querySelectorAll("main").length !== 1 || !document.documentElement.lang) faults.push("landmarks");
  return faults;
}"""

# Contrast of every visible text against the first opaque background under it, by WCAG 2's formula.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (c) => ((c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const under = (e) => {
    for (; e; e = e.parentElement) {
      const back = rgba(getComputedStyle(e).backgroundColor);
      if (back[3] === 255) return back;
    }
    return rgba("Canvas");
  };
  const faults = new Set();
  for (const e of document.querySelectorAll("main *, header *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.nodeValue.trim());
    if (!own || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.disabled) continue;
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(under(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.add(ratio.toFixed(2) + " " + e.className + ": " + e.textContent.trim().slice(0, 40));
  }
  return [...faults];
}"""


OUTLINE = """() => {
  const e = document.activeElement;
  return [e.nodeName, getComputedStyle(e).outlineStyle, getComputedStyle(e, "::after").outlineStyle];
}"""


def path_of(name: str, story: World) -> str:
    """The address of a page; an item of the library is called by its name in it."""
    path = PAGES[name]
    for item in story.library.items():
        path = path.replace(f"{{{item.name}}}", item.id)
    return path


@pytest.mark.parametrize(
    ("width", "theme"), [(375, "light"), (375, "dark"), (1280, "light"), (1280, "dark"), (1600, "dark")]
)
@pytest.mark.parametrize("name", PAGES)
def test_it_fits_is_named_and_is_readable(
    look: Callable[..., Window], story: World, name: str, width: int, theme: str
) -> None:
    window = look(theme=theme, width=width)
    window.visit(path_of(name, story))
    window.shoot(name)
    assert window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert window.evaluate(ACCESSIBILITY) == []
    assert window.evaluate(CONTRAST) == []


@pytest.mark.parametrize("name", PAGES)
def test_it_is_whole_without_scripts(look: Callable[..., Window], story: World, name: str) -> None:
    window = look(scripts=False)
    page = window.visit(path_of(name, story))
    window.shoot(name)
    assert page.locator("h1").first.is_visible()
    assert page.locator("[data-theme-toggle], [data-log-tools]").locator("visible=true").count() == 0


@pytest.mark.parametrize(
    "name",
    [*(name for name in PAGES if "hostile" in name), "overview", "models", "runs", "training", "projects", "library"],
)
def test_hostile_names_run_nothing(look: Callable[..., Window], story: World, name: str) -> None:
    window = look()
    page = window.visit(path_of(name, story))
    until(page, "document.querySelector('[data-theme-toggle]').hidden === false")
    assert "owned" not in page.title().split(" · ")[0] or "<script>" in page.title()
    assert page.locator("img:not([src^='/badges/'])").count() == 0
    assert page.locator("script").count() == 2


def test_the_theme_is_chosen_and_kept(open_window: Callable[..., Window]) -> None:
    window = open_window(theme="light")
    page = window.visit("/runs")
    background = "getComputedStyle(document.body).backgroundColor"
    light = window.evaluate(background)
    page.locator("[data-theme-toggle]").click()
    assert window.evaluate(background) == light
    page.locator("[data-theme-toggle]").click()
    dark = window.evaluate(background)
    assert dark != light
    page.reload()
    assert window.evaluate(background) == dark


def test_every_control_is_reached_and_seen_by_keyboard(open_window: Callable[..., Window]) -> None:
    window = open_window()
    page = window.visit("/runs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    outlines = []
    for _ in range(14):
        page.keyboard.press("Tab")
        outlines.append(page.evaluate(OUTLINE))
    assert {"A", "BUTTON", "INPUT", "SELECT"} <= {name for name, *_ in outlines}
    assert all("solid" in styles or "auto" in styles for _, *styles in outlines)


def test_a_run_is_canceled_after_a_question(open_window: Callable[..., Window], story: World) -> None:
    window = open_window(scripts=False)
    page = window.visit(f"/runs/{RUNNING_RUN}")
    assert not page.locator("#ask-cancel").is_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Keep it running").click()
    page.locator("#ask-cancel").wait_for(state="hidden")
    page.get_by_role("button", name="Cancel", exact=True).click()
    window.shoot("ask-cancel")
    page.get_by_role("button", name="Cancel the run").click()
    page.wait_for_selector("text=Canceling…")
    assert f"cancel {RUNNING_RUN} by Mira Lindqvist" in story.asked
