from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.view.keys import job_key
from tests.browser.story_runs import FAILED_RUN, HOSTILE_RUN, LONG_LOG_LINES, LONG_RUN, TRAIN
from tests.browser.window import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.window import Window
    from tests.browser.world import World

pytestmark = pytest.mark.browser
LOG = f"/runs/{LONG_RUN}/logs/Train.train.1/4"
SEEN = """() => {
  const panel = document.querySelector("[data-log]").getBoundingClientRect();
  return [...document.querySelectorAll(".line:not(.k-waiting)")]
    .filter((row) => {
      const r = row.getBoundingClientRect();
      return r.bottom > panel.top + 1 && r.top < panel.bottom - 1;
    })
    .map((row) => Number(row.querySelector(".n").textContent));
}"""
MAX_ROWS = 120


def _ready(page: Page) -> Page:
    page.locator("[data-ready]").wait_for()
    return page


def _scroll(page: Page, fraction: float) -> None:
    page.locator("[data-log]").evaluate("(panel, f) => panel.scrollTo(0, f * panel.scrollHeight)", fraction)


def _wait_for_line(page: Page, number: int) -> None:
    until(page, f"({SEEN})().includes({number})")


@pytest.mark.parametrize("width", [375, 1280])
def test_the_middle_and_the_end_show_their_lines_at_once(open_window: Callable[..., Window], width: int) -> None:
    window = open_window(width=width)
    page = _ready(window.visit(LOG))
    assert window.evaluate(SEEN)[0] == 1
    for fraction, number in (
        (0.5, LONG_LOG_LINES // 2 + 10),
        (1, LONG_LOG_LINES),
        (0.25, LONG_LOG_LINES // 4 + 5),
        (0, 1),
    ):
        _scroll(page, fraction)
        _wait_for_line(page, number)
        seen = window.evaluate(SEEN)
        assert seen == list(range(seen[0], seen[0] + len(seen)))
        assert page.locator(".line").count() < MAX_ROWS
    window.shoot("log-long")
    assert page.locator("#L2 .f6").count() == 1


def test_scrolling_stays_smooth(open_window: Callable[..., Window]) -> None:
    window = open_window()
    _ready(window.visit(LOG))
    slow = window.evaluate(
        """() => new Promise((done) => {
          const panel = document.querySelector("[data-log]");
          const costs = [];
          const step = (left) => {
            const begun = performance.now();
            panel.scrollTop += 3000;
            panel.dispatchEvent(new Event("scroll"));
            requestAnimationFrame(() => {
              panel.getBoundingClientRect();
              costs.push(performance.now() - begun);
              left ? step(left - 1) : done(costs.sort((a, b) => a - b)[Math.floor(costs.length / 2)]);
            });
          };
          step(60);
        })"""
    )
    assert slow < 100


def test_a_link_leads_to_its_line(open_window: Callable[..., Window]) -> None:
    window = open_window()
    page = _ready(window.visit(f"{LOG}#L123456"))
    _wait_for_line(page, 123_456)
    assert page.locator(".line.target .n").inner_text() == "123456"
    page.locator(".line", has_text="row 123458 ").locator(".n").click()
    assert page.url.endswith("#L123458")


def test_search_finds_a_needle_in_the_whole_log(open_window: Callable[..., Window]) -> None:
    window = open_window()
    page = _ready(window.visit(LOG))
    page.keyboard.press("/")
    page.keyboard.type("NEEDLE")
    _wait_for_line(page, 150_123)
    assert page.locator("[data-hits]").inner_text() == "1 of 1"
    assert page.locator(".line mark").inner_text() == "needle"
    page.locator("[data-find]").fill("row 19999")
    until(page, "document.querySelector('[data-hits]').textContent.startsWith('1 of 11')")
    page.keyboard.press("Enter")
    _wait_for_line(page, 199_990)
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('.line mark')")


def test_groups_fold_and_the_lines_behind_keep_their_numbers(open_window: Callable[..., Window]) -> None:
    window = open_window()
    page = _ready(window.visit(f"{LOG}#L95"))
    page.locator("#L100 .fold").click()
    _wait_for_line(page, 201)
    seen = window.evaluate(SEEN)
    assert seen[seen.index(100) + 1] == 201
    _scroll(page, 1)
    _wait_for_line(page, LONG_LOG_LINES)
    page.goto(page.url.split("#")[0] + "#L150")
    _wait_for_line(page, 150)


def test_wrapped_rows_begin_with_the_first_line_and_end_with_the_last(
    open_window: Callable[..., Window], story: World
) -> None:
    path = story.log_path(FAILED_RUN, TRAIN, 3)
    path.write_text("".join(f"{i} " + "word " * (i % 400) + "\n" for i in range(1, 2001)))
    window = open_window(width=375)
    page = _ready(window.visit(f"/runs/{FAILED_RUN}/logs/Train.train.1/3"))
    page.locator('[data-toggle="wrap"]').click()
    until(page, f"({SEEN})()[0] === 1")
    before = 0
    for fraction in (0.1, 0.3, 0.5, 0.8):
        _scroll(page, fraction)
        before = until(page, f"(first => first > {before} && first)(({SEEN})()[0])")
    _scroll(page, 1)
    _wait_for_line(page, 2000)
    panel, last = "document.querySelector('[data-log]')", "document.querySelector('#L2000')"
    below = f"{last}.getBoundingClientRect().bottom - {panel}.getBoundingClientRect().bottom"
    until(page, f"Math.abs({below}) < 3")
    assert window.evaluate(f"{panel}.scrollWidth <= {panel}.clientWidth")


def test_times_are_shown_when_asked_for(open_window: Callable[..., Window]) -> None:
    window = open_window()
    page = _ready(window.visit(LOG))
    assert not page.locator("#L2 .at").is_visible()
    page.locator('[data-toggle="times"]').click()
    assert len(page.locator("#L2 .at").inner_text()) == len("12:34:56.789")


def test_the_next_error_is_one_click_away(open_window: Callable[..., Window]) -> None:
    window = open_window()
    page = _ready(window.visit(LOG))
    page.locator("[data-next-error]").click()
    _wait_for_line(page, 150_123)
    assert page.locator(".line.target").inner_text().endswith("row 150123 has a needle in it")


def test_a_hostile_log_is_only_text(open_window: Callable[..., Window], story: World) -> None:
    job = story.timeline(HOSTILE_RUN).jobs[0]
    window = open_window()
    page = _ready(window.visit(f"/runs/{HOSTILE_RUN}/logs/{job_key(job.ref, 1)}/1"))
    window.shoot("log-hostile")
    assert page.locator("#L1 .t").inner_text().startswith("<script>document.title")
    assert page.locator("#L2 .t").inner_text() == "safe [U+202E]gnp.exe [U+2066] text"
    assert page.locator("#L4 .t span.f9").inner_text() == "redmoved"
    assert page.locator(".log img, .log script").count() == 0
    assert window.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
