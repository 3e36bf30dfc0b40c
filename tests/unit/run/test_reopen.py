"""A completed run is opened again: what failed, or a stage, gets another attempt, and the rest stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.plan.model import DeploymentPlan, LegPlan, RuntimeText, StrategyPlan
from drivetrain.run.checks.model import OPEN, Gate
from drivetrain.run.model import JobSpec, Result
from tests.unit.run.engine_bench import STEP, job, legs, one_stage, plan, stage

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan
    from tests.unit.run.engine_bench import Bench


def attempts(bench: Bench, run: int) -> dict[str, list[str]]:
    """Leg -> the results of its attempts."""
    found: dict[str, list[str]] = {}
    for record in bench.store.jobs(run):
        found.setdefault(str(record.ref), []).append(str(record.result))
    return found


def spec(bench: Bench, name: str) -> dict[str, str]:
    found = msgspec.json.decode((bench.runner(name).job_dir / "job.json").read_bytes(), type=JobSpec)
    return {variable.name: variable.value for variable in found.variables}


def three_jobs(**second: Any) -> Plan:
    return plan(
        stage("S", job("A"), job("B", **second), job("C", "B")),
        stage("T", job("D"), depends_on=["S"]),
        stage("U", job("E"), depends_on=()),
    )


def fail_b(bench: Bench, pipeline: Plan) -> int:
    run = bench.queue(pipeline)
    for name in ("A", "E"):
        bench.finish(name)
    bench.finish("B", "Failed")
    assert bench.result(run) == "Failed"
    return run


def test_what_failed_and_what_was_skipped_because_of_it_is_attempted_again_and_nothing_else(bench: Bench) -> None:
    run = fail_b(bench, three_jobs())
    bench.reopen(run)
    assert bench.store.get(run).state == "running"
    assert bench.started() == ["S.B.2"]
    for name in ("B", "C", "D"):
        bench.finish(name)
    assert bench.result(run) == "Succeeded"
    assert attempts(bench, run) == {
        "S.A": ["Succeeded"],
        "S.B": ["Failed", "Succeeded"],
        "S.C": ["Skipped", "Succeeded"],
        "T.D": ["Skipped", "Succeeded"],
        "U.E": ["Succeeded"],
    }
    assert [(each.name, each.attempt, str(each.result)) for each in bench.store.stages(run)] == [
        ("S", 2, "Succeeded"),
        ("T", 2, "Succeeded"),
        ("U", 1, "Succeeded"),
    ]
    (first,) = bench.store.stages(run)[0].earlier
    assert (first.attempt, first.result) == (1, "Failed")
    (event,) = [event for event in bench.store.events(run) if event.type == "run.reopened"]
    assert event.data == {"by": "Ada", "stages": ["S", "T"]}


def test_it_may_fail_again_and_be_opened_again(bench: Bench) -> None:
    run = fail_b(bench, three_jobs())
    bench.reopen(run)
    bench.finish("B", "Failed")
    assert bench.result(run) == "Failed"
    bench.restart()
    bench.reopen(run)
    assert bench.started() == ["S.B.3"]
    assert [each.attempt for each in bench.store.stages(run)[0].earlier] == [1, 2]


def test_jobs_are_told_their_attempts(bench: Bench) -> None:
    run = fail_b(bench, three_jobs())
    bench.reopen(run)
    told = spec(bench, "B")
    assert [told[f"System.{each}Attempt"] for each in ("Stage", "Phase", "Job")] == ["2", "2", "2"]
    bench.finish("B")
    bench.finish("C")
    assert spec(bench, "D")["System.StageAttempt"] == "2"


def test_jobs_that_stay_keep_their_outputs_for_those_that_run_again(bench: Bench) -> None:
    use = stage("T", job("D", condition="eq(stageDependencies.S.A.outputs['say.x'], '1')"), depends_on=["S"])
    run = bench.queue(plan(stage("S", job("A"), job("B")), use))
    runner = bench.runner("A")
    runner.write("step.started", {"step": 1, "name": "say", "display_name": "Say"})
    runner.write("variable.set", {"step": 1, "name": "x", "value": "1", "output": True})
    bench.finish("A")
    bench.finish("B", "Failed")
    bench.reopen(run)
    bench.finish("B")
    assert bench.started() == ["T.D.2"]


def test_what_depends_on_a_failed_job_is_attempted_again_also_when_it_had_succeeded(bench: Bench) -> None:
    """As Azure's release notes have it: those that depend transitively on the failed jobs are all re-attempted."""
    run = bench.queue(
        plan(
            stage("S", job("A"), job("CleanUp", "A", condition="always()")),
            stage("Tell", job("B"), depends_on=["S"], condition="failed()"),
        )
    )
    bench.finish("A", "Failed")
    bench.finish("CleanUp")
    bench.finish("B")
    bench.reopen(run)
    bench.finish("A")
    bench.finish("CleanUp")
    assert bench.result(run) == "Succeeded"
    assert attempts(bench, run) == {
        "S.A": ["Failed", "Succeeded"],
        "S.CleanUp": ["Succeeded", "Succeeded"],
        "Tell.B": ["Succeeded", "Skipped"],
    }


