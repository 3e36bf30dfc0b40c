"""What there is to be told about a run, or about an event that came to no run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.events import PullRequestChanged
from drivetrain.view.answers.events import verdict_of
from drivetrain.view.answers.model import AnswerKind, Subject

if TYPE_CHECKING:
    from drivetrain.run.model import Run
    from drivetrain.source.events import PullRequest
    from drivetrain.source.model import SourceEvent

BRANCHES = ("refs/heads/", "refs/tags/")


def of_run(run: Run, pull: PullRequest | None) -> list[Subject]:
    """A report on the commit; of a pull request, its comment as well."""
    if run.project_id is None:
        return []
    if pull is not None:
        return _of_pull_request(run.project_id, pull)
    if not run.source.ref.startswith(BRANCHES):
        return []
    sha = run.source.commit.sha
    return [Subject(run.project_id, AnswerKind.REPORT, f"push {sha}", sha)]


def of_event(event: SourceEvent) -> list[Subject]:
    """The same of a pull request that waits, or cannot be merged; nothing of any other event."""
    if not isinstance(event.cause, PullRequestChanged) or verdict_of(event.outcome) is None:
        return []
    return _of_pull_request(event.update.project_id, event.cause.pull_request)


def _of_pull_request(project_id: int, pull: PullRequest) -> list[Subject]:
    number, sha = pull.number, pull.head_sha
    return [
        Subject(project_id, AnswerKind.REPORT, f"pull {number} {sha}", sha, number),
        Subject(project_id, AnswerKind.COMMENT, f"pull {number}", "", number),
    ]
