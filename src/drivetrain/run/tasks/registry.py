"""Finds the module of a task when a step first needs it, so that a starting runner loads none."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.tasks.declared import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.declared import Declared

_BY_NAME = {name.lower(): declared for name, declared in TASKS.items()}


def find_task(reference: str) -> Declared:
    """What is declared of `Bash@3`, in any case. Raises UserError saying what there is."""
    found = _BY_NAME.get(reference.lower())
    if found is None:
        import difflib  # noqa: PLC0415 - only a wrong name needs it

        near = difflib.get_close_matches(reference, TASKS, n=3, cutoff=0.7)
        raise UserError(
            f"The task {reference} is not available in Drivetrain.",
            hint=f"did you mean {', '.join(near)}?" if near else f"there are: {', '.join(TASKS)}",
        )
    return found


@cache
def load_task(module: str) -> Callable[[StepContext], Outcome]:
    """The `run` function of a task's module."""
    run: Callable[[StepContext], Outcome] = importlib.import_module(f"{__package__}.{module}").run
    return run
