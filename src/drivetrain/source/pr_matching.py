"""Does a `pr` trigger want a pull request? Pure, and says which rule decided.

https://learn.microsoft.com/azure/devops/pipelines/repos/github#pr-triggers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.matching import BRANCHES, decide_paths, verdict
from drivetrain.source.model import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.source.events import PullRequest
    from drivetrain.source.model import PrTrigger


def decide_pull_request(trigger: PrTrigger, pull_request: PullRequest, changed: Sequence[str]) -> Decision:
    """Whether a pull request gets a run. `changed`: the files in which its merge differs from its target.

    The branch that counts is the target. `[skip ci]` and its kin are about pushes; here they mean nothing.
    """
    if not trigger.enabled:
        return Decision(run=False, why="the pipeline file says pr: none", rule=Rule(("pr",)))
    if pull_request.draft and not trigger.drafts:
        return Decision(run=False, why="it is a draft, and pr.drafts is false", rule=Rule(("pr", "drafts")))
    found = verdict(trigger.branches, pull_request.target)
    why = f"target {pull_request.target.removeprefix(BRANCHES)} is {found.said('pr.branches')}"
    decision = Decision(found.wanted, why, found.rule("pr", "branches"))
    return decide_paths(trigger.paths, changed, decision, "pr") if found.wanted else decision


def waits_for_a_word(comment: str, *, fork: bool, asked_by: str) -> bool:
    """Whether a pull request needs a collaborator's word before it gets a run. `comment` is `ForkPolicy.comment`.

    https://learn.microsoft.com/azure/devops/pipelines/repos/github#run-pull-request-validation-only-when-authorized-by-your-team
    """
    return not asked_by and (comment == "all" or (comment != "none" and fork))
