"""Asks an endpoint for a prediction, as its owner."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.wire.serving.asking import MOST_BYTES, AskFront
from drivetrain.wire.serving.serving import fronts_of, secret_of

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.serve.model import Endpoint
    from drivetrain.wire.storage import Storage

FAILED = 400


class Invoked(Struct, frozen=True):
    """What was answered."""

    status: int
    body: bytes
    seconds: float

    def text(self) -> str:
        """The body, with nothing in it that moves a cursor: JSON is written so."""
        try:
            return json.dumps(json.loads(self.body), ensure_ascii=not sys.stdout.isatty())
        except ValueError:
            text = self.body.decode("utf-8", "replace")
            return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)

    def document(self) -> dict[str, Any]:
        """For JSON."""
        try:
            body = json.loads(self.body)
        except ValueError:
            body = self.body.decode("utf-8", "replace")
        return {"status": self.status, "seconds": round(self.seconds, 6), "body": body}


def body_of(storage: Storage, endpoint: Endpoint, file: Path | None, data: str, deployment: str) -> bytes:
    """What is sent: the file, the text, or the model's own example. Raises UserError."""
    if file is not None and data:
        raise UserError("the body is in FILE or in --data, not in both")
    if data:
        return data.encode()
    if file is not None:
        return _read(file)
    return _example(storage, endpoint, deployment)


def _read(file: Path) -> bytes:
    try:
        body = sys.stdin.buffer.read(MOST_BYTES + 1) if str(file) == "-" else file.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {file}") from error
    except OSError as error:
        raise UnavailableError(f"cannot read {file}: {error.strerror}") from error
    if len(body) > MOST_BYTES:
        raise UserError(f"{file} is too large for a request", hint=f"{MOST_BYTES} bytes at most")
    return body


def _example(storage: Storage, endpoint: Endpoint, deployment: str) -> bytes:
    known = storage.endpoints.wanted(endpoint.name).deployments
    asked = [each for each in known if each.name.lower() == deployment.lower()] if deployment else known
    examples = [each.launch.example for each in asked if each.launch is not None and each.launch.example]
    if not examples:
        hint = "give a FILE, or --data '{\"input_data\": [[1, 2, 3]]}'"
        raise UserError("the model has no example that could be sent", hint=hint)
    live = [
        each for each in asked if endpoint.traffic.get(each.name) and each.launch is not None and each.launch.example
    ]
    return (live[0].launch.example if live and live[0].launch is not None else examples[0]).encode()


def invoke(storage: Storage, endpoint: Endpoint, body: bytes, deployment: str, seconds: float) -> Invoked:
    """Ask, and measure. Raises UnavailableError when there is no answer."""
    name = storage.endpoints.deployment(endpoint.name, deployment).name if deployment else ""
    ask = AskFront(fronts_of(storage), lambda found: secret_of(storage, found))
    began = time.perf_counter()
    status, answer = ask(endpoint, name, body, seconds=seconds)
    return Invoked(status, answer, time.perf_counter() - began)
