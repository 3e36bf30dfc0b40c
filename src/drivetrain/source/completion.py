"""Does the trigger of a pipeline resource want a run that has come so far? Pure, and says which rule decided.

https://learn.microsoft.com/azure/devops/pipelines/process/pipeline-triggers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.source.matching import Verdict, verdict
from drivetrain.source.model import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.source.model import Patterns


class Progress(Struct, frozen=True):
    """How far a run of the other pipeline has come."""

    ref: str
    completed: bool
    succeeded: bool
    """It is completed, and succeeded, if with issues."""
    stages: frozenset[str]
    """Those that have succeeded, if with issues; lower case."""
    tags: frozenset[str] = frozenset()
    """Lower case."""


def decide_completion(branches: Patterns, tags: Sequence[str], stages: Sequence[str], run: Progress) -> Decision:
    """Whether the run starts another pipeline. With `stages` it is enough that all of these have succeeded; without,
    the run has to be completed. Tags and stages are all wanted, not any.

    https://learn.microsoft.com/azure/devops/pipelines/process/resources#evaluation-of-artifact-version
    """
    # Without a filter a run of anything counts, be it of a tag or a pull request.
    found = verdict(branches, run.ref) if branches.include or branches.exclude else Verdict(wanted=True)
    if not found.wanted:
        return _decided(run=False, said=f"{run.ref} is {found.said('trigger.branches')}", key="branches")
    missing = next((tag for tag in tags if tag.lower() not in run.tags), None)
    if missing is not None:
        return _decided(run=False, said=f"the run has no tag '{missing}', which trigger.tags wants", key="tags")
    waits = next((stage for stage in stages if stage.lower() not in run.stages), None)
    if waits is not None:
        said = f"its stage '{waits}', which trigger.stages wants, has not succeeded"
        return _decided(run=False, said=said, key="stages")
    if not stages and not run.succeeded:
        said = "it did not succeed" if run.completed else "it is not completed"
        return Decision(run=False, why=said)
    said = f"all of {', '.join(stages)} have succeeded" if stages else "it succeeded"
    return Decision(run=True, why=said, rule=found.rule("trigger", "branches"))


def _decided(*, run: bool, said: str, key: str) -> Decision:
    return Decision(run, said, Rule(("trigger", key)))
