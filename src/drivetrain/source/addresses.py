"""The address of a repository by the type and name that a pipeline file gives it, and two that are of one. Pure.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository#types
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from drivetrain.errors import UnavailableError, UserError
from drivetrain.source.git import is_local, without_credentials
from drivetrain.source.subversion import is_subversion

if TYPE_CHECKING:
    from collections.abc import Mapping

AZURE_REPOS = "git"
HOSTS: Mapping[str, str] = {"github": "https://github.com", "bitbucket": "https://bitbucket.org"}
"""Where the repositories of a type are, unless settings say otherwise. The other types have no one place."""
TYPES = frozenset({AZURE_REPOS, "github", "githubenterprise", "bitbucket"})

_OWNER_AND_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*/[A-Za-z0-9_.][A-Za-z0-9_.-]*")
_NOT_IN_AZURE_NAMES = frozenset('\\:*?"<>|')


def address(kind: str, name: str, hosts: Mapping[str, str]) -> str:
    """The URL of a repository.

    Raises:
        UserError: no repository of this type can have that name, or there is no such type.
        UnavailableError: nobody said where the host is.
    """
    kind = kind.lower()
    if kind not in TYPES:
        raise UserError(f"{kind!r} is no type of repository", hint=f"there are {', '.join(sorted(TYPES))}")
    parts = _azure_parts(name) if kind == AZURE_REPOS else _owner_and_name(kind, name)
    base = ({**HOSTS, **hosts}.get(kind) or "").rstrip("/")
    if not base:
        raise UnavailableError("nobody said where its host is", hint=f"set {kind} in [repository_hosts] of config.toml")
    return _azure_address(base, parts) if kind == AZURE_REPOS else f"{base}/{name}"


def plain_address(url: str) -> str:
    """The same for all ways to write one repository's URL. Hosts of git take names in any case; folders do not."""
    plain = without_credentials(url).rstrip("/").removesuffix(".git")
    return plain if is_local(url) or is_subversion(url) else plain.lower()


def _owner_and_name(kind: str, name: str) -> list[str]:
    parts = name.split("/")
    if not _OWNER_AND_NAME.fullmatch(name) or {".", ".."} & set(parts):
        raise UserError(f"{name!r} is no name of a repository of type {kind}", hint="write OWNER/REPOSITORY")
    return parts


def _azure_parts(name: str) -> list[str]:
    parts = name.split("/")
    if len(parts) > 2 or not all(map(_is_azure_part, parts)):  # noqa: PLR2004 - a project and a repository
        raise UserError(
            f"{name!r} is no name of a repository of type git (Azure Repos)", hint="write PROJECT/REPOSITORY"
        )
    return parts


def _is_azure_part(part: str) -> bool:
    return bool(part) and part.isprintable() and not _NOT_IN_AZURE_NAMES & set(part) and part not in {".", ".."}


def _azure_address(base: str, parts: list[str]) -> str:
    """`base` is the organization; where it also names the project, names without one are of that project."""
    *named, repository = (quote(part, safe="") for part in parts)
    organization, own = _organization_and_project(base)
    project = named[0] if named else own
    if not project:
        hint = "write PROJECT/REPOSITORY, or put the project behind `git` in [repository_hosts] of config.toml"
        raise UnavailableError("nobody said in which project it is", hint=hint)
    return f"{organization}/{project}/_git/{repository}"


def _organization_and_project(base: str) -> tuple[str, str]:
    """https://learn.microsoft.com/azure/devops/extend/develop/work-with-urls"""
    url = urlsplit(base)
    host, folders = url.hostname or "", [part for part in url.path.split("/") if part]
    organization = [] if host.endswith(".visualstudio.com") else folders[:1]
    if host != "dev.azure.com" and organization:
        return base, ""  # a server of one's own: what is a collection and what a project cannot be told
    return (base.rpartition("/")[0], folders[-1]) if len(folders) == len(organization) + 1 else (base, "")
