"""An endpoint as Azure's own YAML has it -> what is to be made, or all that is wrong with it, with places.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-endpoint-online
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.problems import Problems
from drivetrain.definition.schema import Place
from drivetrain.definition.shape import choice, fields, string, texts
from drivetrain.errors import DefinitionError
from drivetrain.serve.model import AuthMode, Endpoint
from drivetrain.wire.serving.azure_file import tree_of

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.lang.tree import Node

AUTH = {"key": AuthMode.KEY, "aml_token": AuthMode.ISSUED, "aad_token": AuthMode.ENTRA}
KEYS = (
    "$schema name description tags properties auth_mode compute identity kind location provisioning_state "
    "public_network_access traffic mirror_traffic"
)
ENDPOINT = Place("an endpoint", frozenset(KEYS.split()))


def endpoint_of(path: Path, name: str = "") -> Endpoint:
    """The endpoint of a file, called `name` where that is given. Traffic is for deployments, of which a new endpoint
    has none: it is not taken. Raises DefinitionError with all that is wrong, NotFoundError, UnavailableError.
    """
    problems = Problems()
    root = tree_of(path, "an endpoint")
    found = _read(root, name, problems)
    if problems.errors:
        raise DefinitionError(problems.sorted())
    return found


def _read(root: Node, name: str, problems: Problems) -> Endpoint:
    given = fields(root, ENDPOINT, problems)
    called = name or string(given.get("name"), "name", problems).strip()
    if not (called or problems.errors):
        problems.error(root, "the endpoint has no name", code="empty", hint="name: NAME, or name it before --file")
    for key in ("traffic", "mirror_traffic"):
        if texts(given.get(key), key, problems):
            hint = "deploy first; then: drivetrain traffic NAME blue=90 green=10"
            problems.error(given[key], f"{key}: a new endpoint has no deployments", code="too-early", hint=hint)
    auth = choice(given.get("auth_mode"), "auth_mode", AUTH, problems) or "key"
    return Endpoint(called, auth=AUTH.get(auth, AuthMode.KEY), body=_body(given, problems))


def _body(given: dict[str, Node], problems: Problems) -> dict[str, object]:
    """As Azure's clients send it."""
    tags, properties = (
        {key: value.value for key, value in texts(given.get(title), title, problems).items()}
        for title in ("tags", "properties")
    )
    described = {"description": string(given.get("description"), "description", problems), "properties": properties}
    kept = {"tags": tags, "properties": {key: value for key, value in described.items() if value}}
    return {key: value for key, value in kept.items() if value}
