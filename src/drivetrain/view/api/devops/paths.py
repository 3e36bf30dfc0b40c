"""The addresses of Azure DevOps: `[/ORGANIZATION][/PROJECT[/TEAM]]/_apis/...`, their fixed words in any case.

Everything of a home is one organization, so any name is taken for it. Routes see `[/PROJECT]/_apis/...` with fixed
words in lower case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.view.api.mlflow.asgi import Application, Receive, Scope, Send

APIS = "_apis"
PREFIX = "drivetrain.devops_prefix"
"""The key of a request's scope for the organization as it was asked for: `/ORGANIZATION`, or empty."""
_DEEPEST = 3
_OF_THE_ORGANIZATION = frozenset(
    {"", "projects", "resourceareas", "connectiondata", "projectcollections", "process", "public", "teams", "profile"}
)
"""First words of what no project has: a single name in front of them is the organization's."""
_POOLS = ["distributedtask", "pools"]
_NOT_OURS = ("/mlflow/", "/static/", "/api/v1/")
_OF_THE_EDGE = "/oidctoken"
"""Federated tokens of service connections: an address of Azure DevOps that the Azure edge serves itself."""


def is_devops(path: str) -> bool:
    """Whether an address is one of Azure DevOps."""
    parts = path.split("/")[1 : _DEEPEST + 2]
    return (
        APIS in [part.lower() for part in parts] and not path.startswith(_NOT_OURS) and not path.endswith(_OF_THE_EDGE)
    )


class Address:
    """An address taken apart."""

    def __init__(self, path: str) -> None:
        parts = [part for part in path.split("/") if part]
        at = next((index for index, part in enumerate(parts) if part.lower() == APIS), len(parts))
        before, self.rest = parts[:at], parts[at + 1 :]
        words = [part.lower() for part in self.rest[:2]]
        if len(before) > 1 or (before and (("".join(words[:1]) in _OF_THE_ORGANIZATION) or words == _POOLS)):
            self.organization, below = before[0], before[1:]
        else:
            self.organization, below = "", before
        self.project = below[0] if below else ""


def with_devops_paths(application: Application, templates: Sequence[str]) -> Application:
    """The application, whose routes (`templates`) see addresses without an organization, and fixed words as they spell
    them.
    """
    known = [template.split(f"/{APIS}/", 1)[-1].split("/") for template in templates if f"/{APIS}/" in template]

    async def rewritten(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            address = Address(scope["path"])
            path = "/".join(["", *([address.project] if address.project else []), APIS, *spelled(address.rest, known)])
            prefix = f"/{address.organization}" if address.organization else ""
            scope = {**scope, "path": path, "raw_path": None, "root_path": "", PREFIX: prefix}
        await application(scope, receive, send)

    return rewritten


def spelled(parts: list[str], templates: Sequence[list[str]]) -> list[str]:
    """The parts with fixed words as the first template that they fit spells them; values stay as they are."""
    for template in templates:
        if len(template) == len(parts) and all(
            word.startswith("{") or word == part.lower() for word, part in zip(template, parts, strict=True)
        ):
            return [part if word.startswith("{") else word for word, part in zip(template, parts, strict=True)]
    return parts
