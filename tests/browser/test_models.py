"""Models by hand, in a browser: two versions are compared, one is promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.story_models import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.window import Window
    from tests.browser.world import World

pytestmark = pytest.mark.browser


def test_two_versions_are_chosen_and_compared(look: Callable[..., Window]) -> None:
    page = look(scripts=False).visit(f"/models/{MODEL}")
    page.get_by_label("Compare version 9").check()
    page.get_by_label("Compare version 4").check()
    page.get_by_role("button", name="Compare two").click()
    page.wait_for_selector("h1:has-text('Versions 4 and 9')")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="rmse"))
    assert row.locator("td").all_inner_texts() == ["44.5", "39", "\u22125.5 (\u221212.4 %) better"]


def test_a_version_is_promoted_with_a_reason(look: Callable[..., Window], story: World) -> None:
    page = look(scripts=False).visit(f"/models/{MODEL}/versions/8")
    page.get_by_role("button", name="Promote").click()
    page.get_by_label("Alias").select_option("challenger")
    page.get_by_label("Reason").fill("Let it <b>try</b>")
    page.get_by_role("button", name="Promote it").click()
    page.wait_for_selector(".page-head >> text=challenger")
    newest = story.models.promotions(MODEL)[0]
    assert (newest.version, newest.before, newest.by) == ("8", "9", "Mira Lindqvist")
    assert newest.reason == "Let it <b>try</b>"
    assert story.models.find(f"{MODEL}:8").aliases == ("challenger",)
