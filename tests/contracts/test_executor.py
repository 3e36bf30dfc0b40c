"""The contract of the Executor port, kept by real processes (spawned and forked) and by the fake."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import psutil
import pytest

from drivetrain.run.executors.fake import FakeExecutor
from drivetrain.run.executors.fork import Fork
from drivetrain.run.executors.local import LocalExecutor
from drivetrain.run.executors.spawn import Spawn
from drivetrain.run.journal import read_journal
from drivetrain.run.model import JobSecrets
from drivetrain.run.waiting import Waiter
from tests.contracts import stand_in_runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivetrain.run.ports import Executor

DEADLINE = 60.0
SECRETS = JobSecrets({"s": "x" * 200_000})


class Subject(Protocol):
    """An executor, and how to make its job end."""

    @property
    def executor(self) -> Executor: ...

    def end(self, job_dir: Path) -> None: ...

    def kill(self, job_dir: Path) -> None: ...


class Real:
    def __init__(self, executor: LocalExecutor) -> None:
        self.executor = executor

    def end(self, job_dir: Path) -> None:
        (job_dir / "go").touch()

    def kill(self, job_dir: Path) -> None:
        os.kill(pid_of(job_dir), signal.SIGKILL)


class Played:
    def __init__(self, executor: FakeExecutor) -> None:
        self.executor = executor

    def end(self, job_dir: Path) -> None:
        self.executor.runners[job_dir].complete()

    def kill(self, job_dir: Path) -> None:
        self.executor.runners[job_dir].die()


def spawned() -> Real:
    return Real(LocalExecutor(Spawn((sys.executable, stand_in_runner.__file__))))


def forked() -> Real:
    return Real(LocalExecutor(Fork(stand_in_runner.main)))


def played() -> Played:
    return Played(FakeExecutor())


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)


def kinds(job_dir: Path) -> list[str]:
    return [entry.type for entry in read_journal(job_dir / "journal.jsonl")[0]]


def pid_of(job_dir: Path, kind: str = "job.started") -> int:
    entry = next(entry for entry in read_journal(job_dir / "journal.jsonl")[0] if entry.type == kind)
    pid = entry.data["pid"]
    assert isinstance(pid, int)
    return pid


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(params=[spawned, forked, played], ids=["spawn", "fork", "fake"])
def subject(request: pytest.FixtureRequest) -> Subject:
    made: Subject = request.param()
    return made


@pytest.fixture(params=[spawned, forked], ids=["spawn", "fork"])
def real(request: pytest.FixtureRequest) -> Real:
    made: Real = request.param()
    return made


@pytest.fixture
def job_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "S.A.1"
    folder.mkdir()
    yield folder
    for process in children_of(folder):
        process.kill()
    LocalExecutor(Spawn(())).reap(folder)


def started(subject: Subject, job_dir: Path) -> None:
    subject.executor.start(job_dir, SECRETS)
    until(lambda: "job.started" in kinds(job_dir))


def test_a_runner_begins_a_journal_lives_and_ends(subject: Subject, job_dir: Path) -> None:
    assert not subject.executor.alive(job_dir)
    started(subject, job_dir)
    assert subject.executor.alive(job_dir)
    subject.end(job_dir)
    until(lambda: not subject.executor.alive(job_dir))
    assert kinds(job_dir)[-1] == "job.completed"
    subject.executor.release(job_dir)


def test_a_second_start_of_the_same_folder_does_nothing(subject: Subject, job_dir: Path) -> None:
    started(subject, job_dir)
    subject.executor.start(job_dir, SECRETS)
    subject.end(job_dir)
    until(lambda: not subject.executor.alive(job_dir))
    before = kinds(job_dir)
    subject.executor.start(job_dir, SECRETS)
    until(lambda: not list(children_of(job_dir)))
    assert kinds(job_dir) == before
    assert before.count("job.started") == 1


def children_of(job_dir: Path) -> Iterator[psutil.Process]:
    for process in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it may end, or become a zombie, while it is looked at
            if process.status() != psutil.STATUS_ZOMBIE and str(job_dir) in process.cmdline():
                yield process


def test_a_canceled_job_says_so(subject: Subject, job_dir: Path) -> None:
    started(subject, job_dir)
    subject.executor.cancel(job_dir, "enough")
    until(lambda: not subject.executor.alive(job_dir))
    assert read_journal(job_dir / "journal.jsonl")[0][-1].data["result"] == "Canceled"


def test_a_killed_runner_is_not_alive_and_leaves_its_journal_open(subject: Subject, job_dir: Path) -> None:
    started(subject, job_dir)
    subject.kill(job_dir)
    until(lambda: not subject.executor.alive(job_dir))
    assert "job.completed" not in kinds(job_dir)


def test_reap_ends_the_runner(subject: Subject, job_dir: Path) -> None:
    started(subject, job_dir)
    subject.executor.reap(job_dir)
    until(lambda: not subject.executor.alive(job_dir))


def test_cancel_and_reap_of_what_never_ran_do_no_harm(subject: Subject, job_dir: Path) -> None:
    subject.executor.cancel(job_dir, "early")
    subject.executor.reap(job_dir)
    assert not subject.executor.alive(job_dir)


def test_another_executor_sees_and_cancels_what_this_one_started(real: Real, job_dir: Path) -> None:
    started(real, job_dir)
    other = LocalExecutor(Spawn(()))
    assert other.alive(job_dir)
    other.cancel(job_dir, "from elsewhere")
    until(lambda: not other.alive(job_dir))


def test_reap_ends_what_a_killed_runner_left_behind(real: Real, job_dir: Path) -> None:
    started(real, job_dir)
    until(lambda: "child" in kinds(job_dir))
    child = pid_of(job_dir, "child")
    real.kill(job_dir)
    until(lambda: not real.executor.alive(job_dir))
    assert running(child)
    real.executor.reap(job_dir)
    until(lambda: not running(child))


def test_the_secrets_arrive_whole_and_are_in_no_file(real: Real, job_dir: Path) -> None:
    real.executor.start(job_dir, JobSecrets({"s": "y" * 200_000}))
    until(lambda: "job.started" in kinds(job_dir))
    assert read_journal(job_dir / "journal.jsonl")[0][0].data["secret"] == "y" * 200_000
    others = [file for file in job_dir.iterdir() if file.is_file() and file.name != "journal.jsonl"]
    assert others
    assert not [file for file in others if b"yyyy" in file.read_bytes()]


def test_a_runner_is_in_a_session_of_its_own_without_the_files_of_who_started_it(real: Real, job_dir: Path) -> None:
    with (job_dir / "parents").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        started(real, job_dir)
    pid = pid_of(job_dir)
    assert os.getsid(pid) == pid
    held_by_runner = {Path(file.path).name for file in psutil.Process(pid).open_files()}
    assert "parents" not in held_by_runner


def test_the_end_of_a_runner_is_noticed_at_once_and_nothing_stays(real: Real, job_dir: Path) -> None:
    started(real, job_dir)
    waiter = Waiter()
    pid = pid_of(job_dir)
    threading.Timer(0.05, real.end, [job_dir]).start()
    deadline = time.monotonic() + DEADLINE
    while running(pid):
        assert time.monotonic() < deadline
        waiter.wait(DEADLINE, real.executor.endings())
    real.executor.release(job_dir)
    until(lambda: real.executor.endings() == [] and not psutil.pid_exists(pid))
    waiter.close()


def test_a_runner_that_ended_unheard_does_not_keep_a_waiter_awake(real: Real, job_dir: Path) -> None:
    started(real, job_dir)
    real.kill(job_dir)
    until(lambda: not running(pid_of(job_dir)))
    assert len(real.executor.endings()) == 1
    assert not real.executor.endings()


def test_a_runner_outlives_the_process_that_started_it(tmp_path: Path, job_dir: Path) -> None:
    program = tmp_path / "starter.py"
    program.write_text(
        "import os, sys, pathlib\n"
        "from drivetrain.run.executors.spawn import Spawn\n"
        "from drivetrain.run.executors.local import LocalExecutor\n"
        "from drivetrain.run.model import JobSecrets\n"
        f"executor = LocalExecutor(Spawn((sys.executable, {stand_in_runner.__file__!r})))\n"
        f"executor.start(pathlib.Path({str(job_dir)!r}), JobSecrets())\n"
        "os.kill(os.getpid(), 9)\n"
    )
    os.spawnv(os.P_WAIT, sys.executable, [sys.executable, str(program)])
    executor = LocalExecutor(Spawn(()))
    until(lambda: executor.alive(job_dir))
    (job_dir / "go").touch()
    until(lambda: not executor.alive(job_dir))
    assert kinds(job_dir)[-1] == "job.completed"
