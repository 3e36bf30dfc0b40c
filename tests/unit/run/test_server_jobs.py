"""Jobs of the server: without an agent they take no slot, and lose nothing when their runner is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.plan.model import LegPlan, PoolPlan
from tests.unit.run.engine_bench import Bench, job, legs, one_stage

if TYPE_CHECKING:
    from pathlib import Path


def small(tmp_path: Path) -> Bench:
    return Bench(tmp_path, slots=1)


def test_they_run_beside_the_jobs_that_fill_all_slots(tmp_path: Path) -> None:
    bench = small(tmp_path)
    server = [job(f"W{number}", server=True) for number in range(5)]
    bench.queue(one_stage(job("A"), *server, job("B")))
    assert bench.started() == ["S.A.1", "S.W0.1", "S.W1.1", "S.W2.1", "S.W3.1", "S.W4.1"]
    bench.finish("W3")
    assert "S.B.1" not in bench.started(), "a job of the server has no slot to give"
    bench.finish("A")
    assert "S.B.1" in bench.started()
    bench.engine.close()


def test_a_restart_counts_the_slots_without_them(tmp_path: Path) -> None:
    bench = small(tmp_path)
    bench.queue(one_stage(job("W", server=True), job("A", "V"), job("V", server=True)))
    bench.restart()
    bench.finish("V")
    assert bench.started() == ["S.W.1", "S.A.1"]
    bench.engine.close()


def test_their_own_limit_holds(bench: Bench) -> None:
    bench.queue(one_stage(job("W", server=True, legs=legs("a", "b", "c"), max_parallel=2)))
    assert bench.started() == ["S.W.a.1", "S.W.b.1"]


def test_a_hook_of_a_deployment_may_be_one(tmp_path: Path) -> None:
    bench = small(tmp_path)
    hooks = (LegPlan("preDeploy", pool=PoolPlan(server=True)), LegPlan("deploy", after=("preDeploy",)))
    run = bench.queue(one_stage(job("A"), job("D", legs=hooks)))
    assert bench.started() == ["S.A.1", "S.D.preDeploy.1"]
    bench.finish("preDeploy")
    assert bench.started() == ["S.A.1"], "deploy needs a slot"
    bench.finish("A")
    bench.finish("deploy")
    assert bench.result(run) == "Succeeded"
    bench.engine.close()


def test_one_whose_runner_is_lost_begins_again_as_another_attempt(bench: Bench) -> None:
    run = bench.queue(one_stage(job("W", server=True)))
    bench.runner("W").die()
    bench.restart()
    assert bench.started() == ["S.W.2"]
    bench.finish("W")
    assert bench.result(run) == "Succeeded"
    assert [(record.attempt, str(record.result)) for record in bench.store.jobs(run)] == [
        (1, "Failed"),
        (2, "Succeeded"),
    ]
    assert [issue.type for issue in bench.timeline(run).issues] == ["warning"]


def test_one_that_is_lost_again_and_again_fails_in_the_end(bench: Bench) -> None:
    run = bench.queue(one_stage(job("W", server=True)))
    for _ in range(25):
        if bench.result(run) is None:
            bench.runner("W").die()
            bench.look()
    assert bench.result(run) == "Failed"
    assert bench.record(run, "W").attempt == 20


def test_one_that_is_lost_while_it_is_canceled_is_canceled(bench: Bench) -> None:
    bench.executor.obeys = False
    run = bench.queue(one_stage(job("W", server=True)))
    bench.store.request_cancel(run)
    bench.look()
    bench.runner("W").die()
    bench.look()
    assert bench.result(run) in {"Canceled", "Failed"}
    assert bench.record(run, "W").attempt == 1


def test_it_is_told_that_it_has_no_workspace(bench: Bench) -> None:
    bench.queue(one_stage(job("W", server=True), job("A")))
    texts = {name: (bench.runner(name).job_dir / "job.json").read_text() for name in ("W", "A")}
    assert '"server":true' in texts["W"]
    assert '"server":false' in texts["A"]
