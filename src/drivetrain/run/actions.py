"""What a round of a run does once its transaction is written: runners started, told to cancel, cleared away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.errors import DrivetrainError, UnavailableError
from drivetrain.run.launch import hand_over

if TYPE_CHECKING:
    from drivetrain.run.attempt import Attempt
    from drivetrain.run.gates import StageGates
    from drivetrain.run.launch import Parts


class Actions(Struct):
    """Done in this order, once."""

    reaps: list[Attempt] = field(default_factory=list)
    ended: list[Attempt] = field(default_factory=list)
    launches: list[Attempt] = field(default_factory=list)
    cancels: list[Attempt] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)
    """Stages that are over: their gates are left."""

    def carry_out(self, parts: Parts, run_id: int, gates: StageGates) -> None:
        """Do all of it. A runner that cannot be started is noted at its attempt."""
        for attempt in self.reaps:
            parts.executor.reap(attempt.job_dir)
        for attempt in self.ended:
            parts.executor.release(attempt.job_dir)
            parts.tokens.revoke(run_id, attempt.record.ref, attempt.record.attempt)
        for attempt in self.launches:
            _launch(parts, attempt)
        for attempt in self.cancels:
            parts.executor.cancel(attempt.job_dir, "The run was canceled")
        for stage in self.leaves:
            gates.leave(stage)


def _launch(parts: Parts, attempt: Attempt) -> None:
    try:
        if attempt.prepared is None:
            raise UnavailableError("The job's variables could not be worked out again")
        hand_over(parts, attempt.prepared, attempt.job_dir)
    except DrivetrainError as error:
        attempt.failure = error.message
