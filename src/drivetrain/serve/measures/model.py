"""What fronts count and write down of the requests that they answer. Frozen values."""

from __future__ import annotations

from msgspec import Struct

from drivetrain.serve.model import Tally


class Minute(Struct, frozen=True):
    """What a deployment has answered in one minute."""

    endpoint: str
    deployment: str
    at: str
    """The minute's begin: ISO 8601, UTC."""
    tally: Tally


class Exchange(Struct, frozen=True, gc=False):
    """One request that was answered, as a front hands it to whoever observes."""

    id: str
    """`x-ms-request-id`, which the caller was told."""
    deployment: str
    model: str
    """NAME:VERSION; empty for none."""
    status: int
    seconds: float
    """From the last byte of the request to the first of the answer."""
    queued: float
    """Seconds of these in which it waited for a replica."""
    asked: bytes
    answered: bytes
    mirrored: bool = False
    """It is a copy, whose answer nobody got."""
    disagrees: bool = False
    """It is a copy, and its answer was another than the one that the caller got."""
    trace: str = ""
    """The request's `traceparent`, if it had one. https://www.w3.org/TR/trace-context/"""
