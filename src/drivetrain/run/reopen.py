"""A completed run is opened again: stages and jobs get another attempt, and what does not depend on them stays. Pure.

Azure re-runs the jobs that failed and all that depend on them, directly or not, in their stage and in later ones; or
all jobs of a stage. Earlier attempts are kept.
https://learn.microsoft.com/azure/devops/release-notes/2019/sprint-158-update#retry-failed-stages
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.run.model import EndedStage, JobRecord, Result, StageRecord, State
from drivetrain.run.nodes import dependents_of, new_legs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.plan.model import JobPlan, Plan, StagePlan

BAD = frozenset({Result.FAILED, Result.CANCELED})
CUT_OFF = "The run ended before it did"


class Again(Struct, frozen=True):
    """What is to be run again."""

    stages: tuple[str, ...] = ()
    """Only of these stages, and of those that depend on them; empty for any stage."""
    whole: bool = False
    """All jobs of those stages, not only those that failed or were canceled."""
    starts: frozenset[str] = frozenset()
    """Stages, in lower case, that start by themselves although they are started by hand: the run was queued so."""


class Reopened(Struct, frozen=True):
    """The rows to write: stages and jobs of the new attempts, and what an end without a word had left open."""

    stages: tuple[StageRecord, ...]
    jobs: tuple[JobRecord, ...]


def reopen(plan: Plan, stages: Sequence[StageRecord], jobs: Sequence[JobRecord], again: Again, now: str) -> Reopened:
    """The attempts that a completed run gets. Raises NotFoundError naming the stages that there are when one is not,
    ConflictError when there is nothing to run again.
    """
    return _Reopening(plan, stages, jobs, now).reopen(again)


class _Reopening:
    def __init__(self, plan: Plan, stages: Sequence[StageRecord], jobs: Sequence[JobRecord], now: str) -> None:
        self._plan = plan
        self._now = now
        self._stages = {record.name: record for record in stages}
        self._legs: dict[tuple[str, str], dict[str, JobRecord]] = {}
        for record in jobs:
            self._legs.setdefault((record.ref.stage, record.ref.job), {})[record.ref.leg] = record

    def reopen(self, again: Again) -> Reopened:
        wanted = _named(self._plan, again.stages)
        seeds = {stage.name: self._seeds(stage, whole=again.whole) for stage in wanted}
        seeds = {name: jobs for name, jobs in seeds.items() if jobs}
        if not seeds:
            raise _nothing(again)
        after = dependents_of(seeds, {stage.name: stage.depends_on for stage in self._plan.stages})
        stages: list[StageRecord] = []
        jobs: list[JobRecord] = []
        for stage in self._plan.stages:
            if stage.name in after or stage.name in seeds:
                whole = again.whole or stage.name in after
                stages.append(self._stage(stage, started=stage.name in seeds or stage.name.lower() in again.starts))
                jobs += self._jobs(stage, None if whole else seeds[stage.name], stages[-1].attempt)
        return Reopened(tuple(stages), tuple(jobs))

    def _seeds(self, stage: StagePlan, *, whole: bool) -> set[str]:
        """The jobs of a stage that failed or were canceled; all of them when it never came to running them."""
        if stage.left_out:
            return set()
        names = {job.name for job in stage.jobs}
        record = self._stages.get(stage.name)
        if whole or record is None:
            return names
        if record.state is State.COMPLETED and record.result not in BAD:
            return set()
        bad = {job.name for job in stage.jobs if any(map(_is_bad, self._rows(stage, job).values()))}
        return bad if record.started_at and bad else names

    def _rows(self, stage: StagePlan, job: JobPlan) -> Mapping[str, JobRecord]:
        return self._legs.get((stage.name, job.name)) or new_legs(stage.name, job)

    def _stage(self, stage: StagePlan, *, started: bool) -> StageRecord:
        """The new attempt; one that somebody has started by hand waits for a hand again, unless `started`."""
        old = self._stages.get(stage.name)
        if old is None:
            return StageRecord(stage.name, stage.display_name)
        ended = EndedStage(
            old.attempt, old.result or Result.CANCELED, old.reason, old.started_at, old.finished_at or self._now
        )
        return StageRecord(
            old.name,
            old.display_name,
            attempt=old.attempt + 1,
            started_by=old.started_by if started else "",
            earlier=(*old.earlier, ended),
        )

    def _jobs(self, stage: StagePlan, seeds: set[str] | None, attempt: int) -> Iterator[JobRecord]:
        """New attempts at the jobs `seeds`, and at all that depend on them; None for all jobs of the stage."""
        after = dependents_of(seeds or (), {job.name: job.depends_on for job in stage.jobs})
        for job in stage.jobs:
            if seeds is not None and job.name not in seeds and job.name not in after:
                continue
            # The hooks of a deployment are one rollout; a leg that succeeded is a job that succeeded.
            whole = seeds is None or job.name in after or job.deployment is not None
            rows = self._rows(stage, job)
            phase = max(record.phase_attempt for record in rows.values()) + 1
            for record in rows.values():
                if whole or _is_bad(record) or record.result is Result.SKIPPED:
                    yield from self._leg(job, record, attempt, phase)

    def _leg(self, job: JobPlan, old: JobRecord, stage_attempt: int, phase_attempt: int) -> Iterator[JobRecord]:
        key = (old.ref.stage, old.ref.job)
        if key not in self._legs:  # never written down: this is its first attempt
            yield old
            return
        if old.state is not State.COMPLETED:
            yield replace(
                old, state=State.COMPLETED, result=Result.FAILED, outcome=Result.FAILED, reason=CUT_OFF,
                finished_at=self._now,
            )  # fmt: skip
        attempt = old.attempt + 1
        yield JobRecord(
            old.ref,
            attempt,
            old.display_name or job.title(old.ref.leg),
            decided=old.decided,
            first=attempt,
            stage_attempt=stage_attempt,
            phase_attempt=phase_attempt,
        )


def _is_bad(record: JobRecord) -> bool:
    return record.state is not State.COMPLETED or record.result in BAD


def _named(plan: Plan, names: Sequence[str]) -> list[StagePlan]:
    known = {stage.name.lower(): stage for stage in plan.stages}
    for name in names:
        if name.lower() not in known:
            there = ", ".join(stage.name for stage in plan.stages)
            raise NotFoundError(f"there is no stage {name}", hint=f"stages of this run: {there}")
    return [known[name.lower()] for name in names] if names else list(plan.stages)


def _nothing(again: Again) -> ConflictError:
    if again.stages:
        hint = "drivetrain rerun RUN --stage NAME, without --failed, runs all of its jobs again"
        return ConflictError(f"no job of {', '.join(again.stages)} has failed or was canceled", hint=hint)
    hint = "drivetrain rerun RUN runs the same commit as a new run; with --stage NAME, a stage again"
    return ConflictError("no job has failed or was canceled", hint=hint)
