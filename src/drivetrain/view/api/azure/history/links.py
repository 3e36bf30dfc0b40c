"""Links to single files, for clients that send no token with them: signed, for one file, one right and one day."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from drivetrain.view.api.azure.edge import Edge

_SECONDS = 24 * 3600


class Right(StrEnum):
    """What a link is good for."""

    READ = "r"
    WRITE = "w"


class Link(Struct, frozen=True):
    """A file of a run, and what may be done with it."""

    experiment: str
    run: str
    name: str
    right: Right


def link_token(edge: Edge, experiment: str, run: str, name: str, right: Right) -> str:
    """What a link ends with: everything it says, and the signature of this home."""
    until = int(edge.clock.now().timestamp()) + _SECONDS
    said = _encoded(json.dumps([experiment, run, name, str(right), until]).encode())
    return f"{said}.{_encoded(_signature(edge, said))}"


def read_token(edge: Edge, token: str) -> Link:
    """The link that a token means. Raises HTTPException 403 for one that is altered, or too old."""
    said, _, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode(), _encoded(_signature(edge, said)).encode()):
        raise HTTPException(403, "The signature of this link is wrong.")
    experiment, run, name, right, until = json.loads(base64.urlsafe_b64decode(said + "=="))
    if until <= edge.clock.now().timestamp():
        raise HTTPException(403, "This link is too old: ask for a new one.")
    return Link(experiment, run, name, Right(right))


def _signature(edge: Edge, said: str) -> bytes:
    return hmac.new(edge.link_key, f"run file:{said}".encode("utf-8", "surrogateescape"), hashlib.sha256).digest()


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
