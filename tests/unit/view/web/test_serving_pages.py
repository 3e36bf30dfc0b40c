"""Pages of endpoints and models, without a browser: what they refuse, and where they find nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from drivetrain.view.web.app import create_app
from tests.browser.story_models import MODEL
from tests.browser.story_serving import ENDPOINT, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from starlette.types import ASGIApp

    from tests.browser.world import World

    ClientOf = Callable[[ASGIApp], httpx.Client]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CHANGES = [
    f"/endpoints/{PLAIN}/traffic",
    f"/endpoints/{PLAIN}/rollback",
    f"/endpoints/{PLAIN}/keys",
    f"/endpoints/{PLAIN}/try",
    f"/endpoints/{ENDPOINT}/releases/2/cancel",
    f"/models/{MODEL}/promote",
]


@pytest.mark.parametrize("path", CHANGES)
def test_no_other_site_may_change_or_see_anything(client: httpx.Client, story: World, path: str) -> None:
    assert story.serves is not None
    before = story.serves.endpoints.all(), list(story.models.promotions())
    answer = client.post(path, headers={"Origin": "https://evil.example", **FORM}, content="alias=champion&version=1")
    assert answer.status_code == 403
    assert (story.serves.endpoints.all(), list(story.models.promotions())) == before
    assert story.serves.releases.get(2).under_way


@pytest.mark.parametrize("path", CHANGES)
def test_changes_are_not_made_by_links(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code in {404, 405}


@pytest.mark.parametrize(
    "path",
    [
        "/endpoints/nope",
        f"/endpoints/{PLAIN}/logs/nope",
        f"/endpoints/{PLAIN}/releases/nope",
        f"/endpoints/{PLAIN}/releases/99999",
        f"/endpoints/{PLAIN}/releases/2",  # another endpoint's
        f"/endpoints/{PLAIN}/releases/{'9' * 30}",
        "/models/nope",
        f"/models/{MODEL}/versions/nope",
        f"/models/{MODEL}/compare?version=9&version=nope",
        "/lineage?of=nope",
    ],
)
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "there" in answer.text or "no version" in answer.text


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        (f"/endpoints/{PLAIN}/traffic", {"traffic:blue": "much"}, "no percent"),
        (f"/endpoints/{PLAIN}/traffic", {"traffic:blue": "101"}, "cannot have 101 percent"),
        (f"/endpoints/{PLAIN}/traffic", {"traffic:<b>": "100"}, "there is no deployment"),
        (f"/endpoints/{ENDPOINT}/traffic", {"traffic:blue": "100"}, "release"),
        (f"/models/{MODEL}/promote", {"alias": "<b>", "version": "9"}, "is no alias"),
        (f"/endpoints/{ENDPOINT}/try", {"field:0": "no number"}, "cycle holds"),
        (f"/endpoints/{ENDPOINT}/try", {"body": "{"}, "no JSON"),
        ("/endpoints/nobody-asks/try", {"body": "{}"}, "no deployment that could answer"),
    ],
)
def test_a_wrong_form_says_what_is_wrong(client: httpx.Client, path: str, fields: dict[str, str], said: str) -> None:
    answer = client.post(path, headers=FORM, content=urlencode(fields))
    assert said in answer.text.replace("&#39;", "'")
    assert "<b>" not in answer.text


def test_a_form_that_is_too_large_is_not_taken(client: httpx.Client) -> None:
    answer = client.post(f"/endpoints/{ENDPOINT}/try", headers=FORM, content="body=" + "x" * 3_100_000)
    assert answer.status_code == 400
    assert "too large" in answer.text


@pytest.mark.parametrize("versions", ["", "version=9", "version=9&version=8&version=7"])
def test_exactly_two_versions_are_compared(client: httpx.Client, versions: str) -> None:
    answer = client.get(f"/models/{MODEL}/compare?{versions}")
    assert answer.status_code == 400
    assert "Choose exactly two" in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, "9999"])
def test_odd_pages_are_pages(client: httpx.Client, page: str) -> None:
    assert client.get(f"/endpoints/{ENDPOINT}/history?page={page}").status_code == 200
    assert client.get(f"/models/{MODEL}?page={page}").status_code == 200


def test_figures_are_those_of_the_front(client: httpx.Client) -> None:
    found = client.get(f"/endpoints/{ENDPOINT}/figures").json()
    assert found["deployments"]["green"]["requests"] == 20480
    assert client.get("/endpoints/odd-one/figures").json() == {"started": "", "deployments": {}}


def test_a_server_that_serves_nothing_says_so(story: World, client_of: ClientOf) -> None:
    client = client_of(create_app(replace(story.site(), serves=None, registry=None)))
    assert "Nothing is live yet" in client.get("/").text
    assert "No endpoints yet" in client.get("/endpoints").text
    assert "No models yet" in client.get("/models").text
    assert {client.get(path).status_code for path in ("/endpoints/shop", "/models/churn", "/lineage?of=churn")} == {404}


def test_no_key_is_in_any_page_but_that_of_keys(client: httpx.Client, story: World) -> None:
    assert story.serves is not None
    keys = story.serves.endpoints.keys(PLAIN)
    for path in ("/", "/endpoints", f"/endpoints/{PLAIN}", f"/endpoints/{PLAIN}/history"):
        assert not any(key in client.get(path).text for key in keys)
    answer = client.post(f"/endpoints/{PLAIN}/keys")
    assert all(key in answer.text for key in keys)
    assert answer.headers["cache-control"] == "no-store"
