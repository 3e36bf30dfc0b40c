"""Endpoints and releases in our own API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.view.serving.ports import Answered, Serves
from drivetrain.view.web.app import create_app
from tests.unit.serve.home import ServingHome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from starlette.types import ASGIApp

    from tests.browser.world import World

API = "/api/v1"
OTHER_SITE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def home(tmp_path: Path) -> ServingHome:
    return ServingHome(tmp_path)


@pytest.fixture
def api(home: ServingHome, story: World, client_of: Callable[[ASGIApp], httpx.Client]) -> httpx.Client:
    serves = Serves(home.endpoints, home.releases, home.fronts, home.verbs, lambda *_: Answered(200, "", 0.0))
    return client_of(create_app(replace(story.site(), serves=serves)))


def test_a_release_is_begun_followed_and_undone(api: httpx.Client, home: ServingHome) -> None:
    home.live("m:1")
    begun = api.post(f"{API}/endpoints/shop/deploy", json={"model": "m:2", "steps": [50, 100], "watch": 2})
    assert begun.status_code == 201
    number = begun.json()["id"]
    assert api.get(f"{API}/endpoints/shop").json()["release"]["id"] == number
    again = api.post(f"{API}/endpoints/shop/deploy", json={"model": "m:3"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    home.to_the_end(home.releases.get(number))
    told = api.get(f"{API}/releases/{number}").json()
    assert (told["state"], told["percent"], told["steps"], told["before"]) == (
        "finished",
        100,
        [50, 100],
        {"blue": 100},
    )
    assert api.post(f"{API}/endpoints/shop/rollback").json()["traffic"] == {"blue": 100}
    kinds = [each["kind"] for each in api.get(f"{API}/endpoints/shop/history", params={"limit": 2}).json()["entries"]]
    assert kinds == ["rollback", "release.finished"]
    assert [each["id"] for each in api.get(f"{API}/endpoints/shop/releases").json()["releases"]] == [number, 1]


def test_an_endpoint_is_told_whole_and_without_secrets(api: httpx.Client, home: ServingHome) -> None:
    assert api.get(f"{API}/endpoints").json() == {"endpoints": []}
    api.post(f"{API}/endpoints/shop/deploy", json={"model": "m", "variables": {"KEY": "s3cret"}})
    home.to_the_end(home.releases.get(1))
    found = api.get(f"{API}/endpoints/SHOP")
    (blue,) = found.json()["deployments"]
    assert (blue["name"], blue["state"], blue["model"], blue["traffic"]) == ("blue", "Succeeded", "m:1", 100)
    assert (blue["variables"], [each["state"] for each in blue["replicas"]]) == (["KEY"], ["ready"])
    assert "s3cret" not in found.text
    assert api.get(f"{API}/endpoints").json()["endpoints"][0]["url"].startswith("http://127.0.0.1:")


def test_traffic_is_changed_or_refused_by_name(api: httpx.Client, home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    changed = api.post(f"{API}/endpoints/shop/traffic", json={"traffic": {"blue": 90, "green": 10}})
    assert changed.json()["traffic"] == {"blue": 90, "green": 10}
    refused = api.post(f"{API}/endpoints/shop/traffic", json={"traffic": {"blue": 90}})
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "the traffic adds up to 90%")
    assert api.post(f"{API}/endpoints/none/traffic", json={"traffic": {}}).status_code == 404


def test_a_release_is_canceled(api: httpx.Client, home: ServingHome) -> None:
    release = home.deploy("m:1")
    assert api.post(f"{API}/releases/{release.id}/cancel").json()["state"] == "failed"
    assert api.post(f"{API}/releases/{release.id}/cancel").status_code == 409
    assert api.get(f"{API}/releases/99").status_code == 404


@pytest.mark.parametrize("wrong", [{}, {"model": "m", "runtime": "magic"}, {"model": "m", "steps": [1] * 50}])
def test_what_is_wrong_with_a_wish_is_said(api: httpx.Client, wrong: dict[str, object]) -> None:
    assert api.post(f"{API}/endpoints/shop/deploy", json=wrong).status_code in {400, 422}


@pytest.mark.parametrize("verb", ["traffic", "rollback", "deploy"])
def test_another_site_changes_nothing(api: httpx.Client, home: ServingHome, verb: str) -> None:
    home.live("m:1")
    home.live("m:2")
    body = {"traffic": {"blue": 100}, "model": "m:3"}
    assert api.post(f"{API}/endpoints/shop/{verb}", json=body, headers=OTHER_SITE).status_code == 403
    assert home.traffic == {"green": 100}
