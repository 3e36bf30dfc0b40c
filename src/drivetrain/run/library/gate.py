"""Permission on first use: a stage waits until its pipeline may use what it names, and only then for its checks.

https://learn.microsoft.com/azure/devops/pipelines/process/about-resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.checks.model import Gate
from drivetrain.run.library.handing import permit_command
from drivetrain.run.library.model import ItemKind, pipeline_of
from drivetrain.run.library.ports import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.plan.model import Plan, ResourceUse, StagePlan
    from drivetrain.run.checks.ports import Gatekeeper
    from drivetrain.run.library.ports import Library
    from drivetrain.run.model import Run


class PermissionGates:
    """The Gatekeeper port: asks the library for permission, and then whoever looks at the checks."""

    def __init__(self, library: Library, checks: Gatekeeper, decided: Callable[[int, str, int], bool]) -> None:
        """`decided`: whether the gate of (run, stage, attempt) has been opened or refused: that stays so."""
        self._library = library
        self._checks = checks
        self._decided = decided

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        """Where the gate of this attempt at a stage stands."""
        lacking = self._library.unpermitted(run.project, pipeline_of(run), stage.resources) if stage.resources else ()
        if lacking and not self._decided(run.id, stage.name, attempt):
            return Gate(reason=waits_for(lacking, pipeline_of(run)))
        return self._checks.look(run, plan, stage, attempt)

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """The stage is over, or will never begin."""
        self._checks.leave(run, stage, attempt)


def waits_for(lacking: Sequence[ResourceUse], pipeline: str) -> str:
    """What a stage says that waits for a permission."""
    names = ", ".join(f"the {WORDS[ItemKind(use.kind)][0]} '{use.name}'" for use in lacking)
    return (
        f"This pipeline needs permission to use {names}: {permit_command(lacking[0], pipeline)}, or the Library's page"
    )
