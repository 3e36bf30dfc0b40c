"""Journal entries of a job become events and rows of its run: one function a type, looked up in a table.

A job's own steps can write to its journal, so an entry is hostile: what does not fit is a CorruptError, and ends that
job, never the engine.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from drivetrain.errors import CorruptError
from drivetrain.run.checks.model import Approval, ApprovalState
from drivetrain.run.model import Artifact, Result, State, StepRecord
from drivetrain.run.reports.intake import new_coverage, new_tests
from drivetrain.run.states import Kind, check_move

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from drivetrain.run.batch import Batch
    from drivetrain.run.events import JournalEntry
    from drivetrain.run.model import JobRecord

MOST_CHARACTERS = 10_000
MOST_NAMES = 100


class Intake(Struct, eq=False):
    """What the journal of one attempt has told so far."""

    run_id: int
    record: JobRecord
    steps: dict[int, StepRecord] = field(default_factory=dict)
    outcome: Result | None = None
    """Set when the job has completed."""
    reason: str = ""
    job_dir: Path = Path()
    """Where files lie that the journal names."""

    def take(self, entry: JournalEntry, batch: Batch) -> None:
        """Take one entry in. Raises CorruptError, ConflictError when it cannot be."""
        handler = _HANDLERS.get(entry.type)
        try:
            if handler is not None:
                handler(self, entry, entry.data, batch)
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptError(f"journal entry {entry.n} ({entry.type}) is not as it should be: {error!r}") from error
        if entry.type != "job.completed":
            batch.job_event(entry.type, self.record, entry.data, entry.time)

    def running_steps(self) -> list[StepRecord]:
        """Steps that began and did not end."""
        return [step for step in self.steps.values() if step.state is State.RUNNING]

    def end_steps(self, result: Result, reason: str, batch: Batch) -> None:
        """End those that still run: their runner is gone."""
        for step in self.running_steps():
            ended = replace(
                step, state=State.COMPLETED, result=result, outcome=result, reason=reason, finished_at=batch.now
            )
            self.put_step(ended, batch)
            data = {"step": step.index, "result": result, "outcome": result, "exit_code": None, "reason": reason}
            batch.job_event("step.completed", self.record, data)

    def put_step(self, step: StepRecord, batch: Batch) -> None:
        """Take over a step's row, if it may move so. Raises ConflictError."""
        before = self.steps.get(step.index)
        points = [(each.state, each.result) for each in (before, step) if each is not None]
        check_move(Kind.STEP, f"{step.index} of {self.record.ref}", points[0] if before else _NEW, points[-1])
        self.steps[step.index] = step
        batch.step(step)


_NEW = (State.PENDING, None)


def _job_started(intake: Intake, entry: JournalEntry, _: Mapping[str, Any], batch: Batch) -> None:
    intake.record = replace(intake.record, started_at=entry.time)
    batch.job(intake.record)


def _job_completed(intake: Intake, _: JournalEntry, data: Mapping[str, Any], __: Batch) -> None:
    intake.outcome = Result(data["result"])
    intake.reason = str(data.get("reason") or "")


