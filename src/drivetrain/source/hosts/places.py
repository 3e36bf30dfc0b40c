"""Where the API of a host is, what its service connections are like, and which rights they need. One table.

The rights are in the host's own words, so that they can be found on its pages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from drivetrain.errors import UserError
from drivetrain.source.hosts.model import HostKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEGMENT = r"[^/\s\\:*?\"<>|#%&{}]+"
_OWNER_AND_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


class Place(NamedTuple):
    """What is particular to one host."""

    title: str
    site: str
    """Where its pages are; empty where everybody has their own."""
    api: str
    """Its API; where people run the host themselves, the path below the site's address."""
    names: re.Pattern[str]
    """What a repository is called."""
    named: str
    """The same for people."""
    connection: str
    """The type of service connection that signs in to it."""
    token_page: str
    """Where a token is made, below the site's address."""
    rights: tuple[str, ...]
    own_connection: str = ""
    """The type of service connection for one that people run themselves, where it is another."""


PLACES: Mapping[HostKind, Place] = {
    HostKind.GITHUB: Place(
        title="GitHub",
        site="https://github.com",
        api="/api/v3",
        names=_OWNER_AND_NAME,
        named="OWNER/REPOSITORY",
        connection="github",
        token_page="/settings/personal-access-tokens",  # noqa: S106 - a page
        rights=(
            "Contents: read",
            "Metadata: read",
            "Commit statuses: write",
            "Pull requests: write",
            "Webhooks: write",
        ),
        own_connection="githubenterprise",
    ),
    HostKind.AZURE_REPOS: Place(
        title="Azure Repos",
        site="https://dev.azure.com",
        api="",
        names=re.compile(rf"{_SEGMENT}/{_SEGMENT}/{_SEGMENT}"),
        named="ORGANIZATION/PROJECT/REPOSITORY",
        connection="externaltfs",
        token_page="/_usersSettings/tokens",  # noqa: S106 - a page
        rights=("Code: read & write", "Code: status", "Project and team: read, write & manage"),
    ),
    HostKind.BITBUCKET: Place(
        title="Bitbucket Cloud",
        site="https://bitbucket.org",
        api="https://api.bitbucket.org/2.0",
        names=_OWNER_AND_NAME,
        named="WORKSPACE/REPOSITORY",
        connection="bitbucket",
        token_page="/account/settings/",  # noqa: S106 - a page
        rights=("Repositories: write", "Pull requests: write", "Webhooks: read and write"),
    ),
    HostKind.GITLAB: Place(
        title="GitLab",
        site="https://gitlab.com",
        api="/api/v4",
        names=re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+"),
        named="GROUP/PROJECT",
        connection="externalgit",
        token_page="/-/user_settings/personal_access_tokens",  # noqa: S106 - a page
        rights=("api", "the role Maintainer, for webhooks"),
    ),
    HostKind.GITEA: Place(
        title="Gitea or Forgejo",
        site="",
        api="/api/v1",
        names=_OWNER_AND_NAME,
        named="OWNER/REPOSITORY",
        connection="externalgit",
        token_page="/user/settings/applications",  # noqa: S106 - a page
        rights=("repository: read and write", "issue: read and write", "user: read"),
    ),
}


def site_of(kind: HostKind, url: str = "") -> str:
    """The address of the host's pages. Raises UserError when it has no usual one and none is given, or for no URL."""
    place = PLACES[kind]
    site = (url or place.site).rstrip("/")
    parts = urlsplit(site)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        what = f"{url!r} is not the address of a host" if url else f"nobody said where {place.title} is"
        raise UserError(what, hint="--url https://git.example.com")
    return site


def api_of(kind: HostKind, url: str = "") -> str:
    """The base of the host's API. Raises UserError as `site_of`."""
    site, place = site_of(kind, url), PLACES[kind]
    if kind is HostKind.GITHUB and site == place.site:
        return "https://api.github.com"
    if place.api.startswith("https://"):
        return place.api if site == place.site else site
    return site + place.api


def checked_repository(kind: HostKind, name: str) -> str:
    """The name of a repository, when it is one. Raises UserError."""
    place = PLACES[kind]
    clean = name.strip().strip("/").removesuffix(".git")
    parts = clean.split("/")
    if not place.names.fullmatch(clean) or {".", ".."} & set(parts) or any(part.startswith("-") for part in parts):
        raise UserError(f"{name!r} is no repository of {place.title}", hint=f"write {place.named}")
    return clean


def connection_type(kind: HostKind, site: str) -> str:
    """The type of service connection for the host at an address."""
    place = PLACES[kind]
    return place.connection if site == place.site or not place.own_connection else place.own_connection


def token_scheme(connection: str) -> tuple[str, str]:
    """How a type of service connection signs in by a token alone: its scheme, and the parameter that holds it."""
    return _TOKENS.get(connection, ("UsernamePassword", "password"))


_TOKENS = {
    "github": ("PersonalAccessToken", "accessToken"),
    "githubenterprise": ("Token", "apitoken"),
    "bitbucket": ("Token", "apitoken"),
    "externaltfs": ("Token", "apitoken"),
}
