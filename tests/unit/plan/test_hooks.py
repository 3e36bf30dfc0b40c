"""The hooks of a deployment as legs: their names, what comes before what, what they are told."""

from __future__ import annotations

import pytest

from drivetrain.definition.model import Deployment, Hook
from drivetrain.errors import Position
from drivetrain.plan.checkouts import Checkouts
from drivetrain.plan.hooks import plan_hooks
from drivetrain.plan.model import LegPlan
from drivetrain.plan.steps import plan_hook_steps
from drivetrain.run.tasks.catalog import CATALOG
from tests.unit.plan.test_compile import plan

AT = Position("f.yml", 1, 1)
MAIN = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")


def legs(strategy: str, *names: str, increments: tuple[str, ...] = ()) -> tuple[LegPlan, ...]:
    hooks = tuple(Hook(name, AT, ()) for name in names)
    deployment = Deployment(None, strategy, hooks, increments=increments)
    return plan_hooks(deployment, lambda hook: plan_hook_steps(hook, CATALOG, Checkouts(), {}))


def test_hooks_run_one_after_the_other_and_the_endings_after_all_of_them() -> None:
    found = legs("runOnce", *MAIN, "success", "failure")
    assert {leg.name: leg.after for leg in found} == {
        "preDeploy": (),
        "deploy": ("preDeploy",),
        "routeTraffic": ("deploy",),
        "postRouteTraffic": ("routeTraffic",),
        "onSuccess": MAIN,
        "onFailure": MAIN,
    }
    assert [leg.name for leg in found if leg.on_failure] == ["onFailure"]


def test_a_canary_repeats_three_hooks_for_each_increment() -> None:
    found = legs("canary", *MAIN, "failure", increments=("10", "20"))
    assert [leg.name for leg in found] == [
        "preDeploy", "deploy_10", "routeTraffic_10", "postRouteTraffic_10", "deploy_20", "routeTraffic_20",
        "postRouteTraffic_20", "onFailure",
    ]  # fmt: skip
    assert found[4].after == ("postRouteTraffic_10",)
    told = {leg.name: (leg.hook.cycle, leg.hook.action, leg.hook.increment) for leg in found if leg.hook}
    assert told["preDeploy"] == ("PreIteration", "deploy", "")
    assert told["routeTraffic_20"] == ("Iteration", "deploy", "20")
    assert told["onFailure"] == ("PostIteration", "reject", "")


@pytest.mark.parametrize(
    ("increments", "names"),
    [
        ((), ["deploy"]),
        (("10", "10"), ["deploy_10", "deploy_10_2"]),
        (("$(first)", "../x"), ["deploy__first_", "deploy__x"]),
    ],
)
def test_legs_of_a_canary_have_names_of_their_own(increments: tuple[str, ...], names: list[str]) -> None:
    assert [leg.name for leg in legs("canary", "deploy", increments=increments)] == names


def test_a_deployment_without_hooks_is_one_empty_leg() -> None:
    assert legs("runOnce") == (LegPlan(),)


@pytest.mark.parametrize(
    ("steps", "tasks"),
    [
        ("- script: a", ["DownloadPipelineArtifact@2", "CmdLine@2"]),
        ("- download: none\n- script: a", ["CmdLine@2"]),
        ("- script: a\n- download: current\n  artifact: b", ["CmdLine@2", "DownloadPipelineArtifact@2"]),
        ("- task: downloadPipelineArtifact@2", ["DownloadPipelineArtifact@2"]),
        ("- checkout: self", ["DownloadPipelineArtifact@2", "Checkout@1"]),
        ("- checkout: none", ["DownloadPipelineArtifact@2"]),
    ],
)
def test_artifacts_come_first_in_deploy_unless_it_speaks_of_them(steps: str, tasks: list[str]) -> None:
    inside = "\n".join(f"          {line}" for line in steps.splitlines())
    head = "jobs:\n- deployment: d\n  environment: e\n  strategy:\n    runOnce:\n      deploy:\n        steps:\n"
    text = f"{head}{inside}\n"
    job = plan(text).stages[0].jobs[0]
    assert [step.task for step in job.steps_of("deploy")] == tasks


def test_a_deployment_with_one_hook_is_called_by_its_own_title() -> None:
    strategy = "  strategy: {runOnce: {deploy: {steps: [script: a]}"
    alone = plan(f"jobs:\n- deployment: d\n  displayName: Ship it\n  environment: e\n{strategy}}}}}\n")
    assert alone.stages[0].jobs[0].title("deploy") == "Ship it"
    both = plan(
        f"jobs:\n- deployment: d\n  displayName: Ship it\n  environment: e\n{strategy}, preDeploy: {{steps: []}}}}}}\n"
    )
    assert both.stages[0].jobs[0].title("deploy") == "Ship it deploy"
