"""Which stages and jobs of a plan are to run: the others are left out, and count as satisfied for those that run.

https://learn.microsoft.com/azure/devops/pipelines/process/stages#skip-running-a-stage
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drivetrain.plan.model import JobPlan, Plan, StagePlan


class Choice(Struct, frozen=True):
    """What somebody who queues a run wants of it; all of it when nothing is said. Names ignore case."""

    stages: tuple[str, ...] = ()
    """Only these stages."""
    jobs: tuple[str, ...] = ()
    """Only these jobs: `job`, in whatever stage, or `stage.job`. With `stages`, of these stages."""
    skip: tuple[str, ...] = ()
    """All stages but these."""

    def __bool__(self) -> bool:
        return bool(self.stages or self.jobs or self.skip)

    def names(self, stage: StagePlan) -> bool:
        """Whether it asks for this stage, or for a job of it, by name."""
        if self.jobs:
            return any(not job.left_out for job in stage.jobs) and not stage.left_out
        return bool(self.stages) and not stage.left_out


ALL = Choice()


def choose(plan: Plan, choice: Choice) -> Plan:
    """The plan with the rest left out.

    Raises NotFoundError naming what there is when a name is not known, UserError when a stage with
    `isSkippable: false` would be left out, or nothing would be left.
    """
    if not choice:
        return plan
    _refuse_unknown(plan, (*choice.stages, *choice.skip))
    wanted = _keys(choice.stages or [stage.name for stage in plan.stages]) - _keys(choice.skip)
    jobs = _jobs(plan, choice.jobs, wanted) if choice.jobs else None
    stages = tuple(_chosen(stage, wanted, jobs) for stage in plan.stages)
    _refuse_too_much(stages, choice)
    return replace(plan, stages=stages)


def _keys(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _refuse_unknown(plan: Plan, names: Iterable[str]) -> None:
    known = {stage.name.lower() for stage in plan.stages}
    for name in names:
        if name.lower() not in known:
            there = ", ".join(stage.name for stage in plan.stages)
            raise NotFoundError(f"there is no stage {name}", hint=f"stages of this pipeline: {there}")


def _jobs(plan: Plan, names: tuple[str, ...], wanted: set[str]) -> set[tuple[str, str]]:
    """The jobs meant, as (stage, job) in lower case."""
    there = [(stage, job) for stage in plan.stages if stage.name.lower() in wanted for job in stage.jobs]
    found: set[tuple[str, str]] = set()
    for name in names:
        meant = {(stage.name.lower(), job.name.lower()) for stage, job in there if name.lower() in _names(stage, job)}
        if not meant:
            hint = f"jobs of this pipeline: {', '.join(f'{stage.name}.{job.name}' for stage, job in there)}"
            raise NotFoundError(f"there is no job {name}", hint=hint)
        found |= meant
    return found


def _names(stage: StagePlan, job: JobPlan) -> Iterator[str]:
    yield job.name.lower()
    yield f"{stage.name}.{job.name}".lower()


def _chosen(stage: StagePlan, wanted: set[str], jobs: set[tuple[str, str]] | None) -> StagePlan:
    key = stage.name.lower()
    if key not in wanted or (jobs is not None and not any(of == key for of, _ in jobs)):
        return replace(stage, left_out=True)
    if jobs is None:
        return stage
    return replace(stage, jobs=tuple(replace(job, left_out=(key, job.name.lower()) not in jobs) for job in stage.jobs))


def _refuse_too_much(stages: tuple[StagePlan, ...], choice: Choice) -> None:
    fixed = next((stage for stage in stages if stage.left_out and not stage.skippable), None)
    if fixed is not None:
        where = f"{fixed.position}: " if fixed.position else ""
        hint = "leave it in the run" if choice.skip else f"add --stage {fixed.name}"
        raise UserError(f"{where}stage {fixed.name} cannot be left out (isSkippable: false)", hint=hint)
    if all(stage.left_out for stage in stages):
        raise UserError("all stages would be left out", hint="leave one in the run")
