"""What canceling a run ends, and what runs all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.run.engine_bench import job, one_stage, plan, stage

if TYPE_CHECKING:
    from tests.unit.run.engine_bench import Bench


def test_canceling_ends_what_runs_and_what_waits_but_not_what_always_runs(bench: Bench) -> None:
    run = bench.queue(
        plan(
            stage("S", job("A"), job("B", "A"), job("Clean", "A", condition="always()")),
            stage("T", job("C"), depends_on=["S"]),
            stage("U", job("D"), depends_on=["T"], condition="canceled()"),
        )
    )
    bench.store.request_cancel(run, by="Ada")
    bench.look()
    assert bench.runner("A").canceled
    bench.look()
    assert bench.started() == ["S.Clean.1"]
    bench.finish("Clean")
    bench.finish("D")
    assert bench.results(run) == {
        "S": "Canceled", "T": "Canceled", "U": "Succeeded",
        "A": "Canceled", "B": "Canceled", "Clean": "Succeeded", "C": "Canceled", "D": "Succeeded",
    }  # fmt: skip
    assert bench.result(run) == "Canceled"
    assert next(event for event in bench.store.events(run) if event.type == "run.canceling").data == {"by": "Ada"}


def test_a_canceled_run_is_canceled_again_after_a_restart_but_its_cleaning_job_is_not(bench: Bench) -> None:
    bench.executor.obeys = False
    run = bench.queue(
        one_stage(job("A"), job("Clean", condition="always()", depends_on=()), job("After", "A", condition="always()"))
    )
    bench.store.request_cancel(run)
    bench.look()
    bench.runner("A").complete("Canceled")
    bench.look()
    bench.runner("Clean").canceled = bench.runner("After").canceled = ""
    bench.restart()
    assert bench.runner("Clean").canceled  # it ran when the run was canceled
    assert not bench.runner("After").canceled  # it was started because the run was canceled


def test_a_job_that_waits_for_a_slot_is_canceled_with_the_run(bench: Bench) -> None:
    bench.engine.close()
    bench.slots = 1
    bench.engine = bench.new_engine()
    run = bench.queue(one_stage(job("A"), job("B")))
    bench.store.request_cancel(run)
    bench.look()
    bench.look()
    assert bench.results(run) == {"S": "Canceled", "A": "Canceled", "B": "Canceled"}


def test_a_run_canceled_before_it_began_runs_only_what_always_runs(bench: Bench) -> None:
    created = bench.create(plan(stage("S", job("A")), stage("T", job("B", condition="always()"), condition="always()")))
    bench.store.request_cancel(created.id)
    bench.look()
    assert bench.started() == ["T.B.1"]
    bench.finish("B")
    assert bench.result(created.id) == "Canceled"


def test_a_runner_that_ignores_the_cancel_is_ended_from_outside(bench: Bench) -> None:
    bench.executor.obeys = False
    run = bench.queue(one_stage(job("A", cancel_timeout_minutes="1")))
    bench.store.request_cancel(run)
    bench.look()
    bench.later(119)
    assert bench.result(run) is None
    bench.later(2)
    assert bench.result(run) == "Canceled"
    assert not bench.runner("A").alive
