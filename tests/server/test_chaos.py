"""Kill -9 of the server, of runners, of both, at random moments: nothing is lost, doubled, started twice or stuck."""

from __future__ import annotations

import os
import random
import signal
import threading
from typing import TYPE_CHECKING

import psutil
import pytest

from drivetrain.store.database import Database
from drivetrain.store.runs import SqliteRunStore
from tests.server.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.run.model import JobRecord, Run, StepRecord
    from tests.server.conftest import World

LINES = 200
KILLS = 3
SEVERAL_JOBS = f"""
trigger: [main]
jobs:
- job: A
  steps: [{{checkout: none}}, {{bash: "for i in $(seq {LINES}); do echo line $i; sleep 0.005; done"}}]
- job: B
  steps:
  - checkout: none
  - bash: "for i in $(seq {LINES}); do echo line $i; sleep 0.005; done"
  - bash: echo '##vso[task.setvariable variable=word;isOutput=true]from-b'
    name: say
  - bash: until [ -e "$ENOUGH" ]; do sleep 0.02; done
    env: {{ENOUGH: "@enough@"}}
- job: C
  dependsOn: [A, B]
  variables:
    word: $[ dependencies.B.outputs['say.word'] ]
  steps: [{{checkout: none}}, {{bash: "for i in $(seq {LINES}); do echo line $i; sleep 0.005; done; echo got $(word)"}}]
- job: D
  dependsOn: C
  condition: failed()
  steps: [{{checkout: none}}, {{bash: echo never}}]
"""


@pytest.fixture
def watched(world: World) -> World:
    world.repository(SEVERAL_JOBS.replace("@enough@", str(world.root / "enough")))
    world.cli("project", "add", str(world.bare), "--hook")
    return world


def records(world: World, run_id: int) -> tuple[Sequence[JobRecord], Sequence[StepRecord], list[str]]:
    store = SqliteRunStore(Database(world.home.database))
    try:
        events = [event.type for event in store.events(run_id, limit=100_000)]
        assert store.last_seq(run_id) == len(events), "events are numbered without gaps"
        return store.jobs(run_id), store.steps(run_id), events
    finally:
        store.close()


def printed(folder: Path) -> list[str]:
    text = "".join(path.read_text("utf-8") for path in sorted((folder / "logs").glob("*.log")))
    return [line for line in text.splitlines() if line.startswith("line ")]


def runner_pids(world: World, run_id: int) -> list[int]:
    """Living runners of a run: they are named by their job's folder."""
    marker = str(world.home.run(run_id)) + os.sep
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(word.startswith(marker) for word in process.info["cmdline"] or ())
        and "drivetrain.wire.runner" in process.info["cmdline"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_killed_in_a_loop_loses_no_line_and_starts_nothing_twice(watched: World, seed: int) -> None:
    chance, pause = random.Random(seed), threading.Event()
    watched.up()
    watched.commit()
    watched.push()
    kills = 0
    while not watched.ended():
        pause.wait(chance.uniform(0.05, 0.6))  # a random moment, not a wait for something
        watched.kill()
        kills += 1
        watched.up()
        assert kills < 100, watched.log()
        if kills == KILLS:
            (watched.root / "enough").touch()  # job B goes on until then, however quick the machine is
    (run,) = watched.runs()
    assert run.result == "Succeeded"
    assert kills >= KILLS
    jobs, _, events = records(watched, run.id)
    assert [(record.ref.job, record.attempt, str(record.result)) for record in jobs] == [
        ("A", 1, "Succeeded"),
        ("B", 1, "Succeeded"),
        ("C", 1, "Succeeded"),
        ("D", 1, "Skipped"),
    ]
    assert (events.count("job.started"), events.count("run.completed")) == (3, 1)
    for record in jobs[:3]:
        folder = watched.home.run(run.id) / record.ref.folder(1)
        assert printed(folder) == [f"line {number}" for number in range(1, LINES + 1)]
    logs = watched.home.run(run.id) / jobs[2].ref.folder(1) / "logs"
    assert any("got from-b" in path.read_text("utf-8") for path in logs.glob("*.log"))


def start_endless(world: World, step: str = "") -> tuple[Run, Path]:
    """A pushed run whose only step has begun and never ends by itself; the file that it touches."""
    begun = world.root / "begun"
    world.repository(f"steps:\n- checkout: none\n- bash: touch '{begun}'; exec sleep 600\n{step}")
    world.cli("project", "add", str(world.bare), "--hook")
    world.up()
    world.commit()
    world.push()
    wait_for(begun.exists, "the step to begin")
    return world.runs()[0], begun


def kill_runners(world: World, run_id: int) -> None:
    pids = runner_pids(world, run_id)
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_a_killed_runner_fails_its_job_with_the_reason_and_leaves_no_process(world: World) -> None:
    run, _ = start_endless(world)
    kill_runners(world, run.id)
    (ended,) = world.wait_for_runs(1)
    assert ended.result == "Failed"
    ((job,), steps, _) = records(world, run.id)
    assert "runner" in job.reason
    assert [str(step.result) for step in steps if step.state == "completed"][-1] == "Failed"
    marker = f"DRIVETRAIN_JOB_DIR={world.home.run(run.id)}"
    wait_for(lambda: not any(marker in environment for environment in environments()), "its processes to be gone")


def environments() -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            found.append("\n".join(f"{name}={value}" for name, value in process.environ().items()))
        except psutil.Error:
            continue
    return found


def test_a_killed_runner_is_retried_where_the_step_says_so(world: World) -> None:
    run, begun = start_endless(world, "  retryCountOnTaskFailure: 1\n")
    begun.unlink()
    kill_runners(world, run.id)
    wait_for(begun.exists, "the second attempt to begin")
    kill_runners(world, run.id)
    (ended,) = world.wait_for_runs(1)
    jobs, _, _ = records(world, run.id)
    assert ended.result == "Failed"
    assert [record.attempt for record in jobs] == [1, 2]


def test_when_both_are_killed_the_next_server_ends_the_run(world: World) -> None:
    run, _ = start_endless(world)
    world.kill()
    kill_runners(world, run.id)
    world.up()
    (ended,) = world.wait_for_runs(1)
    assert ended.result == "Failed"