def test_of_a_matrix_only_the_legs_that_failed_are_attempted_again(bench: Bench) -> None:
    run = bench.queue(one_stage(job("M", legs=legs("a", "b", "c")), job("After", "M")))
    for leg, result in {"a": "Succeeded", "b": "Failed", "c": "Canceled"}.items():
        bench.finish(f"M.{leg}", result)
    bench.reopen(run)
    bench.restart()
    assert bench.started() == ["S.M.b.2", "S.M.c.2"]
    bench.finish("M.b")
    bench.restart()
    bench.finish("M.c")
    bench.finish("After")
    assert bench.result(run) == "Succeeded"
    assert attempts(bench, run)["S.M.a"] == ["Succeeded"]


def test_the_hooks_of_a_deployment_are_attempted_again_together(bench: Bench) -> None:
    hooks = (
        LegPlan("preDeploy"),
        LegPlan("deploy", after=("preDeploy",)),
        LegPlan("onFailure", after=("preDeploy", "deploy"), on_failure=True),
    )
    run = bench.queue(one_stage(job("D", legs=hooks, deployment=DeploymentPlan("runOnce"))))
    bench.finish("preDeploy")
    bench.finish("deploy", "Failed")
    bench.finish("onFailure")
    assert bench.result(run) == "Failed"
    bench.reopen(run)
    assert bench.started() == ["S.D.preDeploy.2"]
    bench.finish("preDeploy")
    bench.restart()
    bench.finish("deploy")
    assert bench.result(run) == "Succeeded"


def test_legs_that_were_decided_at_run_time_stay_decided(bench: Bench) -> None:
    strategy = StrategyPlan(matrix=RuntimeText("{'x': {'v': '1'}, 'y': {'v': '2'}}"), max_parallel=RuntimeText("1"))
    run = bench.queue(one_stage(job("M", strategy=strategy)))
    bench.finish("M.x")
    bench.finish("M.y", "Failed")
    bench.reopen(run)
    assert bench.started() == ["S.M.y.2"]
    assert spec(bench, "M.y")["v"] == "2"
    bench.restart()
    bench.finish("M.y")
    assert bench.result(run) == "Succeeded"


def test_legs_that_were_not_decided_are_decided_in_the_next_attempt(bench: Bench) -> None:
    strategy = StrategyPlan(matrix=RuntimeText("{'x': {}, 'y': {}}"))
    run = bench.queue(one_stage(job("A"), job("M", "A", strategy=strategy)))
    bench.finish("A", "Failed")
    bench.reopen(run)
    bench.finish("A")
    assert bench.started() == ["S.M.x.1", "S.M.y.1"]
    assert spec(bench, "M.x")["System.StageAttempt"] == "2"
    bench.restart()
    bench.finish("M.x")
    bench.finish("M.y")
    assert bench.result(run) == "Succeeded"


def test_a_canceled_run_goes_on_as_if_nobody_had_canceled_it(bench: Bench) -> None:
    run = bench.queue(three_jobs())
    bench.finish("A")
    bench.store.request_cancel(run)
    bench.look()
    bench.look()
    assert bench.result(run) == "Canceled"
    bench.reopen(run)
    assert bench.started() == ["S.B.2", "U.E.2"]
    for name in ("B", "C", "D", "E"):
        bench.finish(name)
    assert bench.result(run) == "Succeeded"
    assert not bench.store.get(run).cancel_requested


