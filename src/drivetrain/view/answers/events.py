"""What is told of a pull request that has come to no run. Pure."""

from __future__ import annotations

from drivetrain.source.hosts.model import Verdict

WAITS = "waits for a collaborator's word"
CONFLICTS = ("the merge has conflicts in ", "the branches have no commit in common")
"""How the outcomes of such events are said: by wire/events/pull_request.py and source/merge_commit.py."""


def verdict_of(outcome: str) -> Verdict | None:
    """What the outcome of an event without a run means for its commit; None when there is nothing to tell: the file's
    triggers did not want it, or it is closed.
    """
    if WAITS in outcome:
        return Verdict.NEUTRAL
    return Verdict.ERROR if outcome.startswith(CONFLICTS) else None
