"""A browser window that notes what goes wrong in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page

HEIGHTS = {375: 740, 1280: 800, 1600: 900}


SECONDS = 60.0


def until(page: Page, expression: str) -> Any:
    """What a JavaScript expression gives as soon as it holds: Playwright's waiting needs eval(), which pages forbid."""
    deadline = time.monotonic() + SECONDS
    while not (value := page.evaluate(expression)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{expression} did not come true in {SECONDS:g} s")
        page.wait_for_timeout(15)
    return value


class Window:
    """A page of its own context, with the errors of its console."""

    def __init__(
        self, browser: Browser, address: str, screenshots: Path, *, theme: str, width: int, scripts: bool
    ) -> None:
        self._context = browser.new_context(
            color_scheme=cast("Literal['light', 'dark']", theme),
            viewport={"width": width, "height": HEIGHTS[width]},
            java_script_enabled=scripts,
        )
        self._screenshots = screenshots
        self._address = address
        self._look = f"{theme}-{width}{'' if scripts else '-plain'}"
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(60_000)
        self.errors: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "404 (Not Found)" not in message.text:
            self.errors.append(message.text)

    def visit(self, path: str) -> Page:
        self.page.goto(self._address + path, wait_until="load")
        return self.page

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)

    def shoot(self, name: str) -> Path:
        self._screenshots.mkdir(parents=True, exist_ok=True)
        path = self._screenshots / f"{name}-{self._look}.png"
        self.page.screenshot(path=path)
        return path

    def take_errors(self) -> list[str]:
        """The errors since the last time."""
        errors, self.errors = self.errors, []
        return errors

    def close(self) -> None:
        self._context.close()
