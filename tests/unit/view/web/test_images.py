"""Badges and pictures: who sees them, and how they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.view.access import Access
from drivetrain.view.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from starlette.types import ASGIApp

    from tests.browser.world import World

TOKEN = "t" * 40
SIGNED_IN = {"Authorization": f"Bearer {TOKEN}"}


class Pictures:
    """One run has a picture."""

    def picture(self, run_id: int, key: str) -> str | None:
        return "<svg/>" if (run_id, key) == (1, "good") else None


def served(story: World, client_of: Callable[[ASGIApp], httpx.Client], *, badges: bool) -> httpx.Client:
    site = replace(story.site(), badges=badges, pictures=Pictures())
    return client_of(create_app(site, guard=Access(TOKEN).guard))


def project_of(story: World) -> str:
    return str(story.site().projects.projects()[0].project.name)


def test_badges_are_for_who_signs_in_unless_they_are_public(
    story: World, client_of: Callable[[ASGIApp], httpx.Client]
) -> None:
    name = project_of(story)
    private, public = (served(story, client_of, badges=badges) for badges in (False, True))
    assert private.get(f"/badges/{name}.svg").status_code == 401
    assert private.get(f"/badges/{name}.svg", headers=SIGNED_IN).status_code == 200
    seen = public.get(f"/badges/{name}.svg")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/svg+xml")
    assert f">{name}</text>" in seen.text
    assert seen.headers["cache-control"] == "no-cache"
    assert seen.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "sandbox" in seen.headers["content-security-policy"]
    assert public.get("/runs").status_code == 401


def test_a_badge_that_has_not_changed_is_not_sent_again(
    story: World, client_of: Callable[[ASGIApp], httpx.Client]
) -> None:
    public = served(story, client_of, badges=True)
    first = public.get(f"/badges/{project_of(story)}.svg")
    again = public.get(f"/badges/{project_of(story)}.svg", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = public.get(f"/badges/{project_of(story)}.svg", params={"branch": "no-such-branch"})
    assert "never built" in other.text
    assert other.headers["etag"] != first.headers["etag"]


def test_a_badge_takes_a_label_and_nothing_in_it_is_markup(
    story: World, client_of: Callable[[ASGIApp], httpx.Client]
) -> None:
    public = served(story, client_of, badges=True)
    seen = public.get(f"/badges/{project_of(story)}.svg", params={"label": "</text><script>"})
    assert "&lt;/text&gt;&lt;script&gt;" in seen.text
    assert "<script" not in seen.text
    assert public.get("/badges/nobody.svg").status_code == 404


def test_pictures_are_for_who_knows_their_address(story: World, client_of: Callable[[ASGIApp], httpx.Client]) -> None:
    client = served(story, client_of, badges=False)
    seen = client.get("/answers/good/1.svg?v=1")
    assert (seen.status_code, seen.text) == (200, "<svg/>")
    assert "immutable" in seen.headers["cache-control"]
    for wrong in ("/answers/bad/1.svg", "/answers/good/2.svg", "/answers/good/x.svg", "/answers/good/-1.svg"):
        assert client.get(wrong).status_code == 404
    assert client.get("/answers/good/1").status_code == 401


def test_the_page_of_a_project_has_the_badge_to_paste(
    story: World, client_of: Callable[[ASGIApp], httpx.Client]
) -> None:
    private, public = (served(story, client_of, badges=badges) for badges in (False, True))
    name = project_of(story)
    seen = private.get(f"/projects/{name}", headers=SIGNED_IN).text
    base = str(private.base_url).rstrip("/")
    assert f"[![Build status]({base}/badges/{name}.svg)]({base}/projects/{name})" in seen
    assert "Only who signs in sees it" in seen
    assert "Only who signs in sees it" not in public.get(f"/projects/{name}", headers=SIGNED_IN).text
