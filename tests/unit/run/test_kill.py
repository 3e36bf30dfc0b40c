"""kill -9 with real processes: of the one who drives, at any moment, and of a runner."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from drivetrain.clock import SystemClock
from drivetrain.home import Home
from drivetrain.plan.model import StepPlan
from drivetrain.run.engine import Engine
from drivetrain.run.executors.local import LocalExecutor
from drivetrain.run.executors.spawn import Spawn
from drivetrain.run.journal import read_journal
from drivetrain.run.launch import EngineSettings, Parts
from drivetrain.run.ports import NewRun
from drivetrain.source.model import Reason
from drivetrain.store.database import Database
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.tokens import SqliteTokenStore
from drivetrain.store.vault import FileVault
from tests.unit.run.engine_bench import SOURCE, job, plan, stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.plan.model import Plan

DEADLINE = 120.0
SERVER = (
    "import pathlib, sys, threading\n"
    "from tests.unit.run.test_kill import engine\n"
    "engine(pathlib.Path(sys.argv[1])).serve(threading.Event())\n"
)
ROOT = Path(__file__).parents[3]


def engine(root: Path) -> Engine:
    home = Home(root)
    database = Database(home.database)
    store, tokens = SqliteRunStore(database), SqliteTokenStore(database)
    executor = LocalExecutor(Spawn())
    vault = FileVault(home.secret_key)
    return Engine(Parts(store, executor, vault, tokens, SystemClock(), home, EngineSettings(max_parallel_jobs=2)))


def script(text: str, **given: object) -> StepPlan:
    return StepPlan("bash", "Bash", "Bash@3", {"targetType": "inline", "script": text}, **given)  # type: ignore[arg-type]


def create(root: Path, pipeline: Plan) -> int:
    store = SqliteRunStore(Database(Home(root).database))
    new = NewRun("p", "azure-pipelines.yml", Reason.MANUAL, SOURCE, "Ada")
    return store.create(new, pipeline, number_key="", number=lambda run_id, *_: str(run_id)).id


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)


def serve(root: Path) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen([sys.executable, "-c", SERVER, str(root)], cwd=ROOT, env=environment)


def kinds(job_dir: Path) -> list[str]:
    return [entry.type for entry in read_journal(job_dir / "journal.jsonl")[0]]


def test_a_run_ends_right_however_often_its_driver_is_killed(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    steps = tuple(script(f"echo line; mktemp -p {marks} $(System.JobName).{n}.XXXXXX; sleep 0.2") for n in range(4))
    jobs = [job("A", steps=steps), job("B", steps=steps), job("C", "A", steps=steps)]
    root = tmp_path / "home"
    run = create(root, plan(stage("S", *jobs), stage("T", job("D", steps=steps), depends_on=["S"])))
    store = SqliteRunStore(Database(Home(root).database))
    deadline, kills = time.monotonic() + DEADLINE, 0
    while store.get(run).result is None:
        assert time.monotonic() < deadline, "the run is stuck"
        before = store.last_seq(run)
        server = serve(root)
        # Each life of a driver ends as soon as it has written something.
        while store.last_seq(run) == before and store.get(run).result is None:
            assert time.monotonic() < deadline, "the run is stuck"
            time.sleep(0.003)
        server.kill()
        server.wait()
        kills += 1
    assert kills > 2
    assert str(store.get(run).result) == "Succeeded"
    names = sorted(path.name.rpartition(".")[0] for path in marks.iterdir())
    assert names == sorted(f"{name}.{n}" for name in "ABCD" for n in range(4))  # each step ran, and ran once
    events = store.events(run, limit=10_000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for folder in Home(root).run(run).glob("*.1"):
        for log in (folder / "logs").glob("*.log"):
            assert log.read_text().splitlines().count("line") == 1


@pytest.mark.parametrize("retry", ["0", "1"])
def test_a_killed_runner_fails_its_job_within_seconds_or_is_tried_again(tmp_path: Path, retry: str) -> None:
    flag = tmp_path / "second"
    text = f"sleep 1000 & if [ -e {flag} ]; then echo again; exit 0; fi; touch {flag}; echo $!; wait"
    root = tmp_path / "home"
    run = create(root, plan(stage("S", job("A", steps=(script(text, retry_count=retry),)))))
    folder = Home(root).run(run) / "S.A.1"

    def kill() -> None:
        until(flag.exists)
        pid = read_journal(folder / "journal.jsonl")[0][0].data["pid"]
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    driver = engine(root)
    result = driver.drive(run).result
    killer.join()
    driver.close()
    store = SqliteRunStore(Database(Home(root).database))
    lost = store.jobs(run)[0]
    assert lost.reason == "The runner process ended without finishing (killed or out of memory?)"
    assert [str(record.result) for record in store.jobs(run)] == ["Failed"] + ["Succeeded"] * int(retry)
    assert str(result) == ("Succeeded" if retry == "1" else "Failed")
    assert "job.completed" not in kinds(folder)
    assert not [process for process in psutil.process_iter() if belongs(process, folder)]


def belongs(process: psutil.Process, folder: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.environ().get("DRIVETRAIN_JOB_DIR") == str(folder)
    return False


def test_when_both_are_killed_the_next_driver_ends_the_run(tmp_path: Path) -> None:
    root = tmp_path / "home"
    run = create(root, plan(stage("S", job("A", steps=(script("echo here; sleep 1000"),)), job("B", "A"))))
    folder = Home(root).run(run) / "S.A.1"
    server = serve(root)
    until(lambda: "step.started" in kinds(folder))
    pid = read_journal(folder / "journal.jsonl")[0][0].data["pid"]
    assert isinstance(pid, int)
    server.kill()
    os.kill(pid, signal.SIGKILL)
    server.wait()
    driver = engine(root)
    assert str(driver.drive(run).result) == "Failed"
    driver.close()
