"""What the pages of endpoints need from outside. Every text in it is hostile: views escape."""

from __future__ import annotations

from collections.abc import Callable, Sequence  # noqa: TC003 - msgspec reads it
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from drivetrain.serve.measures.ports import Minutes
    from drivetrain.serve.ports import Endpoints, Fronts, Releases, Serving

MOST_ASKED = 1_000_000
"""Bytes of a body that somebody tries an endpoint with."""
MOST_ANSWERED = 256_000
"""Bytes of an answer that are shown."""


class Answered(Struct, frozen=True):
    """What an endpoint said to somebody who tried it."""

    status: int
    """HTTP's; 0 when there was no answer."""
    body: str
    """At most MOST_ANSWERED bytes, repaired to valid text."""
    seconds: float
    deployment: str = ""
    """Which one answered, as far as the answer says it."""
    request_id: str = ""
    cut: bool = False
    """The answer was longer."""
    problem: str = ""
    """Why there was no answer."""


class Try(Protocol):
    """Asks an endpoint as a caller with its key would (tests/unit/wire/test_trying.py)."""

    def __call__(self, endpoint: str, body: bytes, deployment: str = "") -> Answered:
        """The answer, of one deployment when that is named; bounded in time and size. Raises NotFoundError when there
        is no such endpoint, UserError when the body is too large.
        """
        ...


class Serves(Struct, frozen=True):
    """All that pages read and change of endpoints."""

    endpoints: Endpoints
    releases: Releases
    fronts: Fronts
    verbs: Serving
    ask: Try
    minutes: Minutes | None = None
    """None where nothing is measured by minute."""
    progress: Callable[[str, str], Sequence[str]] = lambda _endpoint, _deployment: ()
    """What is being done, or was, to prepare a deployment: line by line."""
