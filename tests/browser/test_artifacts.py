from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.browser.story_runs import FAILED_RUN, HOSTILE_RUN, STAGED_RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.window import Window

pytestmark = pytest.mark.browser


def test_all_artifacts_of_a_run_are_one_archive(open_window: Callable[..., Window]) -> None:
    page = open_window().visit(f"/runs/{STAGED_RUN}")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download all").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {"model", "report"}


def test_what_lies_elsewhere_or_was_removed_is_told_and_leads_nowhere(open_window: Callable[..., Window]) -> None:
    page = open_window().visit(f"/runs/{FAILED_RUN}")
    section = page.locator("#artifacts")
    assert "//server/share <b>" in section.inner_text()
    assert "removed 2026-01-02" in section.inner_text()
    assert section.locator("a").count() == 0


def test_an_artifact_shows_what_its_step_says_of_it(open_window: Callable[..., Window]) -> None:
    page = open_window().visit(f"/runs/{STAGED_RUN}/artifacts/model")
    assert page.locator(".details").inner_text().split() == ["user-rmse", "40.12"]


@pytest.mark.parametrize("width", [375, 1280])
def test_a_run_is_kept_and_let_go(open_window: Callable[..., Window], width: int) -> None:
    window = open_window(width=width)
    page = window.visit(f"/runs/{HOSTILE_RUN}")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_label("Reason").fill("<img src=x> in production")
    window.shoot("keep")
    page.get_by_role("button", name="Keep the run").click()
    page.get_by_role("button", name="Kept").click()
    assert "<img src=x> in production" in page.locator("#ask-keep").inner_text()
    page.get_by_role("button", name="Keep it no longer").click()
    page.get_by_role("button", name="Keep", exact=True).wait_for()
