"""Stages and jobs that were not chosen: skipped, and no hindrance for those that depend on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.plan.choose import Choice, choose
from tests.unit.run.engine_bench import job, one_stage, plan, stage

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan
    from tests.unit.run.engine_bench import Bench


def chain(condition: str = "") -> Plan:
    return plan(
        stage("A", job("a")),
        stage("B", job("b"), depends_on=["A"]),
        stage("C", job("c"), depends_on=["B"], condition=condition),
    )


@pytest.mark.parametrize("condition", ["", "succeeded()", "succeeded('B')", "succeededOrFailed()", "not(failed('B'))"])
def test_a_chosen_stage_runs_as_if_those_before_it_had_succeeded(bench: Bench, condition: str) -> None:
    run = bench.queue(choose(chain(condition), Choice(stages=("C",))))
    assert bench.started() == ["C.c.1"]
    bench.finish("c")
    assert bench.result(run) == "Succeeded"
    assert bench.results(run) == {
        "A": "Skipped", "a": "Skipped", "B": "Skipped", "b": "Skipped", "C": "Succeeded", "c": "Succeeded"
    }  # fmt: skip
    assert [each.reason for each in bench.store.stages(run)] == [
        "It was not chosen for this run",
        "It was not chosen for this run",
        "",
    ]
    assert bench.timeline(run).issues == ()


def test_what_is_before_one_that_is_left_out_counts_on(bench: Bench) -> None:
    run = bench.queue(choose(chain(), Choice(skip=("B",))))
    assert bench.started() == ["A.a.1"], "C waits for A"
    bench.finish("a", "Failed")
    assert bench.results(run)["C"] == "Skipped"
    assert bench.result(run) == "Failed"


def test_its_result_can_be_seen(bench: Bench) -> None:
    bench.queue(choose(chain("eq(dependencies.B.result, 'Skipped')"), Choice(skip=("B",))))
    bench.finish("a")
    assert bench.started() == ["C.c.1"]


def test_jobs_that_are_left_out_are_no_hindrance(bench: Bench) -> None:
    run = bench.queue(choose(one_stage(job("A"), job("B", "A"), job("C", "B")), Choice(jobs=("C",))))
    assert bench.started() == ["S.C.1"]
    bench.restart()
    bench.finish("C")
    assert bench.results(run) == {"S": "Succeeded", "A": "Skipped", "B": "Skipped", "C": "Succeeded"}
    assert bench.record(run, "A").reason == "It was not chosen for this run"


def test_the_choice_holds_when_what_failed_is_run_again(bench: Bench) -> None:
    run = bench.queue(choose(chain(), Choice(stages=("B", "C"))))
    bench.finish("b", "Failed")
    bench.reopen(run)
    assert bench.started() == ["B.b.2"]
    bench.finish("b")
    bench.finish("c")
    assert bench.result(run) == "Succeeded"
    assert bench.results(run)["a"] == "Skipped"
