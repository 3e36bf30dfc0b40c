"""Crowds: a thousand legs and ten thousand steps stay quick. The bounds are wide, for slow machines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.unit.run.engine_bench import Bench, job, legs, one_stage, succeed

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.executors.fake import FakeRunner

LEGS = tuple(f"leg{number}" for number in range(250))


def drive(bench: Bench, run: int) -> float:
    """Seconds of processor time until the run is completed."""
    began = time.process_time()
    for _ in range(20_000):
        if bench.result(run) is not None:
            break
        bench.engine.round()
    assert bench.result(run) == "Succeeded"
    return time.process_time() - began


def test_a_thousand_legs_over_few_slots(tmp_path: Path) -> None:
    bench = Bench(tmp_path, slots=8)
    bench.executor.script = succeed
    jobs = [job(f"J{number}", legs=legs(*LEGS)) for number in range(4)]
    run = bench.queue(one_stage(*jobs, job("After", *(each.name for each in jobs))))
    seconds = drive(bench, run)
    assert len(bench.store.jobs(run)) == 1001
    bench.engine.close()
    assert seconds < 20, "1,000 legs should take a few seconds"


def test_a_thousand_jobs_of_the_server_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, slots=1)
    run = bench.queue(one_stage(*(job(f"J{number}", legs=legs(*LEGS), server=True) for number in range(4))))
    assert len(bench.started()) == 1000
    for runner in bench.executor.runners.values():
        runner.complete()
    assert drive(bench, run) < 20
    bench.engine.close()


def test_ten_thousand_steps_of_one_job(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def ten_thousand_steps(runner: FakeRunner) -> None:
        for index in range(1, 10_001):
            named = {"step": index, "name": f"s{index}", "display_name": f"Step {index}"}
            runner.write("step.started", named)
            runner.write("step.completed", {**named, "result": "Succeeded", "outcome": "Succeeded", "exit_code": 0})
        succeed(runner)

    bench.executor.script = ten_thousand_steps
    began = time.process_time()
    run = bench.queue(one_stage(job("A")))
    bench.look()
    assert bench.result(run) == "Succeeded"
    assert len(bench.store.steps(run)) == 10_000
    bench.engine.close()
    assert time.process_time() - began < 20
