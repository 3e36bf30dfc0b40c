"""Finds the module of a task when a step first needs it, so that a starting runner loads none."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.run.tasks.index import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.declared import Declared

_SPELLED = {name.lower(): name for name in TASKS}


class Task(NamedTuple):
    """A task that was found."""

    reference: str
    declared: Declared
    run: Callable[[StepContext], Outcome]


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
    return Task(spelled, module.TASKS[spelled], module.run)
