from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.source.events import KnownPullRequest, PullRequest, PullRequestChanged
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Project, Reason, RefUpdate
from drivetrain.source.pull_request_looks import GRACE_SECONDS, PullRequestLooks
from drivetrain.store.database import Database
from drivetrain.store.host_looks import SqliteHostLooks
from drivetrain.store.links import SqliteLinks
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.pull_requests import SqlitePullRequests
from drivetrain.store.source_events import SqliteSourceEvents
from drivetrain.store.vault import FileVault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ONE, TWO = "1" * 40, "2" * 40
PULL = PullRequest(7, "Title", "ada", "refs/heads/feature", ONE, "refs/heads/main")


@dataclass
class Desk:
    """A project linked to a host that answers as it is told, on a real database."""

    root: Path
    open: list[PullRequest] = field(default_factory=list)
    ended: dict[int, PullRequest] = field(default_factory=dict)
    time: float = 0.0

    def __post_init__(self) -> None:
        self.root.mkdir(exist_ok=True)
        database = Database(self.root / "drivetrain.db")
        self.project = SqliteProjects(database).add(Project(0, "p", "https://host/p", "main"), {})
        link = Link(self.project.id, HostKind.GITHUB, "https://api.github.com", "o/p", key="k")
        SqliteLinks(database, FileVault(self.root / "key")).put(link, "secret")
        self.events, self.known = SqliteSourceEvents(database), SqlitePullRequests(database)
        self.first = SqliteHostLooks(database)
        self.restart()

    def restart(self) -> None:
        self.looks = PullRequestLooks(self.known, self.events, self.first.is_first, steady=lambda: self.time)

    def pull_requests(self) -> Sequence[PullRequest]:
        return self.open

    def pull_request(self, number: int) -> PullRequest:
        if number not in self.ended:
            raise NotFoundError(f"no {number}")
        return self.ended[number]

    def look(self, times: int = 2) -> list[tuple[int, str, str]]:
        """Look so often, a minute apart; all that was taken in so far."""
        for _ in range(times):
            self.looks(self.project, self)  # type: ignore[arg-type]
            self.time += 60
        causes = [event.cause for event in self.events.pending()]
        pulls = [cause for cause in causes if isinstance(cause, PullRequestChanged)]
        return [(each.pull_request.number, each.action, each.pull_request.head_sha[:1]) for each in pulls]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "desk", [PULL])
    assert made.look() == [], "what is open when the project is linked starts nothing"
    return made


def test_a_pull_request_and_a_commit_that_nobody_told_of_are_one_event_each(desk: Desk) -> None:
    desk.open = [PULL, replace(PULL, number=8)]
    assert desk.look(1) == [], "word of it may be on its way"
    assert desk.look(1) == [(8, "updated", "1")]
    desk.open = [replace(PULL, head_sha=TWO), replace(PULL, number=8)]
    assert desk.look(5)[1:] == [(7, "updated", "2")]


def test_one_whose_delivery_comes_first_or_later_is_one_event(desk: Desk) -> None:
    desk.open = [replace(PULL, number=8)]
    key, update = f"pr {desk.project.id} 8 {ONE}", RefUpdate(desk.project.id, "refs/pull/8/merge", "", ONE)
    desk.events.add(update, Reason.PULL_REQUEST, PullRequestChanged(desk.open[0]), key)
    desk.known.put(desk.project.id, KnownPullRequest(desk.open[0]))
    assert len(desk.look()) == 1
    desk.open = [replace(PULL, number=9)]
    desk.look()
    key, update = f"pr {desk.project.id} 9 {ONE}", RefUpdate(desk.project.id, "refs/pull/9/merge", "", ONE)
    assert desk.events.add(update, Reason.PULL_REQUEST, PullRequestChanged(desk.open[0]), key) is None


def test_what_else_becomes_of_one_is_found_too(desk: Desk) -> None:
    desk.open = [replace(PULL, target="refs/heads/next")]
    assert desk.look() == [(7, "retargeted", "1")]
    desk.open = [replace(desk.open[0], draft=True)]
    desk.known.put(desk.project.id, KnownPullRequest(desk.open[0]))
    desk.open = [replace(desk.open[0], draft=False)]
    assert desk.look()[1:] == [(7, "ready", "1")]
    desk.open = []
    assert desk.look()[2:] == [], "the host lists it late, or cannot say"
    desk.ended = {7: replace(PULL, state="merged")}
    assert desk.look()[2:] == [(7, "merged", "1")]
    desk.open = [replace(PULL, target="refs/heads/next")]
    assert desk.look()[3:] == [(7, "reopened", "1")]
    assert desk.look(5)[4:] == []


def test_a_restart_starts_nothing_twice_and_the_doubt_anew(desk: Desk) -> None:
    desk.open = [replace(PULL, head_sha=TWO)]
    desk.look(1)
    desk.restart()
    assert desk.look(1) == []
    assert desk.look(1) == [(7, "updated", "2")]
    desk.restart()
    assert desk.look(3) == [(7, "updated", "2")]


def test_names_that_no_repository_has_are_left_out(desk: Desk) -> None:
    evil = [replace(PULL, number=8, source="refs/heads/a b"), replace(PULL, number=9, head_sha="--upload-pack=x")]
    desk.open = [PULL, *evil, replace(PULL, number=0, head_sha=TWO)]
    assert desk.look(3) == []


def test_the_grace_is_less_than_the_usual_time_between_two_looks() -> None:
    assert Project(0, "p", "u", "main").poll_seconds > GRACE_SECONDS
