from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.serving.live import Live, frames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """An endpoint with a deployment `blue` that has all traffic, for tests that change nothing."""
    with closing(Live(tmp_path_factory.mktemp("home"))) as live:
        live.deploy("blue", frames("blue", openapi=OPENAPI))
        live.deploy("green", frames("green"))
        live.traffic(blue=100)
        live.ready("blue")
        live.ready("green")
        yield live


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """An endpoint with nothing yet."""
    with closing(Live(tmp_path)) as live:
        yield live


OPENAPI = {
    "openapi": "3.0.3",
    "info": {"title": "taxi", "version": "1"},
    "paths": {
        "/score": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Input"}}}},
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {}}}}},
            }
        }
    },
    "components": {"schemas": {"Input": {"type": "object"}}},
}
