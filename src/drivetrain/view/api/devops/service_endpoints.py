"""Service connections, as endpoints: what they are, never their secrets.

https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from drivetrain.run.library.checking import DATA
from drivetrain.run.library.model import Item, ItemKind
from drivetrain.view.api.devops.access import LinksOf, ProjectOf, ServicesOf
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.links import Links, page_of
from drivetrain.view.api.devops.shelf_items import items
from drivetrain.view.api.devops.teams import TeamProject

router = APIRouter(prefix="/{project}/_apis/serviceendpoint/endpoints", tags=["service connections"])
KIND = ItemKind.SERVICE_CONNECTION


def _shape(links: Links, project: TeamProject, item: Item) -> dict[str, Any]:
    reference = {"projectReference": {"id": project.id, "name": project.name}, "name": item.name}
    return {
        "id": item.id,
        "name": item.name,
        "type": item.data.get("type", ""),
        "url": item.data.get("url", ""),
        "description": item.description,
        "authorization": {
            "scheme": item.data.get("scheme", ""),
            "parameters": {each.name: None if each.secret else each.value for each in item.values},
        },
        "data": {name.removeprefix(DATA): value for name, value in item.data.items() if name.startswith(DATA)},
        "createdBy": links.identity(item.created_by),
        "isReady": True,
        "isShared": not item.project,
        "owner": "Library",
        "operationStatus": {"state": "Ready", "statusMessage": ""},
        "serviceEndpointProjectReferences": [{**reference, "description": item.description}],
    }


@router.get("")
def list_endpoints(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    type: str = "",  # noqa: A002 - a query
    endpointNames: str = "",  # noqa: N803 - a query
    endpointIds: str = "",  # noqa: N803 - a query
) -> dict[str, Any]:
    """Those that pipelines of the project find."""
    names, ids = _listed(endpointNames), _listed(endpointIds)
    found = [
        each
        for each in items(services, KIND, project)
        if (not type or each.data.get("type", "").lower() == type.lower())
        and (not names or each.name.lower() in names)
        and (not ids or each.id.lower() in ids)
    ]
    return page_of([_shape(links, project, each) for each in found])


def _listed(text: str) -> set[str]:
    return {each.strip().lower() for each in text.split(",") if each.strip()}


@router.get("/{endpoint}")
def get_endpoint(services: ServicesOf, project: ProjectOf, links: LinksOf, endpoint: str) -> dict[str, Any]:
    """One of them, by its id."""
    for each in items(services, KIND, project):
        if each.id.lower() == endpoint.lower():
            return _shape(links, project, each)
    raise UnknownError(f"Service connection {endpoint} does not exist.", "ServiceEndpointNotFoundException")
