"""A front's counts are kept by difference."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import FixedClock
from drivetrain.errors import UnavailableError
from drivetrain.serve.measures.minutes import MinuteKeeper
from drivetrain.serve.model import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.serve.measures.model import Minute

CLOCK = FixedClock(datetime(2026, 1, 2, 3, 4, 55, tzinfo=UTC))


class Kept:
    """Keeps them in memory, unless it is told to fail."""

    def __init__(self) -> None:
        self.minutes: list[Minute] = []
        self.fails = False

    def add(self, minutes: Sequence[Minute]) -> None:
        if self.fails:
            raise UnavailableError("no")
        self.minutes += minutes

    def of(self, endpoint: str, since: str, until: str = "") -> Sequence[Minute]:
        return [each for each in self.minutes if each.endpoint == endpoint and since <= each.at < (until or "3")]

    def thin_out(self, before: str) -> None:
        self.minutes = [each for each in self.minutes if each.at >= before]


def test_only_what_is_new_is_kept() -> None:
    kept = Kept()
    keeper = MinuteKeeper("churn", kept, CLOCK)
    for _ in range(2):
        keeper.look({"blue": Tally(2, slower_than=(2, 0))})
    keeper.look({"blue": Tally(5, slower_than=(4, 1)), "green": Tally()})
    assert [(each.deployment, each.at, each.tally.requests) for each in kept.minutes] == [
        ("blue", "2026-01-02T03:04:00.000Z", 2),
        ("blue", "2026-01-02T03:04:00.000Z", 3),
    ]


def test_what_could_not_be_kept_comes_with_the_next_look() -> None:
    kept = Kept()
    keeper = MinuteKeeper("churn", kept, CLOCK)
    kept.fails = True
    with pytest.raises(UnavailableError):
        keeper.look({"blue": Tally(2)})
    kept.fails = False
    keeper.look({"blue": Tally(3)})
    assert [each.tally.requests for each in kept.minutes] == [3]
