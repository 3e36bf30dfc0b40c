"""Retention in a real home: real folders, a real database, and a process that is killed in the middle."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import timestamp
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.home import Home
from drivetrain.plan.model import Plan, RepositoryPlan
from drivetrain.record.artifacts import FolderArtifacts
from drivetrain.record.retention.model import Policy
from drivetrain.run.events import RunEvent
from drivetrain.run.model import Artifact, JobRef, RepositorySource, Result, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.source.git import has_commit
from drivetrain.source.model import Commit, Reason
from drivetrain.store.database import Database
from drivetrain.wire.projects import ProjectBook
from drivetrain.wire.retention import Retention
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.wire.conftest import Origin

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OLD = timestamp(NOW - timedelta(days=365))
JOB = JobRef("s", "j")
KILLED = """
import os, signal, sys
from pathlib import Path
from drivetrain.home import Home
from drivetrain.wire import retention
from tests.unit.wire.test_retention import retention_of
real, left = retention.remove_tree, int(sys.argv[2])
def remove(folder):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(folder)
retention.remove_tree = remove
retention_of(Home(Path(sys.argv[1]))).apply()
"""


class _Clock:
    def now(self) -> datetime:
        return NOW


def retention_of(home: Home, policy: Policy | None = None) -> Retention:
    return Retention(home, Database(home.database), _Clock(), policy or Policy(recent=0))


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(Home(tmp_path / "home"))


def make_run(storage: Storage, days: float, *, project_id: int | None = None, done: bool = True) -> int:
    """A run that ended so many days ago, with a folder, an artifact and a work folder."""
    source = RepositorySource("shop", "/s", "/s", "refs/heads/main", Commit("a" * 40))
    new = NewRun("shop", "a.yml", Reason.MANUAL, source, "Ada", project_id=project_id)
    run = storage.runs.create(new, None, number_key="k", number=lambda run_id, *_: str(run_id))
    ended = timestamp(NOW - timedelta(days=days))
    artifact = Artifact("model", "pipeline", JOB, 1, 1)
    change = RunChange(State.COMPLETED, Result.SUCCEEDED, finished_at=ended) if done else RunChange(State.RUNNING)
    event = RunEvent(storage.runs.last_seq(run.id) + 1, ended, "x")
    storage.runs.record(run.id, [event], Changes(change, artifacts=[artifact]))
    folder = storage.home.run(run.id) / JOB.folder(1)
    for name in ("logs", "work/s", "attachments"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("x")
    FolderArtifacts(storage.home.artifacts(run.id)).publish("model", folder / "logs")
    return run.id


def runs_of(storage: Storage) -> list[int]:
    with closing(sqlite3.connect(storage.home.database)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM runs ORDER BY id")]


def folders_of(storage: Storage, run_id: int) -> list[bool]:
    return [storage.home.run(run_id).exists(), storage.home.artifacts(run_id).exists()]


def test_old_runs_go_with_all_that_they_left(storage: Storage) -> None:
    old, new, going = make_run(storage, 31), make_run(storage, 29), make_run(storage, 0, done=False)
    removed = retention_of(storage.home).apply()
    assert [(mark.run_id, str(mark.what)) for mark in removed.done] == [(new, "work"), (old, "run")]
    assert runs_of(storage) == [new, going]
    assert folders_of(storage, old) == [False, False]
    assert folders_of(storage, new) == folders_of(storage, going) == [True, True]
    assert not (storage.home.run(new) / "s.j.1" / "work").exists()
    assert (storage.home.run(new) / "s.j.1" / "logs" / "file").exists()
    assert (storage.home.run(going) / "s.j.1" / "work" / "s").exists()
    assert retention_of(storage.home).apply().done == []


def test_mirrors_keep_what_runs_and_waiting_events_point_at(storage: Storage, origin: Origin) -> None:
    mine, other, mirror = origin.commit("Run"), origin.commit("Of another repository"), storage.git.mirror(origin.url)
    plan = Plan("shop", "a.yml", "1", (), repositories={"tools": RepositoryPlan("tools", version=other)})
    source = RepositorySource("shop", origin.url, str(mirror), "refs/heads/main", Commit(mine))
    new = NewRun("shop", "a.yml", Reason.MANUAL, source, "Ada")
    run = storage.runs.create(new, plan, number_key="k", number=lambda *_: "1")
    origin.git("checkout", "--quiet", "--orphan", "new")
    origin.commit("Rewritten")
    origin.git("branch", "-M", "main")
    storage.git.mirror(origin.url)
    retention = retention_of(storage.home)
    retention.tidy_mirrors()
    collect(mirror)
    assert (has_commit(mirror, mine), has_commit(mirror, other)) == (True, True)
    event = RunEvent(storage.runs.last_seq(run.id) + 1, OLD, "x")
    storage.runs.record(run.id, [event], Changes(RunChange(State.COMPLETED, Result.SUCCEEDED, finished_at=OLD)))
    retention.apply()
    retention.tidy_mirrors()
    collect(mirror)
    assert (has_commit(mirror, mine), has_commit(mirror, other)) == (False, False)


def test_a_mirror_that_cannot_be_tidied_up_is_told_and_left(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    (storage.home.mirrors / "broken.git").mkdir(parents=True)
    make_run(storage, 1)
    retention_of(storage.home).tidy_mirrors()
    assert "mirror broken.git cannot be tidied up" in caplog.text


def collect(mirror: Path) -> None:
    """What git does when all has become old."""
    subprocess.run(["git", "gc", "--quiet", "--prune=now"], cwd=mirror, check=True)


def test_looking_removes_nothing(storage: Storage) -> None:
    old, new = make_run(storage, 31), make_run(storage, 1)
    outlook = retention_of(storage.home).outlook()
    assert [(fate.run.id, str(fate.what), fate.due(NOW)) for fate in outlook] == [
        (old, "work", True),
        (old, "run", True),
        (new, "work", False),
        (new, "run", False),
    ]
    assert runs_of(storage) == [old, new]


def test_a_kept_run_stays_until_it_is_let_go_or_its_lease_ends(storage: Storage) -> None:
    kept, until = make_run(storage, 400), make_run(storage, 400)
    retention = retention_of(storage.home)
    retention.keep(kept, reason="in production", by="Ada")
    retention.keep(until, reason="", by="Ada", days=3)
    retention.apply()
    assert runs_of(storage) == [kept, until]
    (lease,) = retention.leases(kept)
    assert (lease.reason, lease.by, lease.until) == ("in production", "Ada", "")
    with closing(sqlite3.connect(storage.home.database)) as connection, connection:
        connection.execute("UPDATE leases SET until = ? WHERE until <> ''", (timestamp(NOW),))
    assert retention.leases(until) == []
    retention.apply()
    assert runs_of(storage) == [kept]
    assert retention.unkeep(kept) == 1
    assert retention.unkeep(kept) == 0
    retention.apply()
    assert runs_of(storage) == []


def test_what_cannot_be_kept_is_said(storage: Storage) -> None:
    old = make_run(storage, 31)
    retention = retention_of(storage.home)
    with pytest.raises(NotFoundError, match="there is no run 77"):
        retention.keep(77, reason="", by="Ada")
    with closing(sqlite3.connect(storage.home.database)) as connection, connection:
        connection.execute("INSERT INTO removals VALUES (?, 'run', '', '')", (old,))
    with pytest.raises(ConflictError, match=f"run {old} is being removed"):
        retention.keep(old, reason="", by="Ada")


def test_artifacts_go_before_their_run_and_are_told_of(storage: Storage) -> None:
    run_id = make_run(storage, 31)
    removed = retention_of(storage.home, Policy(days=90, recent=0, work_days=0)).apply()
    assert [str(mark.what) for mark in removed.done] == ["artifacts"]
    assert folders_of(storage, run_id) == [True, False]
    (artifact,) = storage.queries.timeline(run_id).artifacts
    assert artifact.removed_at == timestamp(NOW)
    assert retention_of(storage.home, Policy(days=90, recent=0, work_days=0)).apply().done == []


@pytest.mark.parametrize("steps", range(4))
def test_a_kill_in_the_middle_loses_nothing_and_is_made_good(storage: Storage, steps: int) -> None:
    old = [make_run(storage, 31), make_run(storage, 32)]
    kept = make_run(storage, 1)
    command = [sys.executable, "-c", KILLED, str(storage.home.root), str(steps)]
    killed = subprocess.run(command, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert kept in runs_of(storage)
    assert folders_of(storage, kept) == [True, True]
    for run_id in old:  # rows outlive their folders, so that what is left to do is known
        assert run_id in runs_of(storage) or folders_of(storage, run_id) == [False, False]
    retention_of(storage.home).finish()
    assert runs_of(storage) == [kept]
    assert [folders_of(storage, run_id) for run_id in old] == [[False, False]] * 2


def test_a_run_that_is_being_removed_cannot_go_on(storage: Storage) -> None:
    old = make_run(storage, 31)
    with closing(sqlite3.connect(storage.home.database)) as connection:
        connection.execute("INSERT INTO removals VALUES (?, 'run', '', '')", (old,))
        with pytest.raises(sqlite3.IntegrityError, match="being removed"):
            connection.execute("UPDATE runs SET state = 'pending' WHERE id = ?", (old,))


def test_the_work_folder_of_a_job_that_lives_stays(storage: Storage) -> None:
    """Its run was taken up again after it was marked."""
    run_id = make_run(storage, 8)
    work = storage.home.run(run_id) / "s.j.1" / "work"
    with (work.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        retention_of(storage.home).apply()
        assert (work / "s").exists()
    retention_of(storage.home).apply()
    assert not work.exists()


def test_hostile_folders_go_too_and_links_are_not_followed(storage: Storage, tmp_path: Path) -> None:
    old = make_run(storage, 31)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("untouched")
    work = storage.home.run(old) / "s.j.1" / "work"
    (work / "link").symlink_to(elsewhere)
    (storage.home.run(old) / "job").symlink_to(elsewhere)
    (work / "locked" / "in").mkdir(parents=True)
    (work / "locked").chmod(0)
    retention_of(storage.home).apply()
    assert folders_of(storage, old) == [False, False]
    assert (elsewhere / "file").read_text() == "untouched"


def test_runs_of_a_removed_project_leave_no_folders(storage: Storage, origin: Origin) -> None:
    origin.commit("steps: []")
    book = ProjectBook(storage.home)
    book.add(str(origin.path), name="", branch="", file="a.yml", poll_seconds=0, hook=False, run_now=False)
    gone, other = make_run(storage, 0, project_id=1), make_run(storage, 0)
    assert list(book.remove("templates", delete_runs=True)) == [gone]
    assert runs_of(storage) == [other]
    assert folders_of(storage, gone) == [False, False]
    assert folders_of(storage, other) == [True, True]


def test_files_of_another_user_are_told_of_and_tried_again(storage: Storage) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may remove everything")
    old = make_run(storage, 31)
    folder = storage.home.run(old).parent
    folder.chmod(0o500)
    try:
        assert [mark.run_id for mark in retention_of(storage.home).apply().left] == [old]
        assert runs_of(storage) == [old]
    finally:
        folder.chmod(0o700)
    assert [mark.run_id for mark in retention_of(storage.home).finish().done] == [old]
