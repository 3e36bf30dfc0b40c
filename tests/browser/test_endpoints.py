"""Endpoints by hand, in a browser: traffic, rollback, a release that is stopped, keys, and the form that tries one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.serve.model import Tally
from drivetrain.serve.release.model import Release, ReleasePlan
from tests.browser.story_serving import ENDPOINT, PLAIN, ROW, StoryAsk, StoryFronts
from tests.browser.window import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.view.serving.ports import Serves
    from tests.browser.window import Window
    from tests.browser.world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def serves(story: World) -> Serves:
    assert story.serves is not None
    return story.serves


def asked(serves: Serves) -> list[tuple[str, str, str]]:
    assert isinstance(serves.ask, StoryAsk)
    return serves.ask.asked


def test_traffic_is_changed_and_rolled_back(look: Callable[..., Window], serves: Serves) -> None:
    page = look(scripts=False).visit(f"/endpoints/{PLAIN}")
    page.get_by_role("button", name="Change traffic").click()
    page.get_by_label("traffic of blue, percent").fill("30")
    page.get_by_label("traffic of green, percent").fill("70")
    page.get_by_role("button", name="Change it").click()
    page.wait_for_selector("#deployment-green >> text=70 %")
    assert serves.endpoints.get(PLAIN).traffic == {"blue": 30, "green": 70}
    page.get_by_role("button", name="Roll back").click()
    said = page.locator("#ask-rollback").inner_text()
    assert "blue 100 % turbofan-rul:5" in said
    assert "Now it is green 70 %, blue 30 %" in said
    page.locator("#ask-rollback").get_by_role("button", name="Roll back").click()
    page.wait_for_selector("#deployment-blue >> text=100 %")
    assert serves.endpoints.get(PLAIN).traffic == {"blue": 100}
    newest = serves.endpoints.history(PLAIN, limit=1)[0]
    assert (newest.kind, newest.by) == ("rollback", "Mira Lindqvist")


def test_a_wrong_split_is_refused_and_changes_nothing(open_window: Callable[..., Window], serves: Serves) -> None:
    window = open_window()
    before = serves.endpoints.get(PLAIN)
    page = window.visit(f"/endpoints/{PLAIN}")
    page.get_by_role("button", name="Change traffic").click()
    page.get_by_label("traffic of blue, percent").fill("50")
    page.get_by_role("button", name="Change it").click()
    page.wait_for_selector("text=the traffic adds up to 50%")
    page.get_by_role("link", name="Back").click()
    page.wait_for_selector(f"h1:has-text('{PLAIN}')")
    assert serves.endpoints.get(PLAIN) == before
    window.errors.clear()  # the browser's own word for the answer 400


def test_a_release_is_stopped_after_a_question(look: Callable[..., Window], serves: Serves) -> None:
    asked_for = Release(0, PLAIN, "green", ReleasePlan(), {"blue": 100}, created_by="Mira Lindqvist")
    release = serves.releases.start(asked_for)
    page = look(scripts=False).visit(f"/endpoints/{PLAIN}")
    assert page.locator("#release [aria-current=step]").inner_text().endswith("converting to ONNX")
    page.get_by_role("link", name=f"Release {release.id}").first.click()
    page.get_by_role("button", name="Stop it").click()
    page.locator("#ask-stop").get_by_role("button", name="Stop it").click()
    page.wait_for_selector("text=canceled by Mira Lindqvist")
    assert not serves.releases.get(release.id).under_way


def test_what_is_typed_is_asked_and_answered_in_place(look: Callable[..., Window], serves: Serves) -> None:
    page = look().visit(f"/endpoints/{ENDPOINT}")
    page.get_by_label("cycle").fill("113")
    page.get_by_label("plant").fill("<b>south</b>")
    page.locator("#try form").first.get_by_label("Deployment").select_option("blue")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_selector("#try #answer >> text=112.4")
    assert "answered by blue" in page.locator("#answer").inner_text()
    endpoint, body, deployment = asked(serves)[-1]
    assert (endpoint, deployment) == (ENDPOINT, "blue")
    assert json.loads(body)["input_data"]["data"] == [[113, *ROW[1:-1], "<b>south</b>"]]
    assert page.url.endswith(f"/endpoints/{ENDPOINT}")


def test_without_scripts_json_is_asked_and_kept_in_the_form(look: Callable[..., Window], serves: Serves) -> None:
    page = look(scripts=False).visit(f"/endpoints/{ENDPOINT}")
    page.get_by_text("As JSON").click()
    page.get_by_label("Request body").fill('{"input_data": [[1, 2')
    page.get_by_role("button", name="Ask with this").click()
    page.wait_for_selector("text=this is no JSON")
    page.get_by_label("Request body").fill('{"input_data": [[1, 2]]}')
    page.get_by_role("button", name="Ask with this").click()
    page.wait_for_selector("text=112.4")
    assert asked(serves)[-1][1] == '{"input_data": [[1, 2]]}'
    assert page.get_by_label("Request body").input_value() == '{"input_data": [[1, 2]]}'


def test_keys_are_shown_only_when_asked_for(look: Callable[..., Window], serves: Serves) -> None:
    keys = serves.endpoints.keys(PLAIN)
    page = look().visit(f"/endpoints/{PLAIN}")
    assert not any(key in page.content() for key in keys)
    page.get_by_role("button", name="Show the keys").click()
    page.wait_for_selector("h1:has-text('Keys')")
    assert page.locator("dd code").all_inner_texts() == list(keys)


def test_what_happens_now_is_drawn_and_stays_drawn(look: Callable[..., Window], serves: Serves) -> None:
    assert isinstance(serves.fronts, StoryFronts)
    page = look().visit(f"/endpoints/{PLAIN}")
    until(page, "document.querySelector('#now [data-charts] svg') !== null")
    before = serves.fronts.says[PLAIN]
    more = before.tallies["blue"] + Tally(1000, 10, 3.0, (0, 0, 1000))
    serves.fronts.says[PLAIN] = replace(before, tallies={"blue": more})
    rate = "parseFloat(document.querySelector('#now .now-value')?.textContent) > 100"
    until(page, rate)
    assert "blue 1 %" in page.locator("#now svg").nth(1).get_attribute("aria-label")  # type: ignore[operator]
    page.evaluate("document.querySelector('#deployments h2').dataset.stale = '1'")
    until(page, "!document.querySelector('#deployments h2').dataset.stale")  # the page was refreshed meanwhile
    assert page.locator("#now svg .curve[d^=M]").count() > 0
