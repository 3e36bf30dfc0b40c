from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.story_runs import FAILED_RUN, HOSTILE_RUN, LONG_RUN
from tests.browser.window import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.window import Window

pytestmark = pytest.mark.browser
TREND = "/tests?of=turbofan.turbofan.refs~2Fheads~2Fmain"


def test_a_failed_test_unfolds_to_its_message_and_stack(open_window: Callable[..., Window]) -> None:
    window = open_window()
    page = window.visit(f"/runs/{LONG_RUN}/tests")
    first = page.locator(".case").first
    assert not first.locator("pre").first.is_visible()
    first.locator("summary").click()
    assert first.locator(".case-message").inner_text() == "AssertionError: assert [] == ['sensor_14']"
    assert "tests/test_features.py:48" in first.locator("pre").last.inner_text()
    window.shoot("tests-unfolded")


def test_choosing_an_outcome_filters_at_once(open_window: Callable[..., Window]) -> None:
    page = open_window().visit(f"/runs/{LONG_RUN}/tests")
    until(page, "document.querySelector('[data-theme-toggle]').hidden === false")
    page.locator("select[name=outcome]").select_option("Failed")
    page.wait_for_url("**/tests?outcome=Failed")
    assert page.locator(".case").count() == 10
    assert page.locator(".case .t-new").count() == 10


@pytest.mark.parametrize("scripts", [True, False])
def test_a_bar_of_the_trend_leads_to_the_tests_of_its_run(
    open_window: Callable[..., Window],
    scripts: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    page = open_window(scripts=scripts).visit(TREND)
    bars = page.locator("#chart-tests svg a")
    assert bars.count() == 36
    assert bars.last.get_attribute("aria-label") == "#20261123.56: 10 failed, 255 passed, 3 skipped"
    bars.last.click()
    page.wait_for_url(f"**/runs/{LONG_RUN}/tests")


def test_bars_of_the_chart_are_drawn_where_the_numbers_say(open_window: Callable[..., Window]) -> None:
    page = open_window(theme="dark", width=375).visit(TREND)
    box, chart = (
        page.locator("#chart-tests .c-passed").last.bounding_box(),
        page.locator("#chart-tests svg").bounding_box(),
    )
    assert box is not None
    assert chart is not None
    assert chart["x"] <= box["x"] < box["x"] + box["width"] <= chart["x"] + chart["width"] + 1
    assert abs(box["y"] + box["height"] - chart["y"] - chart["height"]) < 1


def test_the_run_page_leads_to_all_failed_tests(open_window: Callable[..., Window]) -> None:
    page = open_window().visit(f"/runs/{FAILED_RUN}")
    assert page.locator("#tests .case").count() == 8
    page.get_by_role("link", name="2 more failed tests").click()
    page.wait_for_url("**/tests?outcome=Failed")
    assert page.locator(".case").count() == 10


def test_hostile_results_run_nothing(open_window: Callable[..., Window]) -> None:
    for path in (f"/runs/{HOSTILE_RUN}/tests", f"/runs/{HOSTILE_RUN}/coverage", f"/runs/{HOSTILE_RUN}"):
        page = open_window().visit(path)
        for summary in page.locator(".case summary").all():
            summary.click()
        assert page.locator("main img, main script").count() == 0
        assert "owned" not in page.title().split(" · ")[0] or "<script>" in page.title()
