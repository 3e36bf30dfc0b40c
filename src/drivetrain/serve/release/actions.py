"""What a release may do next. Frozen values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.serve.model import Deployment, Status, Wanted


class Wait(Struct, frozen=True):
    """Nothing yet."""

    why: str
    """For people: `2 of 3 replicas are ready`, `10% for 4 s more`."""


class Warm(Struct, frozen=True):
    """It is prepared: wait for its replicas from now on."""


class Smoke(Struct, frozen=True):
    """Its replicas are ready: send it the model's own example."""


class Mirror(Struct, frozen=True):
    """Give it copies of so many percent of the requests."""

    percent: int


class Shift(Struct, frozen=True):
    """Go to this step."""

    step: int
    traffic: Mapping[str, int]
    """100 together."""


class Finish(Struct, frozen=True):
    """It has all traffic, and does well."""


class Back(Struct, frozen=True):
    """Give the traffic back, as it was."""

    reason: str


class Fail(Struct, frozen=True):
    """It never had any traffic: leave everything as it is."""

    reason: str


Action = Wait | Warm | Smoke | Mirror | Shift | Finish | Back | Fail


class Smoked(Struct, frozen=True):
    """What came of the smoke test."""

    problem: str = ""
    """Empty when the answer was none of an error."""


class Facts(Struct, frozen=True):
    """What is known when the next action is chosen; what happened while it was gathered is in none of them."""

    wanted: Wanted
    deployment: Deployment | None
    """The one that is released; None when it is gone."""
    status: Status | None
    """Of the front; None when it does not answer."""
    smoked: Smoked | None = None
    """None when it has not been tried yet."""
