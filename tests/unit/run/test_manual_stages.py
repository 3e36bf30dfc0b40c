"""Stages with `trigger: manual`: they wait until somebody starts them, or the run is canceled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.run.ports import NewRun
from drivetrain.source.model import Reason
from tests.unit.run.engine_bench import SOURCE, job, plan, stage

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan
    from tests.unit.run.engine_bench import Bench

WAITS = "Waiting to be started by hand"


def pipeline(condition: str = "") -> Plan:
    prod = stage("Prod", job("B"), depends_on=["S"], manual=True, condition=condition)
    return plan(stage("S", job("A")), prod, stage("After", job("C"), depends_on=["Prod"]))


def queue(bench: Bench, wanted: Plan, *starts: str) -> int:
    """A run of a project: there is a server, and somebody to ask."""
    project = bench.database.connect()
    project.execute(
        "INSERT OR IGNORE INTO projects (id, name, url, branch, file, poll_seconds, created_at) "
        "VALUES (1, 'p', '/code', 'main', 'f', 1, '')"
    )
    project.close()
    new = NewRun("pipeline", "f", Reason.MANUAL, SOURCE, "Ada", project_id=1, starts=starts)
    run = bench.store.create(new, wanted, number_key="", number=lambda _, revision, *__: str(revision))
    bench.look()
    return run.id


def reason(bench: Bench, run: int, name: str = "Prod") -> str:
    return next(record.reason for record in bench.store.stages(run) if record.name == name)


def test_a_stage_waits_for_a_hand_and_those_after_it_with_it(bench: Bench) -> None:
    run = queue(bench, pipeline())
    assert reason(bench, run) == ""
    bench.finish("A")
    assert bench.started() == []
    assert reason(bench, run) == WAITS
    bench.store.request_start(run, "prod", by="Ada")
    bench.look()
    assert bench.started() == ["Prod.B.1"]
    bench.finish("B")
    bench.finish("C")
    assert bench.result(run) == "Succeeded"
    assert [record.started_by for record in bench.store.stages(run)] == ["", "Ada", ""]
    told = [event for event in bench.store.events(run) if event.type in {"stage.waiting", "stage.released"}]
    assert [event.data for event in told] == [{"stage": "Prod", "reason": WAITS}, {"stage": "Prod", "by": "Ada"}]


def test_it_waits_on_after_a_restart_and_may_be_started_while_no_engine_runs(bench: Bench) -> None:
    run = queue(bench, pipeline())
    bench.finish("A")
    bench.restart()
    assert bench.started() == []
    assert reason(bench, run) == WAITS
    bench.engine.close()
    bench.store.request_start(run, "Prod", by="Ada")
    bench.engine = bench.new_engine()
    bench.engine.round()
    assert bench.started() == ["Prod.B.1"]


def test_a_stage_that_was_started_before_its_turn_does_not_wait(bench: Bench) -> None:
    run = queue(bench, pipeline())
    bench.store.request_start(run, "Prod", by="Ada")
    bench.look()
    bench.restart()
    bench.finish("A")
    assert bench.started() == ["Prod.B.1"]


def test_a_stage_that_the_run_was_queued_with_does_not_wait(bench: Bench) -> None:
    queue(bench, pipeline(), "PROD")
    bench.finish("A")
    assert bench.started() == ["Prod.B.1"]


def test_a_condition_that_does_not_hold_is_not_waited_for(bench: Bench) -> None:
    run = queue(bench, pipeline())
    bench.finish("A", "Failed")
    assert bench.results(run)["Prod"] == "Skipped"
    assert bench.result(run) == "Failed"


@pytest.mark.parametrize("condition", ["", "always()"])
def test_a_canceled_run_does_not_wait(bench: Bench, condition: str) -> None:
    run = queue(bench, pipeline(condition))
    bench.finish("A")
    bench.store.request_cancel(run)
    bench.look()
    assert bench.results(run)["Prod"] == "Canceled"
    assert bench.result(run) == "Canceled"


def test_a_run_of_a_working_tree_has_nobody_to_ask_and_says_so(bench: Bench) -> None:
    run = bench.queue(pipeline())
    bench.finish("A")
    assert bench.results(run)["Prod"] == "Skipped"
    assert bench.results(run)["After"] == "Skipped"
    assert bench.result(run) == "Succeeded"
    (issue,) = bench.timeline(run).issues
    assert issue.type == "warning"
    assert issue.message == "Stage Prod: It is started by hand, and was not: drivetrain run --start"


def test_what_cannot_be_started_is_refused(bench: Bench) -> None:
    run = queue(bench, pipeline())
    with pytest.raises(NotFoundError, match="there is no stage Nope") as error:
        bench.store.request_start(run, "Nope")
    assert "Prod" in error.value.hint
    with pytest.raises(ConflictError, match="stage S starts by itself"):
        bench.store.request_start(run, "S")
    with pytest.raises(NotFoundError, match="there is no run"):
        bench.store.request_start(run + 1, "Prod")
    bench.finish("A", "Failed")
    with pytest.raises(ConflictError, match="is completed"):
        bench.store.request_start(run, "Prod")


def test_a_run_is_not_made_when_it_names_a_stage_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        queue(bench, pipeline(), "Nope")
    assert bench.store.unfinished() == []


def test_a_stage_that_follows_one_that_is_run_again_waits_for_a_hand_again(bench: Bench) -> None:
    run = queue(bench, pipeline())
    bench.finish("A")
    bench.store.request_start(run, "Prod", by="Ada")
    bench.look()
    bench.finish("B")
    bench.finish("C")
    bench.reopen(run, "S", whole=True)
    bench.finish("A")
    assert bench.started() == []
    assert reason(bench, run) == WAITS
    bench.store.request_start(run, "Prod", by="Ben")
    bench.look()
    assert bench.started() == ["Prod.B.2"]


def test_one_that_is_run_again_itself_or_that_the_run_was_queued_with_does_not(bench: Bench) -> None:
    run = queue(bench, pipeline())
    bench.finish("A")
    bench.store.request_start(run, "Prod", by="Ada")
    bench.look()
    bench.finish("B", "Failed")
    bench.reopen(run)
    assert bench.started() == ["Prod.B.2"], "whoever runs it again wants it"
    other = queue(bench, pipeline(), "Prod")
    bench.finish("A", "Failed")
    bench.reopen(other)
    bench.finish("A")
    assert "Prod.B.2" in bench.started()
