"""What `/swagger.json` says: the description that a deployment has, as OpenAPI 3 or, as Azure's server does without
`?version=3`, as Swagger 2.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from drivetrain.serve.front.call import Answer
from drivetrain.serve.front.http_link import HttpLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.serve.front.fleet import Fleet

PATH = b"/swagger.json"
SECONDS = 5.0
OK = 200
JSON = "application/json"
SECURITY = {"Bearer": {"type": "apiKey", "name": "Authorization", "in": "header"}}


async def document(fleet: Fleet, query: bytes) -> Answer | None:
    """The description; a server of the user's is asked for its own. None when there is none."""
    wanted = parse_qs(query.decode("latin-1")).get("version", ["2"])[0]
    described = fleet.launch.openapi
    if described:
        return Answer(OK, msgspec.json.encode(described if wanted == "3" else second(described)))
    for link in fleet.links:
        if isinstance(link, HttpLink):
            try:
                answer = await link.got(PATH, query, SECONDS)
            except (OSError, TimeoutError):
                continue
            return answer if answer.status == OK else None
    return None


def second(third: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAPI 3 document as Swagger 2, as far as descriptions of models need it: JSON bodies and schemas.

    https://spec.openapis.org/oas/v2.0
    """
    made: dict[str, Any] = {"swagger": "2.0", "info": third.get("info", {}), "consumes": [JSON], "produces": [JSON]}
    made["paths"] = {
        path: {method: _operation(operation) for method, operation in methods.items() if isinstance(operation, dict)}
        for path, methods in third.get("paths", {}).items()
    }
    made["definitions"] = third.get("components", {}).get("schemas", {})
    made["securityDefinitions"] = SECURITY
    renamed: dict[str, Any] = _renamed(made)
    return renamed


def _operation(third: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: deepcopy(value) for key, value in third.items() if key not in {"requestBody", "responses"}}
    body = third.get("requestBody")
    if body:
        schema = _schema(body)
        made["parameters"] = [{"name": "body", "in": "body", "required": True, "schema": schema}]
    made["responses"] = {status: _response(each) for status, each in third.get("responses", {}).items()}
    return made


def _response(third: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"description": third.get("description", "")}
    if third.get("content"):
        made["schema"] = _schema(third)
    return made


def _schema(third: Mapping[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = third.get("content", {}).get(JSON, {}).get("schema", {})
    return schema


def _renamed(value: Any) -> Any:
    """With references where definitions lie in Swagger 2."""
    if isinstance(value, dict):
        return {key: _renamed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if isinstance(value, str):
        return value.replace("#/components/schemas/", "#/definitions/")
    return value
