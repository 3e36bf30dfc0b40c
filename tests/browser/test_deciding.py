from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.story_gates import WAITING_RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.window import Window
    from tests.browser.world import World

pytestmark = pytest.mark.browser


def decisions(story: World, subject: str) -> list[tuple[str, bool, str, str]]:
    (asked,) = [each for each in story.checks.approvals(WAITING_RUN) if each.subject == subject]
    return [(each.by, each.approve, each.comment, each.acting) for each in asked.decisions]


def test_somebody_is_approved_for_with_a_comment(open_window: Callable[..., Window], story: World) -> None:
    window = open_window(scripts=False)
    page = window.visit(f"/runs/{WAITING_RUN}")
    question = page.locator(".question", has_text="environment:production")
    assert question.locator(".instructions").inner_text().startswith("Compare the figures")
    assert question.locator("option").all_inner_texts() == ["as Mira Lindqvist", "as cleo"]
    question.get_by_label("Decide as").select_option("cleo")
    question.get_by_placeholder("Comment").fill("Ready <b>now</b>")
    question.get_by_role("button", name="Approve").click()
    page.wait_for_selector("text=Ready <b>now</b>")
    assert page.locator(".question", has_text="environment:production").count() == 0
    assert decisions(story, "environment:production")[1:] == [("cleo", True, "Ready <b>now</b>", "Mira Lindqvist")]


def test_a_step_is_rejected_by_the_owner(open_window: Callable[..., Window], story: World) -> None:
    window = open_window()
    page = window.visit(f"/runs/{WAITING_RUN}")
    question = page.locator(".question", has_text="Is the model good?")
    question.get_by_role("button", name="Reject").click()
    page.wait_for_selector(".checks >> text=Is the model good?")
    window.shoot("run-decided")
    assert decisions(story, "Is the model good?") == [("Mira Lindqvist", False, "", "")]


def test_a_decision_that_came_too_late_is_told(open_window: Callable[..., Window], story: World) -> None:
    window = open_window()
    page = window.visit(f"/runs/{WAITING_RUN}")
    question = page.locator(".question", has_text="variableGroup:")
    story.database.connections.get().execute(
        "UPDATE approvals SET state = 'timedOut' WHERE json_extract(data, '$.subject') LIKE 'variableGroup:%'"
    )
    question.get_by_role("button", name="Approve").click()
    page.wait_for_selector("text=is over: nobody decided in time")
    window.errors.clear()  # the browser's own word for the answer 409
