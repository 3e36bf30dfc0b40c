"""What a decision does to a stage: its record moves, and an event tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.decide import NOT_STARTED, STAGE_SKIPPED, BeginStage, EndStage, HoldStage, WaitAtGate
from drivetrain.run.model import Result, State
from drivetrain.run.places import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.run.batch import Batch
    from drivetrain.run.checks.model import Gate
    from drivetrain.run.model import JobRecord
    from drivetrain.run.status import RunStatus

SKIPPING = {Result.SKIPPED: STAGE_SKIPPED}


def move_stage(
    decision: BeginStage | HoldStage | WaitAtGate | EndStage,
    status: RunStatus,
    batch: Batch,
    masked: Callable[[str], str],
) -> None:
    """Carry out a decision on a stage; `masked` takes the run's secrets out of a text."""
    match decision:
        case BeginStage():
            _tell(decision.stage, decision.gate, batch)
            record = status.begin_stage(decision.stage, batch.now)
            batch.stage(record)
            batch.event("stage.started", {"stage": decision.stage, "attempt": record.attempt})
        case HoldStage():
            record = status.hold_stage(decision.stage)
            batch.stage(record)
            batch.event("stage.waiting", {"stage": decision.stage, "reason": record.reason})
        case WaitAtGate():
            _wait_at_gate(decision, status, batch)
        case EndStage():
            _end_stage(decision, status, batch, masked(decision.reason))


def put_ended(records: Sequence[JobRecord], batch: Batch) -> None:
    """Jobs that have come to their end."""
    for record in records:
        batch.job(record)
        batch.job_event("job.completed", record, {"result": record.result, "reason": record.reason})


def _tell(stage: str, gate: Gate | None, batch: Batch) -> None:
    """What is new at a gate."""
    for kind, data in gate.events if gate is not None else ():
        batch.event(kind, {**data, "stage": stage})


def _wait_at_gate(decision: WaitAtGate, status: RunStatus, batch: Batch) -> None:
    name, reason = decision.stage, decision.gate.reason
    _tell(name, decision.gate, batch)
    told = status.stages[name].record.reason
    record = status.wait_at_gate(name, reason)
    if reason != told:
        batch.stage(record)
        batch.event("stage.waiting", {"stage": name, "reason": reason, "gate": True})


def _end_stage(decision: EndStage, status: RunStatus, batch: Batch, why: str) -> None:
    _tell(decision.stage, decision.gate, batch)
    stage = status.stages[decision.stage]
    if stage.record.state is State.PENDING:
        never = Result.CANCELED if decision.result is Result.CANCELED else Result.SKIPPED
        reason = SKIPPING.get(never, why)
        for name in stage.jobs:
            put_ended(status.end_queued(decision.stage, name, never, reason, batch.now), batch)
    refused = decision.gate is not None and decision.gate.result is not None
    if why and (decision.result is Result.FAILED or why == NOT_STARTED or refused):
        kind = "error" if decision.result is Result.FAILED else "warning"
        data = {"type_": kind, "message": f"Stage {decision.stage}: {why}"}
        where = {"stage": decision.stage, "attempt": stage.record.attempt, **place_of(stage.plan.position)}
        batch.event("issue", {**data, **where})
    record = status.end_stage(decision.stage, decision.result, why, batch.now)
    batch.stage(record)
    ended = {"stage": decision.stage, "attempt": record.attempt, "result": decision.result, "reason": why}
    batch.event("stage.completed", ended)
