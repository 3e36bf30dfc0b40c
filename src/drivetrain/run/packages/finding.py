"""The task packages of a home as a job sees them: looked up once, the same until its end, and not removed.

Loaded only where a home has any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.plan.model import TargetPlan
from drivetrain.run.packages.running import declared, parts
from drivetrain.run.packages.shelf import Shelf, newest
from drivetrain.run.runner.phases import Phase
from drivetrain.run.tasks.registry import Task

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.packages.model import TaskPackage


class ShelvedTasks:
    """What a step's reference means among the packages."""

    def __init__(self, root: Path) -> None:
        self._shelf = Shelf(root)
        self._packages = self._shelf.packages()
        self._held: set[str] = set()

    def phases(self, reference: str) -> frozenset[Phase] | None:
        """Which parts a task has; None for one that is not here."""
        package = newest(self._packages, reference)
        if package is None:
            return None
        self._hold(package)  # From the start of the job: a part of it may run last.
        found = {Phase.BEFORE: package.before, Phase.MAIN: True, Phase.AFTER: package.after}
        return frozenset(phase for phase, has in found.items() if has)

    def find(self, reference: str) -> Task | None:
        """The task, ready to run; None for one that is not here. Raises NotFoundError when it has been removed."""
        package = newest(self._packages, reference)
        if package is None:
            return None
        self._hold(package)
        limits = TargetPlan(restricted=package.restricted, settable=package.settable)
        return Task(package.reference, declared(package), parts(package, self._shelf.folder(package)), limits)

    def _hold(self, package: TaskPackage) -> None:
        """Until this process ends, and the job with it."""
        if package.digest not in self._held:
            self._shelf.hold(package)
            self._held.add(package.digest)
