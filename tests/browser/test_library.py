"""The library by hand, in a browser, also without scripts: a secret goes in, and is not shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.library.model import ItemKind
from tests.browser.window import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.window import Window
    from tests.browser.world import World

pytestmark = pytest.mark.browser
SECRET = "typed by a person"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_group_is_made_and_gets_a_secret(open_window: Callable[..., Window], story: World, *, scripts: bool) -> None:
    name = f"by-hand-{scripts}"
    page = open_window(scripts=scripts).visit("/library")
    page.get_by_role("link", name="Add a variable group").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Whose").select_option("turbofan")
    page.get_by_role("button", name="Add").click()
    page.wait_for_selector(f"h1:has-text('{name}')")
    page.get_by_role("combobox", name="Name").fill("password")
    page.get_by_role("textbox", name="Value").fill(SECRET)
    page.get_by_role("checkbox", name="Secret").check()
    page.get_by_role("button", name="Set", exact=True).click()
    page.wait_for_selector("th:has-text('password')")
    assert SECRET not in page.content()
    page.get_by_role("button", name="Permit", exact=True).click()
    page.wait_for_selector("button:has-text('Revoke')")
    item = story.library.item(ItemKind.VARIABLE_GROUP, name, "turbofan")
    assert [(value.name, value.secret) for value in item.values] == [("password", True)]
    assert [permit.pipeline for permit in item.permits] == ["turbofan"]
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_selector("h1:has-text('Library')")
    assert page.get_by_role("link", name=name).count() == 0


def test_on_a_narrow_screen_the_word_of_the_page_is_seen(open_window: Callable[..., Window]) -> None:
    window = open_window(width=375)
    page = window.visit("/library")
    until(
        page,
        "(() => { const a = document.querySelector('.top nav [aria-current]').getBoundingClientRect();"
        " const nav = document.querySelector('.top nav').getBoundingClientRect();"
        " return a.left >= nav.left - 1 && a.right <= nav.right + 1; })()",
    )
    window.shoot("library-narrow")
