"""JSON bodies of requests: bounded, and of the types that everything behind counts on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from drivetrain.errors import UserError

MOST = 4 * 1024 * 1024
"""Azure Resource Manager's own limit.
https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits"""


async def bounded(request: Request, most: int = MOST) -> bytes:
    """The body, read until there is more than is allowed. Raises HTTPException 413."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise HTTPException(413, f"The body of a request may have {most} bytes at most.")
        parts.append(part)
    return b"".join(parts)


async def read_body(request: Request) -> dict[str, Any]:
    """The body as an object; empty when there is none. Raises UserError when it is anything else."""
    text = await bounded(request)
    try:
        body = msgspec.json.decode(text) if text.strip() else {}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UserError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise UserError("the body must be a JSON object")
    return body


BodyOf = Annotated[dict[str, Any], Depends(read_body)]


def object_at(body: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """The object at a path of a body; empty where nothing is there. Raises UserError when it is no object."""
    found: Any = body
    for place, key in enumerate(path):
        found = found.get(key)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise UserError(f"{'.'.join(path[: place + 1])} must be an object")
    return dict(found)


def text_at(body: Mapping[str, Any], *path: str) -> str:
    """The text at a path of a body; empty where nothing is there. Raises UserError when it is no text."""
    found = object_at(body, *path[:-1]).get(path[-1])
    if found is not None and not isinstance(found, str):
        raise UserError(f"{'.'.join(path)} must be a text")
    return found or ""


def whole_at(body: Mapping[str, Any], *path: str, default: int = 0) -> int:
    """The whole number at a path of a body. Raises UserError when it is none, or below zero."""
    found = object_at(body, *path[:-1]).get(path[-1])
    if found is None:
        return default
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= 1_000_000:  # noqa: PLR2004 - an upper bound for counts of anything
        raise UserError(f"{'.'.join(path)} must be a whole number from 0 to 1000000")
    return found


def texts_at(body: Mapping[str, Any], *path: str) -> dict[str, str]:
    """The object of texts at a path of a body: tags, properties. Numbers and truth values become texts, as some clients
    send them plain; what is null is left out. Raises UserError.
    """
    found = object_at(body, *path)
    for key, value in found.items():
        if isinstance(value, dict | list):
            raise UserError(f"{'.'.join(path)}.{key[:80]} must be a text")
    texts = {key: value for key, value in found.items() if value is not None}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in texts.items()}


def checked_body(body: Mapping[str, Any], texts: tuple[str, ...] = ("tags",)) -> dict[str, Any]:
    """The body of a resource, with what every resource has being of the right type; `texts` are those of its
    properties that hold texts by name. Raises UserError.
    """
    properties = object_at(body, "properties")
    for name in texts:
        if name in properties:
            properties[name] = texts_at(properties, name)
    text_at(properties, "description")
    kept: dict[str, Any] = {"properties": properties}
    if "tags" in body:
        kept["tags"] = texts_at(body, "tags")
    for name in ("identity", "sku"):
        if body.get(name) is not None:
            kept[name] = object_at(body, name)
    for name in ("location", "kind"):
        if body.get(name) is not None:
            kept[name] = text_at(body, name)
    return kept


def merged(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The body after a JSON merge patch. https://www.rfc-editor.org/rfc/rfc7396"""
    result = dict(old)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            before = result.get(key)
            result[key] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[key] = value
    return result
