"""Tells the registry who registers and promotes by MLflow's clients, and has it look at once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.registry.versions.model import Note

if TYPE_CHECKING:
    from drivetrain.record.tracking.model import Registration
    from drivetrain.registry.versions.ports import Models, PromotionRows

_log = logging.getLogger("drivetrain")


class NotedRegistrations:
    """The Registrations port; any thread may call it."""

    def __init__(self, models: Models, promotions: PromotionRows) -> None:
        self._models = models
        self._promotions = promotions

    def begin(self, wish: Registration) -> int:
        """Somebody asks MLflow for this now."""
        return self._promotions.note(Note(wish.name, wish.alias, wish.version, wish.by, wish.run_id))

    def end(self, note: int, *, done: bool) -> None:
        """MLflow has done it, or refused."""
        if not done:
            self._promotions.forget([note])
            return
        try:
            self._models.look()
        except (DrivetrainError, OSError) as error:  # the next look finds it: the note is kept
            _log.warning("the registry of models could not be looked at: %s", error)
