"""The parts of a job in the order in which they run: what its tasks do before the first step, the steps themselves, and
what its tasks do after the last one, in reverse order.

JobExtension.InitializeJob in https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from drivetrain.plan.model import StepPlan


class Phase(StrEnum):
    """Which part of a task runs."""

    BEFORE = "before"
    """`prejobexecution` of a task: before the first step."""
    MAIN = "main"
    """The step itself."""
    AFTER = "after"
    """`postjobexecution` of a task: after the last step, whatever has happened, also if the step itself was skipped."""


class Part(NamedTuple):
    """One thing that the job runs, with a record and a log of its own."""

    plan: StepPlan
    phase: Phase


def parts_of(steps: Sequence[StepPlan], phases: Callable[[str], Collection[Phase]]) -> list[Part]:
    """What a job with these steps runs. `phases` tells which parts a task has, by its reference."""
    found = [(step, phases(step.task)) for step in steps]
    before = [_before(step) for step, has in found if step.enabled and Phase.BEFORE in has]
    after = [_after(step) for step, has in reversed(found) if step.enabled and Phase.AFTER in has]
    return [*before, *(Part(step, Phase.MAIN) for step in steps), *after]


def _before(step: StepPlan) -> Part:
    return Part(replace(step, display_name=f"Pre-job: {step.display_name}"), Phase.BEFORE)


def _after(step: StepPlan) -> Part:
    return Part(replace(step, display_name=f"Post-job: {step.display_name}", condition="always()"), Phase.AFTER)
