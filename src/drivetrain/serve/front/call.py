"""One request on its way through the front, and its answer."""

from __future__ import annotations

from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"


class Answer(Struct, frozen=True, gc=False):
    """What a caller is told."""

    status: int
    body: bytes
    kind: bytes = JSON
    """Content type."""
    model_status: int = 0
    """What the model said, when the caller is told another status."""
    reason: bytes = b""
    """Of an answer that is not the model's: `too_many_pending_request`, `model_not_ready`, `model_error`."""
    lines: bytes = b""
    """More header lines, each with its end."""


class Identities:
    """Makes request ids: GUIDs whose last part counts, as 20,000 random ones a second would cost too much."""

    def __init__(self) -> None:
        random = token_hex(10)
        self._begin = f"{random[:8]}-{random[8:12]}-4{random[13:16]}-8{random[17:20]}-"
        self._numbers = count(1)

    def __call__(self) -> str:
        """One that nobody else has."""
        return f"{self._begin}{next(self._numbers):012x}"


class Call:
    """One request. `then` gets its answer, exactly once."""

    __slots__ = (
        "alone",
        "answered",
        "body",
        "deployment",
        "headers",
        "id",
        "method",
        "path",
        "query",
        "queued",
        "queued_at",
        "reply",
        "sent_at",
        "served",
        "started",
        "then",
        "tries",
        "twin",
    )

    def __init__(self, method: bytes, path: bytes, query: bytes, headers: dict[bytes, bytes], started: float) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        """By name in lower case; of those that came twice the last, and none that must not."""
        self.body = b""
        self.started = started
        """When it was all there; seconds of the loop's clock, as all times here."""
        self.id = ""
        self.deployment = ""
        self.served: Any
        """The Served of that deployment."""
        self.queued_at = started
        """Since when it waits for a replica."""
        self.queued = 0.0
        self.sent_at = 0.0
        """When a replica had it first; 0 before that."""
        self.tries = 0
        self.alone = False
        """It was there when a replica died: it is tried again with no other beside it, lest it take those with it."""
        self.answered = False
        self.twin = ""
        """The deployment that is to get a copy of it."""
        self.then: Callable[[Call, Answer], None]
        self.reply: Callable[[Call, Answer], None]
        """Writes to the caller; `then` may be somebody between."""

    def answer(self, answer: Answer) -> None:
        """Tell the caller, unless that was done."""
        if not self.answered:
            self.answered = True
            self.then(self, answer)

    def copy(self) -> Call:
        """The same question, to be asked somebody else."""
        made = Call(self.method, self.path, self.query, self.headers, self.started)
        made.body, made.id = self.body, self.id
        return made
