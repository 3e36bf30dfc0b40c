"""Addresses and references that answers are full of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct

from drivetrain.run.predefined import guid
from drivetrain.view.api.devops.paths import PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from drivetrain.view.api.devops.teams import TeamProject

NOBODY = "00000000-0000-0000-0000-000000000000"


class Links(Struct, frozen=True):
    """Makes addresses with the host and organization that the request came by."""

    host: str
    """`http://127.0.0.1:8674`."""
    prefix: str = ""
    """`/ORGANIZATION`, or empty."""

    @classmethod
    def of(cls, request: Request) -> Links:
        """Those of a request."""
        return cls(f"{request.url.scheme}://{request.url.netloc}", request.scope.get(PREFIX, ""))

    def api(self, path: str, project: TeamProject | None = None) -> str:
        """An address below `_apis`, of a project by its id."""
        return f"{self.host}{self.path(path, project)}"

    def path(self, path: str, project: TeamProject | None = None) -> str:
        """Its path alone."""
        return f"{self.prefix}{f'/{project.id}' if project else ''}/_apis/{path}"

    def page(self, path: str) -> str:
        """One of our own pages."""
        return f"{self.host}/{path}"

    def collection(self) -> str:
        """The organization's address."""
        return f"{self.host}{self.prefix}/"

    def project(self, project: TeamProject) -> dict[str, Any]:
        """A reference to a project."""
        found: dict[str, Any] = {
            "id": project.id,
            "name": project.name,
            "url": self.api(f"projects/{project.id}"),
            "state": "wellFormed",
            "revision": 1,
            "visibility": "private",
            "lastUpdateTime": project.project.created_at if project.project else None,
        }
        return {name: value for name, value in found.items() if value is not None}

    def identity(self, name: str) -> dict[str, Any]:
        """A reference to somebody; the same for the same name as `Build.RequestedForId`."""
        who = guid("identity", name)
        return {
            "displayName": name,
            "url": self.api(f"identities/{who}"),
            "id": who,
            "uniqueName": name,
            "descriptor": f"svc.{who}",
        }


def segment(text: str) -> str:
    """A name as one segment of an address."""
    return quote(text, safe="")


def page_of(values: Sequence[Any]) -> dict[str, Any]:
    """A list as Azure answers it."""
    return {"count": len(values), "value": list(values)}


def without_nothing(found: dict[str, Any]) -> dict[str, Any]:
    """Without what has no value: Azure leaves it out."""
    return {name: value for name, value in found.items() if value is not None and value != ""}
