"""What a delivery says becomes word in the inbox, or an event, for every project of its repository.

Whatever is done here may be done twice: a process that is killed in between does it again. So everything has a name,
under which it counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.source.events import KnownPullRequest, PullRequestChanged, Released
from drivetrain.source.git import SHA, is_zero
from drivetrain.source.inbox import LOOK, PUSHED, Line, leave
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.source.refs import candidates
from drivetrain.source.webhooks.model import word_name

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.source.events import PullRequest
    from drivetrain.source.model import Project
    from drivetrain.source.ports import PullRequests, SourceEvents
    from drivetrain.source.webhooks.model import Delivery, PullRequestSaid, Pushed, ReleasePublished
    from drivetrain.source.webhooks.ports import Commits

ZERO = "0" * 40
WATCHED = ("refs/heads/", "refs/tags/")
MAX_REF = 500


class Acting:
    """Acts on pushes, pull requests and releases; each call gives back in words what came of it."""

    def __init__(self, inbox: Path, events: SourceEvents, pull_requests: PullRequests, commits: Commits) -> None:
        self._inbox = inbox
        self._events = events
        self._pull_requests = pull_requests
        self._commits = commits

    def pushed(self, delivery: Delivery, said: Pushed, project: Project) -> str:
        """Leave word, as a git hook would. Raises UserError when a ref or sha is none."""
        moves = [(_legal(ref), *map(_sha, (old, new))) for ref, old, new in said.moves if ref.startswith(WATCHED)]
        if said.moves and not moves:
            return "neither a branch nor a tag moved"
        known = [Line(old, new, ref) for ref, old, new in moves if old != new]
        if len(known) < len(moves) or not moves:
            ref = moves[0][0] if moves else f"refs/heads/{project.branch}"
            leave(self._inbox, word_name(delivery.id, project.id), (project.id, LOOK), [Line(ZERO, ZERO, ref)])
            return "its repository is looked at"
        leave(self._inbox, word_name(delivery.id, project.id), (project.id, PUSHED), known)
        return "; ".join(map(_told, known))

    def pull_request(self, delivery: Delivery, said: PullRequestSaid, project: Project) -> str:
        """Keep what is known of it, and take in what is new. Raises UserError, UnavailableError."""
        before = self._pull_requests.get(project.id, said.pull_request.number)
        told = self._whole(said.pull_request, project, before)
        if told is None:
            return f"pull request {said.pull_request.number} has another commit by now, which comes in another delivery"
        if before and said.at and before.changed_at and said.at < before.changed_at:
            return f"pull request {told.number} has changed since: word of that came before this"
        action, key = _action(before.pull_request if before else None, told, delivery)
        event = self._add(project, told, action, f"pr {project.id} {told.number} {key}") if action else None
        self._pull_requests.put(project.id, KnownPullRequest(told, said.at or (before.changed_at if before else "")))
        if event is not None:
            return f"pull request {told.number}: event {event}"
        return f"pull request {told.number}: nothing new to run"

    def _add(self, project: Project, told: PullRequest, action: str, once: str) -> int | None:
        update = RefUpdate(project.id, told.ref, told.base_sha, told.head_sha)
        return self._events.add(update, Reason.PULL_REQUEST, PullRequestChanged(told, action=action), once)

    def _whole(self, told: PullRequest, project: Project, before: KnownPullRequest | None) -> PullRequest | None:
        """The pull request with what the host leaves out; None when its head is gone by now. Raises UserError when
        there is something in it that cannot be.
        """
        if not told.number:
            raise UserError("it names no pull request")
        for ref in (told.source, told.target):
            _legal(ref)
        if not SHA.fullmatch(told.head_sha):
            if told.state != "open" and before:
                told = replace(told, head_sha=before.pull_request.head_sha)
            else:
                told = replace(told, head_sha=self._commits.head(project, told))
        if not told.head_sha:
            return None
        return replace(told, author=told.author or (before.pull_request.author if before else ""))

    def released(self, said: ReleasePublished, project: Project) -> str:
        """Take it in, for people to see. Raises UserError when it has no legal tag."""
        ref = _legal(f"refs/tags/{said.tag}")
        update = RefUpdate(project.id, ref, "", "")
        once = f"release {project.id} {said.tag}"
        event = self._events.add(update, Reason.INDIVIDUAL_CI, Released(said.tag, said.name), once)
        return f"release {said.tag}: event {event}" if event is not None else f"release {said.tag} was known"


def _action(before: PullRequest | None, told: PullRequest, delivery: Delivery) -> tuple[str, str]:
    """What happened to a pull request, and under which key it counts once; no action when there is nothing to act on.

    Seen by what was known before, not by the host's word for it: hosts have different words, and deliver the same
    change twice where two webhooks lead here.
    """
    if told.state != "open":
        if before and before.state == told.state:
            return "", ""
        return told.state, f"{told.head_sha} {told.state} {delivery.id}"
    if before and before.state != "open":
        return "reopened", f"{told.head_sha} reopened {delivery.id}"
    if before and before.head_sha == told.head_sha and before.target != told.target:
        return "retargeted", f"{told.head_sha} {told.target}"
    if before and before.head_sha == told.head_sha and before.draft and not told.draft:
        return "ready", f"{told.head_sha} ready {delivery.id}"
    return "updated", told.head_sha


def _legal(ref: str) -> str:
    """The full ref. Raises UserError when no repository can have it."""
    if len(ref) > MAX_REF or not ref.startswith("refs/"):
        raise UserError(f"{ref[:MAX_REF]!r} is no full name of a branch or tag")
    return candidates(ref)[0]


def _sha(sha: str) -> str:
    """The sha as words in the inbox have it. Raises UserError."""
    if is_zero(sha):
        return ZERO
    if not SHA.fullmatch(sha):
        raise UserError(f"{sha[:80]!r} is not a commit id")
    return sha


def _told(line: Line) -> str:
    if is_zero(line.new_sha):
        return f"{line.ref} was deleted"
    if is_zero(line.old_sha):
        return f"{line.ref} is new, at {line.new_sha[:8]}"
    return f"{line.ref} moved from {line.old_sha[:8]} to {line.new_sha[:8]}"
