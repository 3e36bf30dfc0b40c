"""Brings what a front counts to where it is kept, by difference: the front's hot path only counts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.serve.measures.model import Minute
from drivetrain.serve.model import Tally
from drivetrain.serve.tallies import all_since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.clock import Clock
    from drivetrain.serve.measures.ports import Minutes

LOOK_SECONDS = 5.0
"""How old the newest figures of a chart may be. A front that is kill -9ed loses no more than these of its counts."""


class MinuteKeeper:
    """Keeps what one front has answered. Call `look` every LOOK_SECONDS, and once when it ends; any thread may."""

    def __init__(self, endpoint: str, minutes: Minutes, clock: Clock) -> None:
        self._endpoint = endpoint
        self._minutes = minutes
        self._clock = clock
        self._told: Mapping[str, Tally] = {}
        self._one_at_a_time = threading.Lock()

    def look(self, tallies: Mapping[str, Tally]) -> None:
        """Keep what has been answered since the last look: `tallies` has it since the front started, by deployment. On
        an error nothing is lost, and the next look brings it.
        """
        with self._one_at_a_time:
            at = timestamp(self._clock.now().replace(second=0, microsecond=0))
            fresh = [
                Minute(self._endpoint, name, at, tally)
                for name, tally in all_since(tallies, self._told).items()
                if tally != Tally(slower_than=tally.slower_than)
            ]
            if fresh:
                self._minutes.add(fresh)
            self._told = dict(tallies)
