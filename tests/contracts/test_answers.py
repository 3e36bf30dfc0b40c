"""What every implementation of `AnswerBook` must do: what changes is owed, until it was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from drivetrain.clock import FixedClock, timestamp
from drivetrain.run.model import RepositorySource, Result, Run, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.source.events import PullRequest, PullRequestChanged
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Commit, Project, Reason, RefUpdate
from drivetrain.store.answers import SqliteAnswers
from drivetrain.store.database import Database
from drivetrain.store.links import SqliteLinks
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.source_events import SqliteSourceEvents
from drivetrain.store.vault import FileVault
from drivetrain.view.answers.model import AnswerKind, Changed, Subject

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "a" * 40
PULL = PullRequest(7, "t", "ada", "refs/heads/x", HEAD, "refs/heads/main")


class Home(NamedTuple):
    book: SqliteAnswers
    runs: SqliteRunStore
    events: SqliteSourceEvents
    links: SqliteLinks
    clock: FixedClock
    project: Project

    def run(self, event: int | None = None) -> Run:
        source = RepositorySource("churn", "https://x", "/m", "refs/heads/main", Commit(HEAD))
        new = NewRun("churn", "a.yml", Reason.MANUAL, source, "ada", project_id=self.project.id, source_event_id=event)
        return self.runs.create(new, None, number_key="k", number=lambda run_id, _, __: str(run_id))

    def link(self) -> None:
        self.links.put(Link(self.project.id, HostKind.GITHUB, "https://api", "a/b", "gh", "key"), "s")

    def subject(self, kind: AnswerKind = AnswerKind.REPORT) -> Subject:
        return Subject(self.project.id, kind, "pull 7", HEAD, 7)

    def event(self, once: str, outcome: str = "waits") -> int:
        made = self.events.add(
            RefUpdate(self.project.id, PULL.ref, "", HEAD), Reason.PULL_REQUEST, PullRequestChanged(PULL), once
        )
        assert made is not None
        if outcome:
            self.events.finish(made, None, outcome)
        return made

    def due(self) -> list[tuple[int | None, int | None, int]]:
        return [(each.run_id, each.event_id, each.changes) for each in self.book.due(timestamp(self.clock.now()))]

    def later(self) -> None:
        self.clock.at += timedelta(minutes=1)


@pytest.fixture(params=["sqlite"])
def home(tmp_path: Path) -> Home:
    database = Database(tmp_path / "drivetrain.db")
    clock = FixedClock(datetime(2026, 11, 26, tzinfo=UTC))
    project = SqliteProjects(database).add(Project(0, "churn", "https://x/churn.git", "main"), {})
    made = Home(
        SqliteAnswers(database, clock),
        SqliteRunStore(database, clock),
        SqliteSourceEvents(database, clock),
        SqliteLinks(database, FileVault(tmp_path / "key")),
        clock,
        project,
    )
    made.link()
    return made


def test_what_changes_about_a_run_is_marked_with_the_change(home: Home) -> None:
    run = home.run()
    (changed,) = home.book.changed_runs()
    assert changed.run_id == run.id
    home.runs.record(run.id, [], Changes(run=RunChange(state=State.RUNNING)))
    home.book.owe([], changed)  # looked at as it was before
    (again,) = home.book.changed_runs()
    assert again.seen > changed.seen
    home.book.owe([], again)
    assert home.book.changed_runs() == []
    home.runs.record(run.id, [], Changes(run=RunChange(add_tags=("t",))))
    assert home.book.changed_runs() == []
    home.runs.record(run.id, [], Changes(run=RunChange(state=State.COMPLETED, result=Result.FAILED)))
    assert len(home.book.changed_runs()) == 1


def test_a_project_without_a_link_marks_nothing(home: Home) -> None:
    home.links.remove(home.project.id)
    home.run()
    home.event("e1")
    assert home.book.changed_runs() == []
    assert home.book.changed_events() == []


def test_only_events_that_came_to_no_run_are_marked(home: Home) -> None:
    waits, pending = home.event("e1"), home.event("e2", "")
    assert home.book.changed_events() == [waits]
    home.book.owe_event([home.subject()], waits)
    home.events.finish(pending, 3, "branch main")
    assert home.book.changed_events() == []
    assert home.due() == [(None, waits, 1)]


def test_an_answer_is_owed_until_all_changes_were_told(home: Home) -> None:
    run = home.run()
    home.book.owe([home.subject()], Changed(run.id, 1))
    (owed,) = home.book.owed()
    home.later()
    home.book.owe([home.subject()], Changed(run.id, 2))
    home.book.told(owed, "digest", "known")
    assert home.due() == [(run.id, None, 1)]
    (owed,) = home.book.owed()
    assert (owed.told, owed.known, owed.owed_since) == ("digest", "known", timestamp(home.clock.now()))
    home.book.told(owed, "digest 2", "known")
    assert home.book.owed() == []
    assert home.book.standing(home.project.id).owed == 0


def test_what_is_about_something_newer_counts(home: Home) -> None:
    first = home.event("e1", "")
    home.later()
    second = home.event("e2", "conflict")
    home.later()
    late = home.run(first)  # of the older event, but made after the newer one
    home.book.owe_event([home.subject()], second)
    home.book.owe([home.subject()], Changed(late.id, 1))
    assert home.due() == [(None, second, 1)]
    home.later()
    by_hand = home.run()
    home.book.owe([home.subject()], Changed(by_hand.id, 1))
    assert home.due() == [(by_hand.id, None, 2)]


def test_what_failed_is_due_later_and_can_be_tried_at_once(home: Home) -> None:
    run = home.run()
    home.book.owe([home.subject(), home.subject(AnswerKind.COMMENT)], Changed(run.id, 1))
    until = timestamp(home.clock.now() + timedelta(minutes=5))
    first, _ = home.book.owed()
    home.book.failed(first, "down", until)
    assert len(home.due()) == 1
    home.book.postpone(home.project.id, "down", until)
    assert home.due() == []
    standing = home.book.standing(home.project.id)
    assert (standing.owed, standing.trouble, standing.next_try) == (2, "down", until)
    assert home.book.retry() == 2
    assert [each.tries for each in home.book.owed()] == [0, 0]
    assert len(home.due()) == 2


def test_a_reply_is_owed_once(home: Home) -> None:
    assert home.book.say(home.project.id, 7, "Hello.", "comment 1")
    (owed,) = home.book.owed()
    assert (owed.text, owed.subject.pull_request) == ("Hello.", 7)
    assert not home.book.say(home.project.id, 7, "Hello again.", "comment 1")
    home.book.told(owed, "d", "9")
    assert not home.book.say(home.project.id, 7, "Hello.", "comment 1")
    assert home.book.owed() == []
