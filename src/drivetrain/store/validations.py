"""What steps ask of people, in the transaction that takes their journal in: no question is lost, and none is asked of
which the journal says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.checks.model import ApprovalState
from drivetrain.run.model import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.run.checks.model import Approval
    from drivetrain.run.model import JobRecord
    from drivetrain.store.approvals import Approvals

_PENDING = "SELECT 1 FROM approvals WHERE run_id = ? AND state = 'pending' AND check_id = 0 LIMIT 1"


class Validations:
    """Questions of steps, in the `approvals` table."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals

    def follow(
        self,
        connection: sqlite3.Connection,
        run_id: int,
        validations: Sequence[Approval],
        jobs: Sequence[JobRecord],
    ) -> None:
        """Ask what is new, and end what no step waits for any more."""
        for each in validations:
            if each.state is ApprovalState.PENDING:
                self._approvals.ask(connection, each)
            else:
                self._approvals.end_step(connection, each)
        ended = [record for record in jobs if record.state is State.COMPLETED]
        if ended and connection.execute(_PENDING, (run_id,)).fetchone() is not None:
            for record in ended:
                self._approvals.end_job(connection, run_id, record)
