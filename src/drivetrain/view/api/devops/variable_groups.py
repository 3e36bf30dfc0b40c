"""Variable groups. A secret is never shown; what changes a group leaves those alone that it gives no value for.

https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Any

from fastapi import APIRouter, Query

from drivetrain.errors import UserError
from drivetrain.run.library.model import Edit, Item, ItemKind
from drivetrain.view.api.devops.access import LinksOf, Number, OwnerOnly, ProjectOf, ServicesOf
from drivetrain.view.api.devops.bodies import Fields
from drivetrain.view.api.devops.builds import Document, Top
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.links import Links, page_of, without_nothing
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.shelf_items import items, number_of, numbered, owner_of
from drivetrain.view.api.devops.teams import TeamProject, all_projects, find_project

router = APIRouter(tags=["variable groups"])
KIND = ItemKind.VARIABLE_GROUP
PATH = "/_apis/distributedtask/variablegroups"
WHAT = "Variable group"


def _shape(links: Links, project: TeamProject, item: Item) -> dict[str, Any]:
    reference = {"projectReference": {"id": project.id, "name": project.name}, "name": item.name}
    return without_nothing(
        {
            "id": number_of(item),
            "name": item.name,
            "description": item.description,
            "type": "AzureKeyVault" if item.data.get("vault") else "Vsts",
            "variables": {
                each.name: {"value": None, "isSecret": True} if each.secret else {"value": each.value}
                for each in item.values
            },
            "providerData": {"vault": item.data["vault"]} if item.data.get("vault") else None,
            "isShared": not item.project,
            "createdBy": links.identity(item.created_by),
            "createdOn": item.created_at,
            "modifiedBy": links.identity(item.updated_by or item.created_by),
            "modifiedOn": item.updated_at or item.created_at,
            "variableGroupProjectReferences": [{**reference, "description": item.description}],
        }
    )


@router.get("/{project}" + PATH)
def list_groups(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    name: Annotated[str, Query(alias="groupName")] = "*",
    ids: Annotated[str, Query(alias="groupIds")] = "",
    top: Top = 1000,
) -> dict[str, Any]:
    """The groups that pipelines of the project find; `groupName` may have `*`."""
    wanted = {each.strip() for each in ids.split(",") if each.strip()}
    found = [
        each
        for each in items(services, KIND, project)
        if fnmatchcase(each.name.lower(), name.lower() or "*") and (not wanted or str(number_of(each)) in wanted)
    ]
    return page_of([_shape(links, project, each) for each in found[:top]])


@router.get("/{project}" + PATH + "/{number}")
def get_group(services: ServicesOf, project: ProjectOf, links: LinksOf, number: Number) -> dict[str, Any]:
    """One of them."""
    return _shape(links, project, numbered(items(services, KIND, project), number, WHAT))


@router.post(PATH, dependencies=[OwnerOnly])
def add_group(services: ServicesOf, links: LinksOf, body: Document) -> dict[str, Any]:
    """Make a group, for the project that `variableGroupProjectReferences` names."""
    given = Fields(body)
    return _add(services, links, _referenced(services, given), given)


@router.post("/{project}" + PATH, dependencies=[OwnerOnly])
def add_group_of(services: ServicesOf, project: ProjectOf, links: LinksOf, body: Document) -> dict[str, Any]:
    """Make a group of a project: the address of older clients."""
    return _add(services, links, project, Fields(body))


def _add(services: Services, links: Links, project: TeamProject, given: Fields) -> dict[str, Any]:
    made = services.site.library.add(KIND, given.text("name"), _edit(given, None), owner_of(project))
    return _shape(links, project, made)


def _referenced(services: Services, given: Fields) -> TeamProject:
    for each in given.items("variableGroupProjectReferences"):
        reference = Fields(each, "variableGroupProjectReferences").fields("projectReference")
        return find_project(services.site, reference.text("id") or reference.text("name"))
    raise UserError("variableGroupProjectReferences names no project", hint="give one projectReference with its id")


@router.put(PATH + "/{number}", dependencies=[OwnerOnly])
def change_group(services: ServicesOf, links: LinksOf, number: Number, body: Document) -> dict[str, Any]:
    """Make a group what the body says: variables that it does not name go."""
    project, item = _anywhere(services, number)
    return _change(services, links, project, item, Fields(body))


@router.put("/{project}" + PATH + "/{number}", dependencies=[OwnerOnly])
def change_group_of(
    services: ServicesOf, project: ProjectOf, links: LinksOf, number: Number, body: Document
) -> dict[str, Any]:
    """The same, by the address of older clients."""
    item = numbered(items(services, KIND, project), number, WHAT)
    return _change(services, links, project, item, Fields(body))


def _anywhere(services: Services, number: int) -> tuple[TeamProject, Item]:
    item = numbered(list(services.site.library.items(KIND)), number, WHAT)
    for project in all_projects(services.site):
        if owner_of(project) == item.project:
            return project, item
    return TeamProject(item.project or "home"), item


def _change(services: Services, links: Links, project: TeamProject, item: Item, given: Fields) -> dict[str, Any]:
    if given.text("name", item.name) != item.name:
        raise UserError("a variable group cannot be renamed", hint="make another, and delete this one")
    return _shape(links, project, services.site.library.change(KIND, item.id, _edit(given, item), item.project))


def _edit(given: Fields, before: Item | None) -> Edit:
    """What is to become of a group. A secret without a value stays as it was."""
    if given.text("type", "Vsts").lower() != "vsts":
        raise UserError("a group on a key vault cannot be made here", hint="drivetrain variable-group create --vault")
    variables = given.fields("variables")
    plain, secret, kept = {}, {}, set()
    for name in variables.names():
        each = variables.fields(name)
        if not each.flag("isSecret"):
            plain[name] = each.text("value")
        elif "value" in each:
            secret[name] = each.text("value")
        else:
            kept.add(name.lower())
    gone = [value.name for value in (before.values if before else ())]
    named = {name.lower() for name in (*plain, *secret)} | kept
    description = given.text("description") if "description" in given else None
    remove = tuple(name for name in gone if name.lower() not in named) if "variables" in given else ()
    return Edit(description=description, plain=plain, secret=secret, remove=remove)


@router.delete(PATH + "/{number}", status_code=204, dependencies=[OwnerOnly])
def remove_group(services: ServicesOf, number: Number, projectIds: str = "") -> None:  # noqa: N803 - a query
    """Forget a group. `projectIds` says of which projects: a group has one."""
    project, item = _anywhere(services, number)
    wanted = {each.strip().lower() for each in projectIds.split(",") if each.strip()}
    if wanted and not wanted & {project.id, project.name.lower()}:
        raise UnknownError(f"{WHAT} with id {number} is not one of these projects.", "VariableGroupNotFoundException")
    services.site.library.remove(KIND, item.id, item.project)


@router.delete("/{project}" + PATH + "/{number}", status_code=204, dependencies=[OwnerOnly])
def remove_group_of(services: ServicesOf, project: ProjectOf, number: Number) -> None:
    """The same, by the address of older clients."""
    item = numbered(items(services, KIND, project), number, WHAT)
    services.site.library.remove(KIND, item.id, item.project)
