"""Finds a task when a step first needs it, so that a starting runner loads none: a package of the user's, else the
module of one of ours.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from drivetrain.errors import UserError
from drivetrain.plan.names.model import of_major_version
from drivetrain.run.runner.phases import Phase
from drivetrain.run.tasks.index import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivetrain.plan.model import TargetPlan
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.declared import Declared
    from drivetrain.run.tasks.index import Entry

_OFFERED = [name for name, entry in TASKS.items() if not entry.hidden]
_SPELLED = {name.lower(): name for name in TASKS}
_PACKAGES = "drivetrain.run.packages.finding"


class Task(NamedTuple):
    """A task that was found."""

    reference: str
    declared: Declared
    parts: Mapping[Phase, Callable[[StepContext], Outcome]]
    limits: TargetPlan | None = None
    """What its steps may not do, whatever their `target` says."""

    @property
    def run(self) -> Callable[[StepContext], Outcome]:
        """The step itself."""
        return self.parts[Phase.MAIN]


class Packages(Protocol):
    """The task packages of a home."""

    def find(self, reference: str) -> Task | None:
        """A task, None when there is no such package. Raises NotFoundError when it has just been removed."""
        ...

    def phases(self, reference: str) -> frozenset[Phase] | None:
        """Which parts it has, None when there is no such package. Raises NotFoundError."""
        ...


class NoPackages:
    """A home without any."""

    def find(self, reference: str) -> None:
        """Never."""

    def phases(self, reference: str) -> None:
        """Never."""


def packages_in(folder: Path) -> Packages:
    """The task packages of a home, whose folder `tasks` is given; where it has none, nothing is loaded for them."""
    if not (folder / "index.json").exists():
        return NoPackages()
    found: Packages = importlib.import_module(_PACKAGES).ShelvedTasks(folder)
    return found


def find_task(reference: str, packages: Packages | None = None) -> Task:
    """`Bash@3`, in any case. A package comes before a task of ours. Raises UserError saying what there is."""
    packages = packages or NoPackages()
    found = packages.find(reference) or packages.find(of_major_version(reference))
    return found or _own(reference)


def _own(reference: str) -> Task:
    spelled = _SPELLED.get(of_major_version(reference).lower())
    if spelled is None:
        import difflib  # noqa: PLC0415 - only a wrong name needs it

        near = difflib.get_close_matches(reference, _OFFERED, n=3, cutoff=0.7)
        raise UserError(
            f"The task {reference} is not available in Drivetrain.",
            hint=f"did you mean {', '.join(near)}?"
            if near
            else f"there are: {', '.join(_OFFERED)}; `drivetrain task add` adds others",
        )
    module = importlib.import_module(f"{__package__}.{TASKS[spelled].module}")
    parts = {phase: getattr(module, _FUNCTIONS[phase]) for phase in _phases(TASKS[spelled])}
    return Task(spelled, module.TASKS[spelled], parts)


def phases_of(reference: str, packages: Packages | None = None) -> frozenset[Phase]:
    """Which parts a task has, found out without loading it. What is no task has the step itself, which says so."""
    packages, major = packages or NoPackages(), of_major_version(reference)
    found = packages.phases(reference) or packages.phases(major)
    spelled = _SPELLED.get(major.lower())
    return found or frozenset({Phase.MAIN} if spelled is None else _phases(TASKS[spelled]))


_FUNCTIONS = {Phase.BEFORE: "before_job", Phase.MAIN: "run", Phase.AFTER: "after_job"}
"""What a task's module calls them."""


def _phases(entry: Entry) -> list[Phase]:
    return [Phase.MAIN, *[Phase.BEFORE] * entry.before, *[Phase.AFTER] * entry.after]
