"""Finds the module of a task when a step first needs it, so that a starting runner loads none."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.run.runner.phases import Phase
from drivetrain.run.tasks.index import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.declared import Declared
    from drivetrain.run.tasks.index import Entry

_SPELLED = {name.lower(): name for name in TASKS}


class Task(NamedTuple):
    """A task that was found."""

    reference: str
    declared: Declared
    parts: Mapping[Phase, Callable[[StepContext], Outcome]]

    @property
    def run(self) -> Callable[[StepContext], Outcome]:
        """The step itself."""
        return self.parts[Phase.MAIN]


def find_task(reference: str) -> Task:
    """`Bash@3`, in any case. Raises UserError saying what there is."""
    spelled = _SPELLED.get(reference.lower())
    if spelled is None:
        import difflib  # noqa: PLC0415 - only a wrong name needs it

        near = difflib.get_close_matches(reference, TASKS, n=3, cutoff=0.7)
        raise UserError(
            f"The task {reference} is not available in Drivetrain.",
            hint=f"did you mean {', '.join(near)}?" if near else f"there are: {', '.join(TASKS)}",
        )
    module = importlib.import_module(f"{__package__}.{TASKS[spelled].module}")
    parts = {phase: getattr(module, _FUNCTIONS[phase]) for phase in _phases(TASKS[spelled])}
    return Task(spelled, module.TASKS[spelled], parts)


def phases_of(reference: str) -> frozenset[Phase]:
    """Which parts a task has, found out without loading it. What is no task has the step itself, which says so."""
    spelled = _SPELLED.get(reference.lower())
    return frozenset({Phase.MAIN} if spelled is None else _phases(TASKS[spelled]))


_FUNCTIONS = {Phase.BEFORE: "before_job", Phase.MAIN: "run", Phase.AFTER: "after_job"}
"""What a task's module calls them."""


def _phases(entry: Entry) -> list[Phase]:
    return [Phase.MAIN, *[Phase.BEFORE] * entry.before, *[Phase.AFTER] * entry.after]
