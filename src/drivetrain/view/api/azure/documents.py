"""JSON bodies, read strictly: whatever is no JSON object of reasonable size is answered with 400 or 413."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from drivetrain.errors import UserError

MOST_BYTES = 16 * 1024 * 1024
MOST_CHARACTERS = 8000
"""Of a text that becomes a tag: MLflow's own limit."""


async def whole_body(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body, if it is not larger than `most` bytes. Raises HTTPException 413."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > most:
            raise HTTPException(413, f"The body is larger than {most} bytes.")
    return bytes(found)


async def _document(request: Request) -> dict[str, Any]:
    return parsed(await whole_body(request))


Document = Annotated[dict[str, Any], Depends(_document)]


def parsed(body: bytes) -> dict[str, Any]:
    """A JSON object, empty without a body. Raises UserError for anything else."""
    found = unicode_json(body) if body.strip() else {}
    if not isinstance(found, dict):
        raise UserError("the body is not a JSON object")
    return found


def unicode_json(body: bytes) -> Any:
    """JSON whose texts are Unicode: no lone surrogates, no NUL. Raises UserError."""
    try:
        found = json.loads(body)
        if b"\\u" in body:
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise UserError(f"the body is not JSON: {error}") from error
    if b"\\u0000" in body:
        raise UserError("the body has a text with a NUL in it")
    return found


async def _text_list(request: Request) -> list[str]:
    found = unicode_json(await whole_body(request))
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise UserError("the body is not a list of texts")
    return found


TextList = Annotated[list[str], Depends(_text_list)]


def text(body: dict[str, Any], key: str, default: str = "") -> str:
    """The text at a key; `default` without one, or when it is null. Raises UserError when it is something else."""
    found = body.get(key)
    if found is None:
        return default
    if not isinstance(found, str) or "\0" in found or len(found) > MOST_CHARACTERS:
        raise UserError(f"'{key}' must be a text of at most {MOST_CHARACTERS} characters")
    return found


def texts(body: dict[str, Any], key: str) -> dict[str, str]:
    """The mapping from text to text at a key; null counts as an empty text. Raises UserError when it is something
    else.
    """
    found = body.get(key) or {}
    if not isinstance(found, dict):
        raise UserError(f"'{key}' must be an object with texts")
    return {name: value if isinstance(value, str) else _plain(value) for name, value in found.items()}


def _plain(value: Any) -> str:
    return "" if value is None else json.dumps(value)


def mapping(body: dict[str, Any], key: str) -> dict[str, Any]:
    """The object at a key, empty when it is not there. Raises UserError when it is something else."""
    found = body.get(key) or {}
    if not isinstance(found, dict):
        raise UserError(f"'{key}' must be an object")
    return found


def listed(body: dict[str, Any], key: str) -> list[Any]:
    """The list at a key, empty when it is not there. Raises UserError when it is something else."""
    found = body.get(key) or []
    if not isinstance(found, list):
        raise UserError(f"'{key}' must be a list")
    return found


def objects(body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The list of objects at a key, empty when it is not there. Raises UserError when it is something else."""
    found = listed(body, key)
    if not all(isinstance(each, dict) for each in found):
        raise UserError(f"'{key}' must be a list of objects")
    return found


def utc(milliseconds: int) -> str:
    """A time as Azure writes it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def milliseconds(value: object) -> int | None:
    """The time that such a text means, since 1970; None when it is none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        found = datetime.fromisoformat(value)
        return max(0, int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None
