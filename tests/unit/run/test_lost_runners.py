"""Runners that die, do not come up, or lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.model import JobRef, State
from tests.unit.run.engine_bench import STEP, job, one_stage

if TYPE_CHECKING:
    from tests.unit.run.engine_bench import Bench


def test_a_runner_that_dies_fails_its_job_with_the_reason_and_ends_its_steps(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    bench.runner("A").write(
        "step.started", {"step": 1, "name": "say", "display_name": "Say", "task": "Bash@3", "tries": 1}
    )
    bench.look()
    bench.runner("A").die()
    bench.look()
    assert bench.result(run) == "Failed"
    assert bench.record(run, "A").reason == "The runner process ended without finishing (killed or out of memory?)"
    (step,) = bench.store.steps(run)
    assert (step.state, str(step.result)) == (State.COMPLETED, "Failed")


def test_a_lost_job_is_tried_again_as_often_as_its_running_step_asks_for(bench: Bench) -> None:
    retrying = job("A", steps=(STEP.__class__("say", "Say", "Bash@3", retry_count="2"),))
    run = bench.queue(one_stage(retrying, job("B", "A")))
    for _ in range(3):
        bench.runner("A").write("step.started", {"step": 1, "name": "say", "display_name": "Say", "tries": 1})
        bench.look()
        bench.runner("A").die()
        bench.look()
    attempts = [record for record in bench.store.jobs(run) if record.ref.job == "A"]
    assert [(record.attempt, str(record.result)) for record in attempts] == [
        (1, "Failed"),
        (2, "Failed"),
        (3, "Failed"),
    ]
    assert bench.result(run) == "Failed"
    assert [step.attempt for step in bench.store.steps(run)] == [1, 2, 3]


def test_a_job_that_succeeds_when_tried_again_has_succeeded(bench: Bench) -> None:
    retrying = job("A", steps=(STEP.__class__("say", "Say", "Bash@3", retry_count="1"),))
    run = bench.queue(one_stage(retrying, job("B", "A")))
    bench.runner("A").write("step.started", {"step": 1, "name": "say", "display_name": "Say", "tries": 1})
    bench.look()
    bench.runner("A").die()
    bench.look()
    assert bench.started() == ["S.A.2"]
    bench.restart()
    bench.finish("A")
    bench.finish("B")
    assert bench.result(run) == "Succeeded"


def test_a_runner_that_never_comes_up_is_started_again_and_then_given_up(bench: Bench) -> None:
    bench.executor.comes_up = False
    run = bench.queue(one_stage(job("A")))
    for _ in range(29):
        bench.later(1)
    assert bench.result(run) is None
    assert len(bench.executor.starts) == 4
    bench.later(1.5)
    assert bench.result(run) == "Failed"
    assert "did not start within 30 seconds" in bench.record(run, "A").reason


def test_a_job_that_runs_beyond_its_timeouts_is_ended_from_outside(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A", timeout_minutes="10", cancel_timeout_minutes="1")))
    bench.later(12 * 60 - 1)
    assert bench.result(run) is None
    bench.later(2)
    assert bench.result(run) == "Canceled"
    assert not bench.runner("A").alive


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("step.started", {"step": "x"}),
        ("step.completed", {"step": 1, "result": "Splendid"}),
        ("step.progress", {"step": 7, "percent": 1}),
        ("job.completed", {"result": None}),
        ("variable.set", {"step": 4, "name": "x", "value": "y"}),
        ("artifact.published", {}),
    ],
)
def test_a_journal_that_makes_no_sense_fails_its_job_only(bench: Bench, kind: str, data: dict[str, object]) -> None:
    run = bench.queue(one_stage(job("A"), job("B")))
    bench.runner("A").write(kind, data)
    bench.look()
    assert "The job's journal cannot be read" in bench.record(run, "A").reason
    bench.finish("B")
    assert bench.result(run) == "Failed"


def test_entries_cannot_pretend_to_be_of_another_job(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    data = {"stage": "X", "job": "Y", "attempt": 9, "time": "t", "kind": "k", "type_": "error", "message": "m"}
    bench.runner("A").write("issue", data)
    bench.look()
    (issue,) = bench.timeline(run).issues
    assert (issue.job, issue.attempt) == (JobRef("S", "A"), 1)


def test_a_torn_line_is_waited_for(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    path = bench.runner("A").job_dir / "journal.jsonl"
    with path.open("ab") as file:
        file.write(b'{"n":2,"time":"2026-01-02T03:04:05.000Z","type":"job.comp')
    bench.look()
    assert bench.result(run) is None
    with path.open("ab") as file:
        file.write(b'leted","data":{"result":"Succeeded"}}\n')
    bench.look()
    assert bench.result(run) == "Succeeded"
