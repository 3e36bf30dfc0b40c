"""The organization: where its resources are, who asks, its projects and their teams."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from drivetrain.run.predefined import guid
from drivetrain.view.api.azure.identity.authority import object_id
from drivetrain.view.api.azure.identity.model import Principal
from drivetrain.view.api.devops.access import LinksOf, PrincipalOf, ServicesOf, scope_of
from drivetrain.view.api.devops.bodies import MOST
from drivetrain.view.api.devops.errors import no_project
from drivetrain.view.api.devops.links import Links, page_of
from drivetrain.view.api.devops.locations import LOCATIONS
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject, all_projects, find_project

router = APIRouter(tags=["organization"])
Top = Annotated[int | None, Query(alias="$top", ge=0, le=MOST)]
Skip = Annotated[int, Query(alias="$skip", ge=0, le=MOST)]


@router.options("/_apis")
def locations() -> dict[str, Any]:
    """Where each resource is. Needs no token, as on Azure: it says nothing about anybody."""
    return page_of([each.document() for each in LOCATIONS])


@router.get("/_apis/resourceareas")
def areas(principal: PrincipalOf) -> dict[str, Any]:
    """None: every area is here, at the organization's own address."""
    del principal
    return page_of([])


@router.get("/_apis/resourceareas/{area}")
def area(principal: PrincipalOf, links: LinksOf, area: str) -> dict[str, Any]:
    """Any of them is here."""
    del principal
    return {"id": area, "name": "", "locationUrl": links.collection()}


@router.get("/_apis/connectiondata")
def connection(principal: PrincipalOf, links: LinksOf) -> dict[str, Any]:
    """Who asks, and of what."""
    user = {"id": object_id(principal), "providerDisplayName": principal.name, "isActive": True, "properties": {}}
    return {
        "authenticatedUser": user,
        "authorizedUser": user,
        "instanceId": guid("collection", links.host),
        "deploymentId": guid("deployment", links.host),
        "deploymentType": "onPremises",
        "locationServiceData": {
            "serviceOwner": guid("owner", ""),
            "defaultAccessMappingMoniker": "PublicAccessMapping",
        },
    }


@router.get("/_apis/profile/profiles/{who}")
def profile(principal: PrincipalOf, who: str) -> dict[str, Any]:
    """Who asks (`me`); nobody else is known."""
    found = object_id(principal)
    if who.lower() not in {"me", found}:
        raise no_project(who)
    return {"displayName": principal.name, "publicAlias": found, "id": found, "emailAddress": "", "coreRevision": 1}


@router.get("/_apis/projectcollections")
def collections(principal: PrincipalOf, links: LinksOf) -> dict[str, Any]:
    """The only one."""
    del principal
    return page_of([_collection(links)])


@router.get("/_apis/projectcollections/{collection}")
def one_collection(principal: PrincipalOf, links: LinksOf, collection: str) -> dict[str, Any]:
    """The only one, by whatever name."""
    del principal, collection
    return {**_collection(links), "state": "started"}


def _collection(links: Links) -> dict[str, Any]:
    name = links.prefix.strip("/") or "drivetrain"
    return {"id": guid("collection", links.collection()), "name": name, "url": links.api("projectCollections")}


@router.get("/_apis/projects")
def projects(services: ServicesOf, principal: PrincipalOf, links: LinksOf, top: Top = None, skip: Skip = 0) -> Any:
    """Those that whoever asks may see."""
    found = visible(services, principal)[skip:]
    return page_of([links.project(each) for each in found[:top]])


def visible(services: Services, principal: Principal) -> list[TeamProject]:
    """The projects that somebody may see."""
    own = scope_of(services, principal)
    return [own] if own is not None else all_projects(services.site)


@router.get("/_apis/projects/{project}")
def one_project(services: ServicesOf, principal: PrincipalOf, links: LinksOf, project: str) -> dict[str, Any]:
    """One project, by its name or id."""
    found = _seen(services, principal, project)
    return {
        **links.project(found),
        "defaultTeam": _team(links, found),
        "_links": {"self": {"href": links.api(f"projects/{found.id}")}, "web": {"href": links.page("projects")}},
        "capabilities": {
            "versioncontrol": {"sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False"},
            "processTemplate": {"templateName": "Basic", "templateTypeId": guid("process", "Basic")},
        },
    }


def _seen(services: Services, principal: Principal, project: str) -> TeamProject:
    own = scope_of(services, principal)
    found = find_project(services.site, project)
    if own is not None and own.id != found.id:
        raise no_project(project)
    return found


@router.get("/_apis/projects/{project}/teams")
def teams(services: ServicesOf, principal: PrincipalOf, links: LinksOf, project: str) -> dict[str, Any]:
    """The only team of a project."""
    return page_of([_team(links, _seen(services, principal, project))])


@router.get("/_apis/projects/{project}/teams/{team}")
def one_team(services: ServicesOf, principal: PrincipalOf, links: LinksOf, project: str, team: str) -> dict[str, Any]:
    """The only team of a project, by its name or id."""
    found = _team(links, _seen(services, principal, project))
    if team.lower() not in {found["id"], found["name"].lower()}:
        raise no_project(team)
    return found


@router.get("/_apis/teams")
def all_teams(services: ServicesOf, principal: PrincipalOf, links: LinksOf) -> dict[str, Any]:
    """One of each project."""
    return page_of([_team(links, each) for each in visible(services, principal)])


def _team(links: Links, project: TeamProject) -> dict[str, Any]:
    who = guid("team", project.name)
    return {
        "id": who,
        "name": f"{project.name} Team",
        "description": "The owner of this home.",
        "projectId": project.id,
        "projectName": project.name,
        "url": links.api(f"projects/{project.id}/teams/{who}"),
    }
