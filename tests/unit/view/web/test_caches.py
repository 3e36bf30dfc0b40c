"""What a run's page and the API say of caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.model import Result, Timeline
from drivetrain.view.web.app import create_app
from tests.browser.story_runs import TRAIN, a_run
from tests.browser.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from starlette.types import ASGIApp

RUN = 4


@pytest.fixture
def client(tmp_path: Path, client_of: Callable[[ASGIApp], httpx.Client]) -> httpx.Client:
    world = World(tmp_path)
    world.add(Timeline(a_run(RUN, "With caches", Result.SUCCEEDED)))
    where = {"stage": TRAIN.stage, "job": TRAIN.job, "leg": "", "attempt": 1, "step": 2}
    for told in (
        {**where, "key": 'pip|"<Linux>"', "word": "inexact", "size": 2048},
        {**where, "key": 'pip|"<Linux>"', "word": "saved", "size": 0},
        {**where, "key": "x", "word": "stolen", "size": 0},
        {"nonsense": 1},
    ):
        world.happen(RUN, "cache.used", lambda timeline: timeline, **told)
    return client_of(create_app(world.site()))


def test_the_api_lists_what_was_found_and_kept(client: httpx.Client) -> None:
    found = client.get(f"/api/v1/runs/{RUN}/caches").json()
    assert [(each["word"], each["size"], each["step"]) for each in found] == [("inexact", 2048, 2), ("saved", 0, 2)]
    assert client.get("/api/v1/runs/99/caches").status_code == 404


def test_the_page_shows_them_in_words(client: httpx.Client) -> None:
    page = client.get(f"/runs/{RUN}").text
    assert "found one like it, 2" in page
    assert "kept for later runs" in page
    assert "&lt;Linux&gt;" in page
