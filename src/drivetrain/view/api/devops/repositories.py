"""The git repository of a project: branches, files, commits; to be read only.

https://learn.microsoft.com/rest/api/azure/devops/git
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from drivetrain.run.predefined import guid
from drivetrain.view.api.devops.access import LinksOf, PrincipalOf, ProjectOf, ServicesOf
from drivetrain.view.api.devops.build_logs import JSON, wants
from drivetrain.view.api.devops.builds import Top
from drivetrain.view.api.devops.definitions import repository
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.links import Links, page_of
from drivetrain.view.api.devops.organization import Skip, visible
from drivetrain.view.api.devops.ports import CommitEntry, Repository, TreeEntry
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject

PATH = "/_apis/git/repositories"
router = APIRouter(tags=["git"])
LONGEST_PAGE = 1000


def _id(here: Repository) -> str:
    return guid("repository", here.url)


def _shape(links: Links, project: TeamProject, here: Repository) -> dict[str, Any]:
    return {
        "id": _id(here),
        "name": here.name,
        "url": links.api(f"git/repositories/{_id(here)}", project),
        "project": links.project(project),
        "defaultBranch": f"refs/heads/{here.branch}",
        "size": 0,
        "remoteUrl": here.url,
        "webUrl": links.page("projects"),
        "isDisabled": False,
        "isInMaintenance": False,
    }


@router.get(PATH)
def list_all(services: ServicesOf, principal: PrincipalOf, links: LinksOf) -> dict[str, Any]:
    """The repositories of every project that whoever asks may see."""
    found = [(each, repository(services, each)) for each in visible(services, principal)]
    return page_of([_shape(links, project, here) for project, here in found])


@router.get("/{project}" + PATH)
def list_repositories(services: ServicesOf, project: ProjectOf, links: LinksOf) -> dict[str, Any]:
    """The only one of a project."""
    return page_of([_shape(links, project, repository(services, project))])


def _named(services: Services, project: TeamProject, wanted: str) -> Repository:
    here = repository(services, project)
    if wanted.lower() not in {_id(here), here.name.lower(), project.name.lower()}:
        raise UnknownError(
            f"TF401019: The Git repository with name or identifier {wanted} does not exist or you do not have "
            "permissions for the operation you are attempting.",
            "GitRepositoryNotFoundException",
        )
    return here


@router.get("/{project}" + PATH + "/{repository}")
def get_repository(services: ServicesOf, project: ProjectOf, links: LinksOf, repository: str) -> dict[str, Any]:
    """It, by its name or id."""
    return _shape(links, project, _named(services, project, repository))


@router.get("/{project}" + PATH + "/{repository}/refs")
def list_refs(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    repository: str,
    filter: str = "",  # noqa: A002 - a query
    filterContains: str = "",  # noqa: N803 - a query
    top: Top = 10_000,
) -> dict[str, Any]:
    """Branches and tags; `filter` is how they begin behind `refs/`: `heads/main`."""
    here = _named(services, project, repository)
    found = [
        {
            "name": name,
            "objectId": sha,
            "creator": links.identity(services.site.owner),
            "url": links.api(f"git/repositories/{_id(here)}/refs?{urlencode({'filter': name[5:]})}", project),
        }
        for name, sha in sorted(services.sources.refs(here).items())
        if name.startswith(f"refs/{filter}") and filterContains in name
    ]
    return page_of(found[:top])


@router.get("/{project}" + PATH + "/{repository}/stats/branches")
def list_branches(
    services: ServicesOf, project: ProjectOf, links: LinksOf, repository: str, name: str = ""
) -> dict[str, Any]:
    """Branches with their newest commit; one of them by `name`."""
    here = _named(services, project, repository)
    refs = {ref.removeprefix("refs/heads/"): sha for ref, sha in services.sources.refs(here).items() if "heads/" in ref}
    if name and name not in refs:
        raise UnknownError(f"Branch {name} does not exist in {here.name}.", "GitUnresolvableToCommitException")
    found = [
        {
            "name": each,
            "commit": _commit(links, project, here, services.sources.commit(here, sha)),
            "aheadCount": 0,
            "behindCount": 0,
            "isBaseVersion": each == here.branch,
        }
        for each, sha in sorted(refs.items())
        if name in {"", each}
    ]
    return found[0] if name else page_of(found)


def _commit(links: Links, project: TeamProject, here: Repository, each: CommitEntry) -> dict[str, Any]:
    who = {"name": each.author, "email": each.email, "date": each.at}
    return {
        "commitId": each.sha,
        "author": who,
        "committer": who,
        "comment": each.message.strip(),
        "parents": list(each.parents),
        "url": links.api(f"git/repositories/{_id(here)}/commits/{each.sha}", project),
        "remoteUrl": here.url,
    }


@router.get("/{project}" + PATH + "/{repository}/commits")
def list_commits(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    repository: str,
    version: Annotated[str, Query(alias="searchCriteria.itemVersion.version")] = "",
    path: Annotated[str, Query(alias="searchCriteria.itemPath")] = "",
    top: Top = 100,
    skip: Skip = 0,
) -> dict[str, Any]:
    """The history of the default branch, or of another version; of a path where one is given."""
    here = _named(services, project, repository)
    found = services.sources.commits(here, version or here.branch, path.strip("/"), skip, min(top, LONGEST_PAGE))
    return page_of([_commit(links, project, here, each) for each in found])


@router.get("/{project}" + PATH + "/{repository}/commits/{commit}")
def get_commit(
    services: ServicesOf, project: ProjectOf, links: LinksOf, repository: str, commit: str
) -> dict[str, Any]:
    """One commit."""
    here = _named(services, project, repository)
    return _commit(links, project, here, services.sources.commit(here, commit))


@router.get("/{project}" + PATH + "/{repository}/items", response_model=None)
def get_items(  # noqa: PLR0917 - FastAPI passes them by name
    request: Request,
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    repository: str,
    path: str = "",
    scopePath: str = "",  # noqa: N803 - a query
    recursionLevel: str = "none",  # noqa: N803 - a query
    includeContent: bool = False,  # noqa: N803, FBT001, FBT002 - a query
    version: Annotated[str, Query(alias="versionDescriptor.version")] = "",
) -> dict[str, Any] | Response:
    """A file (`path`), as it is or described; or what is in a folder (`scopePath`, with `recursionLevel`)."""
    here = _named(services, project, repository)
    at = version or request.query_params.get("version") or here.branch
    if path and not wants(request, JSON):
        data = services.sources.read(here, at, path)
        return Response(data, media_type="application/octet-stream")
    entries = services.sources.tree(here, at, (path or scopePath).strip("/"), deep=recursionLevel.lower() == "full")
    commit = services.sources.commit(here, at).sha
    if path and recursionLevel.lower() == "none":
        found = _item(links, project, here, entries[0], commit)
        text = services.sources.read(here, at, path).decode("utf-8", "replace") if includeContent else None
        return {**found, "content": text} if text is not None and not entries[0].folder else found
    shown = entries if recursionLevel.lower() != "none" else entries[:1]
    return page_of([_item(links, project, here, each, commit) for each in shown])


def _item(links: Links, project: TeamProject, here: Repository, each: TreeEntry, commit: str) -> dict[str, Any]:
    path = f"/{each.path}"
    found = {
        "objectId": each.sha,
        "gitObjectType": "tree" if each.folder else "blob",
        "commitId": commit,
        "path": path,
        "url": links.api(f"git/repositories/{_id(here)}/items?{urlencode({'path': path})}", project),
    }
    return {**found, "isFolder": True} if each.folder else found
