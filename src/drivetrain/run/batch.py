"""What one round of the engine writes: events and rows, gathered, then stored as one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.run.events import RunEvent
from drivetrain.run.ports import Changes, DecidedLegs, RunChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.run.checks.model import Approval
    from drivetrain.run.model import Artifact, JobRecord, JobRef, StageRecord, StepRecord
    from drivetrain.run.reports.ports import NewCoverage, NewTests


class Batch:
    """Events in order and, of each row, the newest form."""

    def __init__(self, last_seq: int, now: str) -> None:
        self.now = now
        self.events: list[RunEvent] = []
        self._seq = last_seq
        self._run: RunChange | None = None
        self._stages: dict[str, StageRecord] = {}
        self._jobs: dict[tuple[JobRef, int], JobRecord] = {}
        self._steps: dict[tuple[JobRef, int, int], StepRecord] = {}
        self._artifacts: list[Artifact] = []
        self._reports: list[NewTests | NewCoverage] = []
        self._tags: list[str] = []
        self._decided: dict[JobRef, list[JobRef]] = {}
        self._validations: list[Approval] = []

    def event(self, kind: str, data: Mapping[str, object], time: str = "") -> None:
        """Something happened, now if no time is given."""
        self._seq += 1
        self.events.append(RunEvent(self._seq, time or self.now, kind, data))

    def job_event(self, kind: str, record: JobRecord, data: Mapping[str, object], time: str = "") -> None:
        """Something happened to an attempt at a job."""
        ref = record.ref
        self.event(kind, {**data, "stage": ref.stage, "job": ref.job, "leg": ref.leg, "attempt": record.attempt}, time)

    def run(self, **columns: object) -> None:
        """Change columns of the run."""
        self._run = replace(self._run or RunChange(), **columns)

    def tag(self, tag: str) -> None:
        """Add a tag to the run."""
        self._tags.append(tag)

    def stage(self, record: StageRecord) -> None:
        """Write a stage."""
        self._stages[record.name] = record

    def job(self, record: JobRecord) -> None:
        """Write an attempt at a job."""
        self._jobs[record.ref, record.attempt] = record

    def legs(self, placeholder: JobRef, records: Sequence[JobRecord]) -> None:
        """Write the legs of a job that had one row while they were not known."""
        self._decided[placeholder] = [record.ref for record in records]
        for record in records:
            self.job(record)

    def step(self, record: StepRecord) -> None:
        """Write a step."""
        self._steps[record.job, record.attempt, record.index] = record

    def artifact(self, artifact: Artifact) -> None:
        """Write an artifact."""
        self._artifacts.append(artifact)

    def report(self, new: NewTests | NewCoverage) -> None:
        """Write test results, or coverage."""
        self._reports.append(new)

    def validation(self, approval: Approval) -> None:
        """A step asks people, or does not any more."""
        self._validations.append(approval)

    @property
    def asks(self) -> bool:
        """Whether a step asks people."""
        return bool(self._validations)

    @property
    def number(self) -> str | None:
        """The new name of the run, if it got one."""
        return self._run.number if self._run else None

    @property
    def last_seq(self) -> int:
        """The seq of the newest event, also of earlier batches."""
        return self._seq

    def __bool__(self) -> bool:
        return bool(
            self.events
            or self._run
            or self._stages
            or self._jobs
            or self._steps
            or self._artifacts
            or self._validations
        )

    def changes(self) -> Changes:
        """The rows to write."""
        run = self._run
        if self._tags:
            run = replace(run or RunChange(), add_tags=tuple(self._tags))
        jobs = dict(self._jobs)
        decided = [
            DecidedLegs(placeholder, tuple(jobs.pop((leg, 1)) for leg in legs))
            for placeholder, legs in self._decided.items()
        ]
        return Changes(
            run,
            tuple(self._stages.values()),
            tuple(jobs.values()),
            tuple(self._steps.values()),
            tuple(self._artifacts),
            tuple(decided),
            tuple(self._reports),
            tuple(self._validations),
        )
