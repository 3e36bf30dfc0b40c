from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

ROOT = Path(__file__).parents[4]
sys.path.insert(0, str(ROOT))

from drivetrain.view.web.app import create_app  # noqa: E402 - the storybook is found by the line above
from tests.browser.serving import serving  # noqa: E402 - see above
from tests.browser.storybook import build  # noqa: E402 - see above

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from tests.browser.world import World


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="session")
def client(story: World) -> Iterator[httpx.Client]:
    with serving(create_app(story.site())) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client


@pytest.fixture
def client_of() -> Iterator[Callable[[ASGIApp], httpx.Client]]:
    """Serves an application of the test's own."""
    with ExitStack() as stack:

        def serve(app: ASGIApp) -> httpx.Client:
            address = stack.enter_context(serving(app))
            return stack.enter_context(httpx.Client(base_url=address, timeout=20))

        yield serve
