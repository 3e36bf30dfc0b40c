"""Hooks of a deployment: legs that run one after the other, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from drivetrain.plan.model import DeploymentPlan, EnvironmentPlan, HookPlan, JobPlan, LegPlan, StepPlan, VariablePlan
from drivetrain.run.model import JobSpec, Result
from tests.unit.run.engine_bench import job, one_stage

if TYPE_CHECKING:
    from tests.unit.run.engine_bench import Bench

PARTS = ("preDeploy", "deploy", "routeTraffic")


def step(name: str, retries: str = "0") -> StepPlan:
    return StepPlan(name, name, "Bash@3", retry_count=retries)


def deployment(*depends_on: str, retries: str = "0", resource: str = "", **given: object) -> JobPlan:
    hooks = [
        LegPlan(
            name, steps=(step(name, retries),), after=PARTS[place - 1 : place] if place else (), hook=HookPlan(name)
        )
        for place, name in enumerate(PARTS)
    ]
    for name in ("onSuccess", "onFailure"):
        on_failure = name == "onFailure"
        hooks.append(LegPlan(name, steps=(step(name),), after=PARTS, on_failure=on_failure, hook=HookPlan(name)))
    environment = EnvironmentPlan("shop", resource)
    plan = DeploymentPlan("runOnce", environment)
    return job("D", *depends_on, steps=(), legs=tuple(hooks), deployment=plan, **given)


def spec(bench: Bench, name: str) -> JobSpec:
    return msgspec.json.decode((bench.runner(name).job_dir / "job.json").read_bytes(), type=JobSpec)


def hooks(bench: Bench, run: int) -> dict[str, str | None]:
    return {name.removeprefix("D."): result for name, result in bench.results(run).items() if name.startswith("D.")}


def test_each_hook_waits_for_the_one_before_and_runs_its_own_steps(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment(), job("After", "D")))
    assert bench.started() == ["S.D.preDeploy.1"]
    assert bench.record(run, "D.deploy").reason == "Waiting for the hooks before it"
    for name in PARTS:
        assert [each.name for each in spec(bench, f"D.{name}").steps] == [name]
        bench.finish(f"D.{name}")
    assert bench.started() == ["S.D.onSuccess.1"]
    bench.finish("D.onSuccess")
    assert hooks(bench, run)["onFailure"] == "Skipped"
    assert bench.record(run, "D.onFailure").reason == "No hook before it failed"
    bench.finish("After")
    assert bench.result(run) == "Succeeded"


def test_a_failed_hook_skips_those_after_it_and_what_runs_on_failure_does_not_mend_the_job(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment(), job("After", "D")))
    bench.finish("D.preDeploy")
    bench.finish("D.deploy", "Failed")
    assert bench.started() == ["S.D.onFailure.1"]
    bench.finish("D.onFailure")
    assert hooks(bench, run) == {
        "preDeploy": "Succeeded", "deploy": "Failed", "routeTraffic": "Skipped", "onSuccess": "Skipped",
        "onFailure": "Succeeded",
    }  # fmt: skip
    assert bench.record(run, "D.routeTraffic").reason == "A hook before it failed or was skipped"
    assert bench.results(run)["After"] == "Skipped"
    assert bench.result(run) == "Failed"


def test_a_hook_that_was_ended_by_its_timeout_counts_as_failed(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment()))
    bench.finish("D.preDeploy", "Canceled")
    bench.finish("D.onFailure")
    assert bench.result(run) == "Canceled"


def test_a_job_that_may_fail_still_takes_its_deployment_back(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment(continue_on_error="true"), job("After", "D")))
    bench.finish("D.preDeploy", "Failed")
    assert bench.started() == ["S.D.onFailure.1"]
    bench.restart()
    bench.finish("D.onFailure")
    bench.finish("After")
    assert hooks(bench, run)["preDeploy"] == "SucceededWithIssues"
    assert hooks(bench, run)["deploy"] == "Skipped"
    assert bench.record(run, "D.preDeploy").outcome is Result.FAILED
    assert bench.result(run) == "SucceededWithIssues"


def test_an_ending_that_fails_fails_the_job(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment()))
    for name in PARTS:
        bench.finish(f"D.{name}")
    bench.finish("D.onSuccess", "Failed")
    assert hooks(bench, run)["onFailure"] == "Skipped"
    assert bench.result(run) == "Failed"


def test_an_engine_that_is_killed_between_hooks_goes_on_with_the_next(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment()))
    for name in (*PARTS, "onSuccess"):
        bench.restart()
        assert bench.started() == [f"S.D.{name}.1"]
        bench.runner(f"D.{name}").complete()
        bench.restart()
    assert bench.result(run) == "Succeeded"
    assert len(bench.executor.starts) == 4


def test_a_hook_that_is_lost_is_tried_again_before_the_next_one(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment(retries="1")))
    bench.finish("D.preDeploy")
    bench.runner("D.deploy").write("step.started", {"step": 1, "name": "deploy", "display_name": "Deploy", "tries": 1})
    bench.look()
    bench.runner("D.deploy").die()
    bench.look()
    assert bench.started() == ["S.D.deploy.2"]
    bench.restart()
    bench.finish("D.deploy")
    assert bench.started() == ["S.D.routeTraffic.1"]
    assert bench.result(run) is None


def test_canceling_ends_the_hook_that_runs_and_starts_no_other(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment()))
    bench.finish("D.preDeploy")
    bench.store.request_cancel(run)
    bench.look()
    bench.look()
    assert bench.started() == []
    assert set(hooks(bench, run).values()) == {"Succeeded", "Canceled"}
    assert bench.result(run) == "Canceled"


def test_a_deployment_that_always_runs_is_taken_back_when_it_is_canceled(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment(condition="always()")))
    bench.store.request_cancel(run)
    bench.look()
    bench.look()
    assert bench.started() == ["S.D.onFailure.1"]
    bench.finish("D.onFailure")
    assert bench.result(run) == "Canceled"


def test_a_deployment_whose_condition_is_false_is_skipped_as_a_whole(bench: Bench) -> None:
    run = bench.queue(one_stage(deployment(condition="false")))
    assert set(hooks(bench, run).values()) == {"Skipped"}
    assert bench.result(run) == "Succeeded"


@pytest.mark.parametrize(
    "name", ["D.say.x", "deploy.say.x", "Deploy.say.x", "DEPLOY.say.x", "deploy_blue.say.x", "Deploy_Blue.say.x"]
)
def test_outputs_of_the_deploy_hook_have_all_the_names_that_are_documented(bench: Bench, name: str) -> None:
    reads = (VariablePlan("found", f"dependencies.D.outputs['{name}']", runtime=True),)
    bench.queue(one_stage(deployment(resource="blue"), job("After", "D", variables=reads)))
    for hook in PARTS:
        runner = bench.runner(f"D.{hook}")
        runner.write("step.started", {"step": 1, "name": "say", "display_name": "Say", "task": "Bash@3"})
        runner.write("variable.set", {"step": 1, "name": "x", "value": hook, "output": True, "secret": False})
        runner.write("step.completed", {"step": 1, "result": "Succeeded", "outcome": "Succeeded"})
        bench.finish(f"D.{hook}")
    bench.finish("D.onSuccess")
    found = {variable.name: variable.value for variable in spec(bench, "After").variables}
    assert found["found"] == "deploy"


def test_a_plan_whose_legs_wait_for_each_other_fails_the_run(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A", legs=(LegPlan("a", after=("b",)), LegPlan("b")))))
    assert bench.result(run) == "Failed"
    assert "the plan is broken: a of A runs after one that follows it" in bench.timeline(run).issues[0].message
