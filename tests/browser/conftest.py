from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from drivetrain.view.web.app import create_app
from tests.browser.serving import serving
from tests.browser.storybook import build
from tests.browser.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.browser.world import World

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = ROOT / "build" / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# For a module only: Playwright keeps an event loop going in this thread, where other modules' tests run theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        reason = f"there is no {CHROMIUM}: scripts/browser installs it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="session")
def address(story: World) -> Iterator[str]:
    with serving(create_app(story.site())) as address:
        yield address


@pytest.fixture(scope="module")
def kept_windows(browser: Browser, address: str) -> Iterator[Callable[..., Window]]:
    """One window of every look for a module: a new one costs a browser far more than the page it shows."""
    windows: dict[tuple[object, ...], Window] = {}

    def keep(*, theme: str = "light", width: int = 1280, scripts: bool = True) -> Window:
        look = (theme, width, scripts)
        if look not in windows:
            windows[look] = Window(browser, address, SCREENSHOTS, theme=theme, width=width, scripts=scripts)
        return windows[look]

    yield keep
    for window in windows.values():
        window.close()
    assert [error for window in windows.values() for error in window.errors] == []


@pytest.fixture
def look(kept_windows: Callable[..., Window]) -> Iterator[Callable[..., Window]]:
    """A window that others looked through before, for tests that change nothing in it; free of errors at the end."""
    windows: list[Window] = []

    def give(**wanted: Any) -> Window:
        windows.append(kept_windows(**wanted))
        return windows[-1]

    yield give
    assert [error for window in windows for error in window.take_errors()] == []


@pytest.fixture
def open_window(browser: Browser, address: str) -> Iterator[Callable[..., Window]]:
    """Opens a window on the storybook; at the end, every one must have been free of errors."""
    windows: list[Window] = []

    def open_it(*, theme: str = "light", width: int = 1280, scripts: bool = True) -> Window:
        window = Window(browser, address, SCREENSHOTS, theme=theme, width=width, scripts=scripts)
        windows.append(window)
        return window

    yield open_it
    for window in windows:
        window.close()
    assert [error for window in windows for error in window.errors] == []
