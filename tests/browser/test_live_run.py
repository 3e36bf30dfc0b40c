from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.run.model import Issue, Result, State
from drivetrain.view.web.app import create_app
from tests.browser import story_runs, storybook
from tests.browser.serving import serving
from tests.browser.story_runs import RUNNING_RUN, TRAIN
from tests.browser.window import Window, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from drivetrain.run.model import Timeline
    from tests.browser.world import World

pytestmark = pytest.mark.browser
NOW = timestamp(story_runs.NOW)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return storybook.build(tmp_path)


@pytest.fixture
def window(browser: Browser, world: World, tmp_path: Path) -> Iterator[Window]:
    with serving(create_app(world.site())) as address:
        window = Window(browser, address, tmp_path, theme="light", width=1280, scripts=True)
        yield window
        window.close()
    assert window.errors == []


def _finish_step(timeline: Timeline) -> Timeline:
    steps = tuple(
        replace(step, state=State.COMPLETED, result=Result.FAILED, finished_at=NOW, reason="killed")
        if step.index == 4
        else step
        for step in timeline.steps
    )
    return replace(timeline, steps=steps, issues=(Issue("error", "Out of memory", TRAIN, 1, 4),))


def _finish_run(timeline: Timeline) -> Timeline:
    return replace(timeline, run=replace(timeline.run, state=State.COMPLETED, result=Result.FAILED, finished_at=NOW))


def test_a_run_changes_before_the_readers_eyes_and_keeps_what_they_did(window: Window, world: World) -> None:
    page = window.visit(f"/runs/{RUNNING_RUN}")
    page.evaluate("window.stays = true")
    page.locator(".job > summary").click()
    world.happen(RUNNING_RUN, "step.completed", _finish_step, step=4)
    page.locator(".issue.error", has_text="Out of memory").wait_for()
    assert page.locator(".job").get_attribute("open") is None
    world.happen(RUNNING_RUN, "run.completed", _finish_run, result="Failed")
    page.get_by_role("button", name="Run again").first.wait_for()
    assert page.locator(".run-words .word").inner_text() == "Failed"
    assert page.evaluate("window.stays") is True


def test_durations_tick_while_it_runs(window: Window) -> None:
    page = window.visit(f"/runs/{RUNNING_RUN}")
    before = page.locator(".facts .dur").inner_text()
    until(page, f"document.querySelector('.facts .dur').textContent !== '{before}'")


def test_a_new_run_appears_in_the_list(window: Window, world: World) -> None:
    page = window.visit("/runs")
    before = int(page.locator("#running .count").inner_text())
    new = world.rerun(RUNNING_RUN, by="test")
    page.locator(f"#run-{new.id}").wait_for()
    assert int(page.locator("#running .count").inner_text()) == before + 1


def test_a_log_grows_at_the_end_and_follows(window: Window, world: World) -> None:
    page = window.visit(f"/runs/{RUNNING_RUN}/logs/Train.train.1/4")
    page.locator("[data-ready]").wait_for()
    path = world.log_path(RUNNING_RUN, TRAIN, 4)
    for part in range(5):
        with path.open("a") as log:
            log.write("".join(f"part {part} line {i}\n" for i in range(400)))
        page.locator(".line", has_text=f"part {part} line 399").wait_for()
    assert page.locator(".line").count() < 120
    page.locator("[data-log]").evaluate("(panel) => panel.scrollTo(0, 0)")
    page.locator("#L1").wait_for()
    assert page.locator('[data-toggle="follow"]').get_attribute("aria-pressed") == "false"
    with path.open("a") as log:
        log.write("one more\n")
    until(page, "document.querySelector('[data-space]').getBoundingClientRect().height >= 2003 * 20")
    assert page.locator("#L1").is_visible()


def test_an_unfinished_line_is_completed_in_place(window: Window, world: World) -> None:
    page = window.visit(f"/runs/{RUNNING_RUN}/logs/Train.train.1/4")
    page.locator("[data-ready]").wait_for()
    path = world.log_path(RUNNING_RUN, TRAIN, 4)
    for text in ("begin", " middle", " end\n"):
        with path.open("a") as log:
            log.write(text)
        page.locator("#L3", has_text=text.strip()).wait_for()
    assert page.locator("#L3 .t").inner_text() == "begin middle end"


def test_the_list_of_steps_beside_a_log_is_live(window: Window, world: World) -> None:
    page = window.visit(f"/runs/{RUNNING_RUN}/logs/Train.train.1/4")
    world.happen(RUNNING_RUN, "step.completed", _finish_step, step=4)
    page.locator(".log-side .step.s-failed").wait_for()
    page.locator("[data-step-state] .s-failed").wait_for()
