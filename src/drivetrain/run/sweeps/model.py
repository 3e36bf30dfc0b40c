"""What a controller knows of the trials of its sweep."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct


class TrialState(StrEnum):
    """How far a trial is."""

    RUNNING = "running"
    """Or waiting for a place."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def over(self) -> bool:
        """Whether it will not change any more."""
        return self is not TrialState.RUNNING


class Trial(Struct, frozen=True):
    """One trial."""

    number: int
    """From 0."""
    parameters: Mapping[str, Any]
    state: TrialState = TrialState.RUNNING
    values: tuple[float, ...] = ()
    """Every value of the primary metric that it has logged, in order; no nan."""


class Move(Struct, frozen=True):
    """What a controller does next."""

    start: tuple[int, ...] = ()
    """Numbers of trials to begin, in this order."""
    cancel: tuple[int, ...] = ()
    """Numbers of trials that have lost."""
    done: bool = False
