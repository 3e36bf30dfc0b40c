"""What every implementation of `Projects` and `SourceEvents` must do."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.source.model import Project, Reason, RefUpdate
from drivetrain.store.database import Database
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.source_events import SqliteSourceEvents
from drivetrain.store.vault import FileVault

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

A, B, C = "a" * 40, "b" * 40, "c" * 40
ZERO = "0" * 40
MAIN = "refs/heads/main"
CLOCK = FixedClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


@dataclass
class Stores:
    projects: SqliteProjects
    events: SqliteSourceEvents
    connection: sqlite3.Connection


@pytest.fixture(params=["sqlite"])
def stores(tmp_path: Path) -> Iterator[Stores]:
    database = Database(tmp_path / "drivetrain.db")
    connection = database.connect()
    made = Stores(SqliteProjects(database, CLOCK), SqliteSourceEvents(database, CLOCK), connection)
    yield made
    for opened in (made.projects, made.events, connection):
        opened.close()


def project(name: str = "fraud") -> Project:
    return Project(id=0, name=name, url=f"/repos/{name}", branch="main", poll_seconds=2.5)


def test_a_project_comes_back_as_it_was_added(stores: Stores) -> None:
    added = stores.projects.add(project(), {})
    assert (added.name, added.created_at) == ("fraud", "2026-01-02T03:04:05.000Z")
    assert added.id > 0
    assert stores.projects.get(added.id) == added
    assert stores.projects.named("fraud") == added
    assert list(stores.projects.all()) == [added]


def test_a_password_is_sealed_in_the_database(stores: Stores, tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "secret.key")
    projects = SqliteProjects(Database(tmp_path / "drivetrain.db"), CLOCK, vault)
    with closing(projects):
        added = projects.add(replace(project(), url="https://me:hush@host/x.git"), {})
        projects.add(project("plain"), {})
        assert added.url == "https://me:hush@host/x.git"
        assert projects.get(added.id) == projects.named("fraud") == added
        kept = dict(stores.connection.execute("SELECT name, url FROM projects"))
        assert kept["plain"] == "/repos/plain"
        assert kept["fraud"].startswith("sealed:")
        (tmp_path / "secret.key").unlink()
    with closing(
        SqliteProjects(Database(tmp_path / "drivetrain.db"), CLOCK, FileVault(tmp_path / "secret.key"))
    ) as late:
        assert [each.name for each in late.all()] == ["fraud", "plain"]  # a lost key is trouble for one project only


def test_only_the_owner_reads_the_database(stores: Stores, tmp_path: Path) -> None:
    stores.projects.add(project(), {})
    files = sorted(tmp_path.glob("drivetrain.db*"))
    assert [file.name for file in files] == ["drivetrain.db", "drivetrain.db-shm", "drivetrain.db-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_projects_are_listed_by_name(stores: Stores) -> None:
    for name in ("b", "a", "c"):
        stores.projects.add(project(name), {})
    assert [found.name for found in stores.projects.all()] == ["a", "b", "c"]


def test_a_taken_name_is_refused_and_nothing_is_kept(stores: Stores) -> None:
    stores.projects.add(project(), {})
    with pytest.raises(ConflictError, match="'fraud' already"):
        stores.projects.add(project(), {MAIN: A})
    assert len(stores.projects.all()) == 1


def test_an_unknown_name_lists_those_there_are(stores: Stores) -> None:
    stores.projects.add(project("credit"), {})
    with pytest.raises(NotFoundError) as failure:
        stores.projects.named("fraud")
    assert failure.value.hint == "projects: credit"


def test_a_removed_project_is_gone_and_its_name_is_free(stores: Stores) -> None:
    added = stores.projects.add(project(), {MAIN: A})
    stores.projects.remove(added.id, delete_runs=False)
    assert stores.projects.get(added.id) is None
    assert stores.projects.all() == ()
    again = stores.projects.add(project(), {})
    assert again.id != added.id
    assert stores.events.positions(again.id) == {}


def test_removing_a_project_closes_its_waiting_events_and_takes_no_more(stores: Stores) -> None:
    added = stores.projects.add(project(), {MAIN: A})
    stores.events.ingest(RefUpdate(added.id, MAIN, A, B), Reason.INDIVIDUAL_CI)
    stores.projects.remove(added.id, delete_runs=False)
    assert stores.events.pending() == ()
    assert [event.outcome for event in stores.events.recent(added.id)] == ["the project was removed"]
    assert stores.events.ingest(RefUpdate(added.id, MAIN, "", C), Reason.INDIVIDUAL_CI) is None


def test_runs_go_with_the_project_only_when_asked_and_ended(stores: Stores) -> None:
    added = stores.projects.add(project(), {})
    insert = (
        "INSERT INTO runs (number, pipeline, file, project_id, reason, source, branch, commit_sha, requested_for, "
        "state, created_at) VALUES ('1', 'p', 'f', ?, 'Manual', '{}', '', '', '', ?, '')"
    )
    stores.connection.execute(insert, (added.id, "running"))
    with pytest.raises(ConflictError, match="run 1 of this project has not ended"):
        stores.projects.remove(added.id, delete_runs=True)
    assert stores.projects.get(added.id) == added
    stores.connection.execute("UPDATE runs SET state = 'completed'")
    assert list(stores.projects.remove(added.id, delete_runs=True)) == [1]


def test_refs_that_were_there_when_the_project_was_added_count_as_seen(stores: Stores) -> None:
    added = stores.projects.add(project(), {MAIN: A, "refs/tags/v1": B})
    assert stores.events.positions(added.id) == {MAIN: A, "refs/tags/v1": B}
    assert stores.events.pending() == ()


def test_a_move_makes_one_event_however_often_it_is_reported(stores: Stores) -> None:
    added = stores.projects.add(project(), {MAIN: A})
    move = RefUpdate(added.id, MAIN, A, B)
    first = stores.events.ingest(move, Reason.INDIVIDUAL_CI)
    assert first is not None
    assert stores.events.ingest(move, Reason.INDIVIDUAL_CI) is None
    (event,) = stores.events.pending()
    assert (event.id, event.update, event.reason, event.state) == (first, move, Reason.INDIVIDUAL_CI, "new")
    assert stores.events.position(added.id, MAIN) == B


def test_a_move_from_elsewhere_changes_nothing(stores: Stores) -> None:
    added = stores.projects.add(project(), {MAIN: A})
    assert stores.events.ingest(RefUpdate(added.id, MAIN, B, C), Reason.INDIVIDUAL_CI) is None
    assert stores.events.ingest(RefUpdate(added.id, MAIN, "", C), Reason.INDIVIDUAL_CI) is None
    assert stores.events.ingest(RefUpdate(added.id, MAIN, A, A), Reason.INDIVIDUAL_CI) is None
    assert stores.events.position(added.id, MAIN) == A
    assert stores.events.pending() == ()


@pytest.mark.parametrize("nothing", ["", ZERO])
def test_a_ref_comes_and_goes_and_comes_back(stores: Stores, nothing: str) -> None:
    added = stores.projects.add(project(), {})
    for old, new in ((nothing, A), (A, nothing), (nothing, A)):
        assert stores.events.ingest(RefUpdate(added.id, MAIN, old, new), Reason.INDIVIDUAL_CI) is not None
    assert [(event.update.old_sha, event.update.new_sha) for event in stores.events.pending()] == [
        ("", A),
        (A, ""),
        ("", A),
    ]


def test_events_wait_oldest_first_until_they_are_finished(stores: Stores) -> None:
    added = stores.projects.add(project(), {MAIN: A})
    first = stores.events.ingest(RefUpdate(added.id, MAIN, A, B), Reason.INDIVIDUAL_CI)
    second = stores.events.ingest(RefUpdate(added.id, MAIN, B, C), Reason.INDIVIDUAL_CI)
    assert first is not None
    assert [event.id for event in stores.events.pending()] == [first, second]
    stores.events.finish(first, 7, "as asked")
    stores.events.finish(first, 8, "a second time changes nothing")
    assert [event.id for event in stores.events.pending()] == [second]
    done = stores.events.recent(added.id)[1]
    assert (done.state, done.run_id, done.outcome) == ("done", 7, "as asked")


def test_of_many_who_report_the_same_move_at_once_one_makes_the_event(stores: Stores) -> None:
    added = stores.projects.add(project(), {MAIN: A})
    made: list[int | None] = []
    ready = threading.Barrier(8)

    def report() -> None:
        ready.wait(30)
        made.append(stores.events.ingest(RefUpdate(added.id, MAIN, A, B), Reason.INDIVIDUAL_CI))
        stores.events.close()

    threads = [threading.Thread(target=report) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 8
    assert len([number for number in made if number is not None]) == 1
    assert len(stores.events.pending()) == 1