def test_a_stage_is_run_again_as_a_whole_with_those_after_it(bench: Bench) -> None:
    run = bench.queue(three_jobs())
    for name in ("A", "B", "C", "D", "E"):
        bench.finish(name)
    assert bench.result(run) == "Succeeded"
    bench.reopen(run, "s", whole=True)
    assert bench.started() == ["S.A.2", "S.B.2"]
    for name in ("A", "B", "C", "D"):
        bench.finish(name)
    assert bench.result(run) == "Succeeded"
    assert attempts(bench, run)["U.E"] == ["Succeeded"]


def test_only_the_failed_jobs_of_one_stage_may_be_asked_for(bench: Bench) -> None:
    run = bench.queue(plan(stage("S", job("A"), job("B")), stage("T", job("C"), depends_on=())))
    bench.finish("A")
    bench.finish("B", "Failed")
    bench.finish("C", "Failed")
    bench.reopen(run, "S")
    assert bench.started() == ["S.B.2"]
    bench.finish("B")
    assert bench.result(run) == "Failed", "T stays failed"


def test_a_stage_that_was_refused_at_its_gate_comes_to_it_again(bench: Bench) -> None:
    bench.gates.gates["S"] = Gate(result=Result.FAILED, reason="Ada rejected it")
    run = bench.queue(one_stage(job("A")))
    assert bench.result(run) == "Failed"
    bench.gates.gates["S"] = Gate(reason="Waiting for Ada")
    bench.reopen(run)
    assert bench.gates.looks[-1] == ("S", 2)
    assert bench.started() == []
    bench.gates.gates["S"] = OPEN
    bench.look()
    assert bench.started() == ["S.A.2"]


def test_what_had_succeeded_before_a_stage_was_refused_in_its_next_attempt_is_kept(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A"), job("B", "A"), job("C")))
    for name in ("A", "B"):
        bench.finish(name)
    bench.finish("C", "Failed")
    bench.gates.gates["S"] = Gate(result=Result.FAILED, reason="Ada rejected it")
    bench.reopen(run)
    assert bench.result(run) == "Failed"
    bench.gates.gates["S"] = OPEN
    bench.reopen(run)
    assert bench.started() == ["S.C.3"]
    bench.finish("C")
    assert bench.result(run) == "Succeeded"


def test_a_job_whose_runner_is_lost_has_all_its_tries_in_the_new_attempt(bench: Bench) -> None:
    step = replace(STEP, retry_count="1")
    run = bench.queue(one_stage(job("A", steps=(step,))))

    def lose() -> None:
        bench.runner("A").write("step.started", {"step": 1, "name": "say", "display_name": "Say"})
        bench.look()
        bench.runner("A").die()
        bench.look()

    lose()
    lose()
    assert bench.result(run) == "Failed"
    bench.reopen(run)
    lose()
    assert bench.started() == ["S.A.4"]
    bench.finish("A")
    assert attempts(bench, run) == {"S.A": ["Failed", "Failed", "Failed", "Succeeded"]}


def test_what_is_not_completed_or_has_nothing_to_run_again_is_refused(bench: Bench) -> None:
    run = bench.queue(three_jobs())
    with pytest.raises(ConflictError, match="is not completed"):
        bench.reopen(run)
    for name in ("A", "B", "C", "D", "E"):
        bench.finish(name)
    with pytest.raises(ConflictError, match="no job has failed or was canceled"):
        bench.reopen(run)
    with pytest.raises(ConflictError, match="no job of T has failed"):
        bench.reopen(run, "T")
    with pytest.raises(NotFoundError, match="there is no stage Nope") as error:
        bench.reopen(run, "Nope")
    assert error.value.hint == "stages of this run: S, T, U"
    broken = bench.queue(None)
    with pytest.raises(ConflictError, match="has no plan"):
        bench.reopen(broken)
    assert bench.result(run) == "Succeeded"
