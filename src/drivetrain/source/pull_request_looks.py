"""Finds what happened to pull requests without a delivery having come of it, by the host's list of the open ones.

What a look finds is believed when the next one finds it, too: a delivery may be on its way. A new commit counts under
the key that deliveries use, so that it is one event whoever tells of it first.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source.events import KnownPullRequest, PullRequestChanged
from drivetrain.source.git import SHA
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.source.refs import candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivetrain.source.events import PullRequest
    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.model import Project
    from drivetrain.source.ports import PullRequests, SourceEvents

GRACE_SECONDS = 10.0
OPEN = "open"


class Change(NamedTuple):
    """What has become of a pull request, and under which key that counts once."""

    action: str
    key: str


class PullRequestLooks:
    """Any thread may call it, one at a time for each project."""

    def __init__(
        self,
        pull_requests: PullRequests,
        events: SourceEvents,
        is_first: Callable[[int], bool],
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_first`: whether the pull requests of a project's repository were never looked at; asked once a look."""
        self._pull_requests = pull_requests
        self._events = events
        self._is_first = is_first
        self._steady = steady
        self._lock = threading.Lock()
        self._doubts: dict[int, dict[int, tuple[Change, float]]] = {}
        """By project and number: what an earlier look has found, and when."""

    def __call__(self, project: Project, host: Host) -> None:
        """Take in what has changed. What is open at the first look counts as seen. Raises DrivetrainError."""
        told = {each.number: each for each in host.pull_requests() if _is_legal(each)}
        if self._is_first(project.id):
            for each in told.values():
                if self._pull_requests.get(project.id, each.number) is None:
                    self._pull_requests.put(project.id, KnownPullRequest(each))
            return
        found = dict(self._changes(project, host, told))
        with self._lock:
            doubts = self._doubts.get(project.id, {})
            now = self._steady()
            kept = {number: _since(doubts.get(number), change, now) for number, (change, _) in found.items()}
            self._doubts[project.id] = kept
        for number, (change, pull) in sorted(found.items()):
            if now - kept[number][1] >= GRACE_SECONDS:
                self._add(project, change, pull)

    def _changes(
        self, project: Project, host: Host, told: dict[int, PullRequest]
    ) -> Iterator[tuple[int, tuple[Change, PullRequest]]]:
        for number, pull in told.items():
            known = self._pull_requests.get(project.id, number)
            change = change_of(known.pull_request if known else None, pull)
            if change:
                yield number, (change, pull)
        for known in self._pull_requests.open(project.id):
            number = known.pull_request.number
            ended = None if number in told else _ended(host, known.pull_request)
            if ended:
                yield number, (Change(ended.state, f"{ended.head_sha} {ended.state} look"), ended)

    def _add(self, project: Project, change: Change, pull: PullRequest) -> None:
        update = RefUpdate(project.id, pull.ref, pull.base_sha, pull.head_sha)
        cause = PullRequestChanged(pull, action=change.action)
        self._events.add(update, Reason.PULL_REQUEST, cause, f"pr {project.id} {pull.number} {change.key}")
        self._pull_requests.put(project.id, KnownPullRequest(pull))


def change_of(before: PullRequest | None, told: PullRequest) -> Change | None:
    """What has become of an open pull request since it was last heard of; None when nothing that matters has."""
    if before is None or before.head_sha != told.head_sha:
        return Change("updated", told.head_sha)
    if before.state != OPEN:
        return Change("reopened", f"{told.head_sha} reopened look {before.state}")
    if before.target != told.target:
        return Change("retargeted", f"{told.head_sha} {told.target}")
    if before.draft and not told.draft:
        return Change("ready", f"{told.head_sha} ready look")
    return None


def _since(doubt: tuple[Change, float] | None, change: Change, now: float) -> tuple[Change, float]:
    return doubt if doubt and doubt[0] == change else (change, now)


def _ended(host: Host, before: PullRequest) -> PullRequest | None:
    """One that is open no more, as it ended; None when the host cannot say, or lists it late."""
    try:
        now = host.pull_request(before.number)
    except NotFoundError:
        return None
    return now if now.state != OPEN and _is_legal(now) else None


def _is_legal(pull: PullRequest) -> bool:
    """Whether a pull request may be taken in: its names come from strangers."""
    try:
        candidates(pull.target)
        candidates(pull.source)
    except UserError:
        return False
    return pull.number > 0 and SHA.fullmatch(pull.head_sha) is not None
