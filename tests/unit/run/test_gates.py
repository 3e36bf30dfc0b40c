"""Stages at their gates: they wait until their checks have passed, are refused, or the run is canceled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import timestamp
from drivetrain.errors import UserError
from drivetrain.run.checks.model import OPEN, Gate
from drivetrain.run.model import Result
from tests.unit.run.engine_bench import START, Bench, PlayedGates, job, plan, stage

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.plan.model import Plan, StagePlan
    from drivetrain.run.model import Run

ASKED = Gate(reason="Waiting for Ada to approve")


def pipeline(**prod: object) -> Plan:
    return plan(
        stage("S", job("A")),
        stage("Prod", job("B"), depends_on=["S"], **prod),  # type: ignore[arg-type]
        stage("After", job("C"), depends_on=["Prod"]),
    )


def told(bench: Bench, run: int, *kinds: str) -> list[dict[str, object]]:
    return [dict(event.data) for event in bench.store.events(run) if event.type in kinds]


def reason(bench: Bench, run: int) -> str:
    return next(record.reason for record in bench.store.stages(run) if record.name == "Prod")


def test_a_stage_begins_once_its_gate_is_open(bench: Bench) -> None:
    bench.gates.gates["Prod"] = ASKED
    run = bench.queue(pipeline())
    assert bench.gates.looks == [("S", 1)], "a gate is looked at when the stage's turn has come"
    bench.finish("A")
    assert bench.started() == []
    assert reason(bench, run) == "Waiting for Ada to approve"
    bench.gates.gates["Prod"] = OPEN
    bench.look()
    assert bench.started() == ["Prod.B.1"]
    bench.finish("B")
    bench.finish("C")
    assert bench.result(run) == "Succeeded"
    assert told(bench, run, "stage.waiting") == [
        {"stage": "Prod", "reason": "Waiting for Ada to approve", "gate": True}
    ]


def test_a_run_of_which_all_that_is_left_waits_says_so(bench: Bench) -> None:
    bench.gates.gates["Prod"] = ASKED
    run = bench.queue(plan(stage("S", job("A")), stage("Prod", job("B"), depends_on=())))
    assert not bench.store.get(run).waiting, "S runs"
    bench.finish("A")
    assert bench.store.get(run).waiting
    bench.gates.gates["Prod"] = OPEN
    bench.look()
    assert not bench.store.get(run).waiting
    bench.finish("B")
    assert not bench.store.get(run).waiting


def test_it_is_told_anew_only_when_it_waits_for_something_else(bench: Bench) -> None:
    bench.gates.gates["Prod"] = ASKED
    run = bench.queue(pipeline())
    bench.finish("A")
    bench.look()
    bench.restart()
    bench.gates.gates["Prod"] = Gate(reason="Waiting for Monday")
    bench.look()
    assert [data["reason"] for data in told(bench, run, "stage.waiting")] == [ASKED.reason, "Waiting for Monday"]


def test_it_waits_on_after_a_restart(bench: Bench) -> None:
    bench.gates.gates["Prod"] = ASKED
    run = bench.queue(pipeline())
    bench.finish("A")
    bench.restart()
    assert bench.started() == []
    assert reason(bench, run) == ASKED.reason
    bench.gates.gates["Prod"] = OPEN
    bench.restart()
    assert bench.started() == ["Prod.B.1"]


def test_a_gate_is_looked_at_again_when_the_store_has_changed_or_its_time_has_come_and_not_else(bench: Bench) -> None:
    at = timestamp(START + timedelta(hours=1))
    bench.gates.gates["Prod"] = Gate(reason="Waiting for business hours", look_again=at)
    bench.queue(pipeline())
    bench.finish("A")
    looks = len(bench.gates.looks)
    for _ in range(50):
        bench.engine.round()
    assert len(bench.gates.looks) <= looks + 1, "the engine asks without a reason"
    looks = len(bench.gates.looks)
    bench.clock.at = START + timedelta(hours=1)
    bench.engine.round()
    assert len(bench.gates.looks) == looks + 1
    bench.create(plan(stage("Other", job("X"))))  # somebody writes, by another connection
    other = bench.database.connect()
    other.execute("UPDATE runs SET tags = '[]'")
    other.close()
    bench.engine.round()
    assert bench.gates.looks[looks + 1 :].count(("Prod", 1)) == 1


def test_a_gate_that_asks_for_another_look_at_once_does_not_keep_the_engine_busy(bench: Bench) -> None:
    bench.gates.gates["Prod"] = Gate(reason="Trying", look_again=timestamp(START - timedelta(days=1)))
    bench.queue(pipeline())
    bench.finish("A")
    bench.engine.round()
    looks = len(bench.gates.looks)
    for _ in range(50):
        bench.engine.round()
    assert len(bench.gates.looks) == looks
    bench.clock.at += timedelta(seconds=2)
    bench.engine.round()
    assert len(bench.gates.looks) == looks + 1


def test_the_end_of_a_stage_lets_those_that_wait_look_again_also_in_other_runs(bench: Bench) -> None:
    """An exclusive lock that is free again is no change that another connection has made."""
    bench.gates.gates["Prod"] = Gate(reason="Waiting for the lock")
    bench.queue(pipeline())
    bench.finish("A")
    bench.queue(plan(stage("Other", job("X"))))
    bench.engine.round()
    bench.gates.gates["Prod"] = OPEN
    bench.runner("X").complete()
    bench.engine.round()
    bench.engine.round()
    assert bench.started() == ["Prod.B.1"]


@pytest.mark.parametrize(("result", "kind"), [(Result.FAILED, "error"), (Result.SKIPPED, "warning")])
def test_a_gate_that_refuses_ends_the_stage_and_says_why(bench: Bench, result: Result, kind: str) -> None:
    bench.gates.gates["Prod"] = Gate(result=result, reason="Ada rejected it: not on a Friday")
    run = bench.queue(pipeline())
    bench.finish("A")
    assert bench.results(run) == {
        "S": "Succeeded",
        "A": "Succeeded",
        "Prod": result,
        "B": "Skipped",
        "After": "Skipped",
        "C": "Skipped",
    }
    assert reason(bench, run) == "Ada rejected it: not on a Friday"
    (issue,) = bench.timeline(run).issues
    assert (issue.type, issue.message) == (kind, "Stage Prod: Ada rejected it: not on a Friday")


def test_what_a_gate_tells_stands_before_what_comes_of_it_in_the_same_transaction(bench: Bench) -> None:
    events = (("check.approved", {"by": "Ada"}),)
    bench.gates.gates["S"] = Gate(open=True, events=events)
    run = bench.queue(pipeline())
    found = [(event.type, event.data) for event in bench.store.events(run)]
    place = found.index(("check.approved", {"by": "Ada", "stage": "S"}))
    assert found[place + 1] == ("stage.started", {"stage": "S", "attempt": 1})
    bench.gates.gates["Prod"] = Gate(reason="Waiting", events=(("check.asked", {"of": "Ada"}),))
    bench.finish("A")
    bench.gates.gates["Prod"] = Gate(result=Result.FAILED, reason="No", events=(("check.rejected", {"by": "Ada"}),))
    bench.look()
    kinds = [event.type for event in bench.store.events(run)]
    assert kinds.index("check.asked") < kinds.index("stage.waiting")
    assert kinds.index("check.rejected") < kinds.index("issue")
    assert kinds.count("check.asked") == kinds.count("check.rejected") == 1


@pytest.mark.parametrize("condition", ["", "always()"])
def test_a_canceled_run_does_not_wait_at_a_gate(bench: Bench, condition: str) -> None:
    bench.gates.gates["Prod"] = ASKED
    run = bench.queue(pipeline(condition=condition))
    bench.finish("A")
    bench.store.request_cancel(run)
    bench.look()
    assert bench.results(run)["Prod"] == "Canceled"
    assert bench.result(run) == "Canceled"


def test_the_gate_is_left_when_the_stage_is_over_also_after_a_restart(bench: Bench) -> None:
    bench.queue(pipeline())
    bench.finish("A")
    assert bench.gates.left == [("S", 1)]
    bench.restart()
    bench.finish("B", "Failed")
    assert bench.gates.left == [("S", 1), ("Prod", 1)], "After was never looked at"


def test_the_gate_is_left_when_a_stage_that_waits_is_canceled_after_a_restart(bench: Bench) -> None:
    bench.gates.gates["Prod"] = ASKED
    run = bench.queue(pipeline())
    bench.finish("A")
    bench.engine.close()
    bench.store.request_cancel(run)
    bench.restart()
    assert ("Prod", 1) in bench.gates.left


def test_a_stage_that_is_started_by_hand_comes_to_its_gate_only_then(bench: Bench) -> None:
    bench.gates.gates["Prod"] = ASKED
    run = bench.queue(pipeline(manual=True))
    bench.finish("A")
    assert ("Prod", 1) not in bench.gates.looks
    assert bench.results(run)["Prod"] == "Skipped"


class BrokenGates(PlayedGates):
    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        if stage.name == "Prod":
            raise UserError("the environment 'prod' is not there")
        return super().look(run, plan, stage, attempt)


def test_a_gate_that_cannot_be_looked_at_fails_the_stage_with_the_reason(tmp_path: Path) -> None:
    bench = Bench(tmp_path, gates=BrokenGates())
    run = bench.queue(pipeline())
    bench.finish("A")
    assert bench.results(run)["Prod"] == "Failed"
    assert reason(bench, run) == "Its checks cannot be looked at: the environment 'prod' is not there"
    bench.engine.close()