def _step_started(intake: Intake, entry: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    step = StepRecord(
        job=intake.record.ref,
        attempt=intake.record.attempt,
        index=int(data["step"]),
        name=str(data["name"]),
        display_name=str(data["display_name"]),
        task=str(data.get("task") or ""),
        state=State.RUNNING,
        tries=int(data.get("tries") or 1),
        started_at=entry.time,
    )
    before = intake.steps.get(step.index)
    if before is not None:  # tried again: it began when it was first tried
        step = replace(step, started_at=before.started_at)
    intake.put_step(step, batch)


def _step_progress(intake: Intake, _: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    percent = data.get("percent")
    step = intake.steps[int(data["step"])]
    intake.put_step(replace(step, percent=None if percent is None else max(0, min(100, int(percent)))), batch)


def _step_completed(intake: Intake, entry: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    step = _begun(intake, data)
    exit_code = data.get("exit_code")
    result = Result(data["result"])
    ended = replace(
        step,
        state=State.COMPLETED,
        result=result,
        outcome=Result(data.get("outcome") or result),
        exit_code=None if exit_code is None else int(exit_code),
        reason=str(data.get("reason") or ""),
        finished_at=entry.time,
    )
    intake.put_step(ended, batch)


def _begun(intake: Intake, data: Mapping[str, Any]) -> StepRecord:
    """The step, also one that completes without having begun: it was skipped."""
    index = int(data["step"])
    if index in intake.steps:
        return intake.steps[index]
    name = str(data.get("name") or "")
    title = str(data.get("display_name") or name)
    return StepRecord(intake.record.ref, intake.record.attempt, index, name, title, str(data.get("task") or ""))


def _variable_set(intake: Intake, _: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    if not data.get("output", True):
        return
    step = data["step"]
    owner = intake.steps[step].name if isinstance(step, int) else str(step)
    name = f"{owner}.{data['name']}"
    secret = [*intake.record.secret_outputs] + ([name] if data.get("secret") else [])
    outputs = {**intake.record.outputs, name: str(data["value"])}
    intake.record = replace(intake.record, outputs=outputs, secret_outputs=tuple(dict.fromkeys(secret)))
    batch.job(intake.record)


def _artifact(intake: Intake, entry: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    batch.artifact(
        Artifact(
            name=str(data["name"]),
            kind=str(data.get("kind") or "pipeline"),
            job=intake.record.ref,
            files=int(data.get("files") or 0),
            size=int(data.get("size") or 0),
            created_at=entry.time,
            location=str(data.get("location") or ""),
            properties={str(key): str(value) for key, value in dict(data.get("properties") or {}).items()},
        )
    )


def _number(_: Intake, __: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    batch.run(number=str(data["number"]))


def _tag(_: Intake, __: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    batch.tag(str(data["tag"]))


def _tests(intake: Intake, entry: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    batch.report(new_tests(intake.steps[int(data["step"])], data, entry.time, intake.job_dir))


def _coverage(intake: Intake, entry: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    batch.report(new_coverage(intake.steps[int(data["step"])], data, entry.time, intake.job_dir))


def _validation(intake: Intake, entry: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    """A step asks people; hostile as all of a journal, so that it may not grow without end."""
    batch.validation(
        replace(
            _question(intake, data),
            subject=str(data.get("title") or "")[:MOST_CHARACTERS],
            approvers=tuple(str(name)[:MOST_CHARACTERS] for name in list(data.get("approvers") or ())[:MOST_NAMES]),
            minimum=1,
            requester_may_approve=bool(data.get("own_runs", True)),
            instructions=str(data.get("instructions") or "")[:MOST_CHARACTERS],
            created_at=entry.time,
        )
    )


def _validation_timed_out(intake: Intake, _: JournalEntry, data: Mapping[str, Any], batch: Batch) -> None:
    batch.validation(replace(_question(intake, data), state=ApprovalState.TIMED_OUT))


def _question(intake: Intake, data: Mapping[str, Any]) -> Approval:
    record = intake.record
    step = int(data["step"])
    if step not in intake.steps:
        raise KeyError(step)
    return Approval(0, intake.run_id, record.ref.stage, 0, job=record.ref, job_attempt=record.attempt, step=step)


_HANDLERS: dict[str, Callable[[Intake, JournalEntry, Mapping[str, Any], Batch], None]] = {
    "job.started": _job_started,
    "job.completed": _job_completed,
    "step.started": _step_started,
    "step.progress": _step_progress,
    "step.completed": _step_completed,
    "variable.set": _variable_set,
    "artifact.published": _artifact,
    "tests.published": _tests,
    "coverage.published": _coverage,
    "run.number": _number,
    "run.tag": _tag,
    "validation.requested": _validation,
    "validation.timedOut": _validation_timed_out,
}
