"""The Try port: a request of somebody who looks at the pages, through the endpoint's own front, with its key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError, UserError
from drivetrain.view.serving.ports import MOST_ANSWERED, MOST_ASKED, Answered
from drivetrain.wire.serving.asking import DEPLOYMENT_HEADER, answer_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPResponse

    from drivetrain.serve.model import Endpoint
    from drivetrain.serve.ports import Endpoints, Fronts

SECONDS = 60.0
"""So long an answer is waited for, from the first byte to the last."""
CHUNK = 65536
REQUEST_ID = "x-ms-request-id"


class TryFront:
    """Any thread may call it. Every request is one connection, which lasts no longer than SECONDS."""

    def __init__(
        self, endpoints: Endpoints, fronts: Fronts, secret: Callable[[Endpoint], str], seconds: float = SECONDS
    ) -> None:
        self._endpoints = endpoints
        self._fronts = fronts
        self._secret = secret
        self._seconds = seconds

    def __call__(self, endpoint: str, body: bytes, deployment: str = "") -> Answered:
        """The answer, or why there is none. Raises NotFoundError, UserError when the body is too large."""
        if len(body) > MOST_ASKED:
            raise UserError(f"{len(body)} bytes are too many to be tried here", hint="curl has no such limit")
        found = self._endpoints.get(endpoint)
        status = self._fronts.status(found.name)
        if status is None:
            return Answered(0, "", 0.0, problem="its front does not run; the server starts it again within seconds")
        return self._ask(status.url, self._secret(found), body, deployment)

    def _ask(self, url: str, secret: str, body: bytes, deployment: str) -> Answered:
        begun = time.monotonic()
        try:
            with answer_of(url, secret, deployment, body, self._seconds) as answer:
                seconds = time.monotonic() - begun
                text = self._read(answer, begun)
        except UnavailableError as error:
            return Answered(0, "", time.monotonic() - begun, problem=error.message[:300])
        said = {name: (answer.getheader(name) or "")[:100] for name in (DEPLOYMENT_HEADER, REQUEST_ID)}
        shown = text[:MOST_ANSWERED].decode("utf-8", "replace")
        cut = len(text) > MOST_ANSWERED
        return Answered(answer.status, shown, seconds, said[DEPLOYMENT_HEADER], said[REQUEST_ID], cut)

    def _read(self, answer: HTTPResponse, begun: float) -> bytes:
        """As much of the body as is shown, and one byte more; raises TimeoutError when that takes too long."""
        found = bytearray()
        while len(found) <= MOST_ANSWERED and (part := answer.read1(CHUNK)):
            found += part
            if time.monotonic() - begun > self._seconds:
                raise TimeoutError
        return bytes(found)
