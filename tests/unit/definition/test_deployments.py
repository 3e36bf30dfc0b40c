"""Deployment jobs. https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.read import read_pipeline

if TYPE_CHECKING:
    from drivetrain.definition.model import Deployment, Job


def job_of(keys: str) -> Job:
    return read_pipeline(f"jobs:\n- deployment: a\n{keys}\n", file="f.yml", tasks={}).checked().stages[0].jobs[0]


def deployment(keys: str) -> Deployment:
    found = job_of(keys).deployment
    assert found is not None
    return found


ONCE = "  strategy: {runOnce: {deploy: {steps: [{script: a}]}}}"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("prod", ("prod", "", "", "", "")),
        ("prod.vm.1", ("prod", "vm.1", "", "", "")),
        ("$(a.b)-x$(c.d).vm.1", ("$(a.b)-x$(c.d)", "vm.1", "", "", "")),
        ("{name: prod.eu}", ("prod.eu", "", "", "", "")),
        ("{name: p, resourceName: r, resourceId: 3}", ("p", "r", "3", "", "")),
        ("{name: p, resourceType: virtualmachine, tags: 'a,b'}", ("p", "", "", "virtualMachine", "a,b")),
        ("{name: p, tags: [a, b]}", ("p", "", "", "", "a,b")),
    ],
)
def test_every_form_of_environment(environment: str, expected: tuple[str, ...]) -> None:
    found = deployment(f"  environment: {environment}\n{ONCE}").environment
    assert found is not None
    assert (found.name.value, found.resource_name, found.resource_id, found.resource_type, found.tags) == expected


def test_a_deployment_may_do_without_an_environment() -> None:
    assert deployment(ONCE).environment is None


def test_hooks_come_in_the_order_in_which_they_run() -> None:
    hooks = deployment(
        "  strategy:\n    runOnce:\n      on: {failure: {steps: [{script: f}]}, success: {steps: [{script: s}]}}\n"
        "      postRouteTraffic: {steps: [{script: p}]}\n      deploy: {steps: [{script: d}], pool: server}\n"
        "      preDeploy: {pool: {name: x}, steps: [{script: b}, {script: c}]}\n"
        "      routeTraffic: {steps: [{script: r}]}"
    ).hooks
    assert [(hook.name, [step.subject.value for step in hook.steps]) for hook in hooks] == [
        ("preDeploy", ["b", "c"]), ("deploy", ["d"]), ("routeTraffic", ["r"]), ("postRouteTraffic", ["p"]),
        ("success", ["s"]), ("failure", ["f"]),
    ]  # fmt: skip
    pools = {hook.name: hook.pool for hook in hooks if hook.pool is not None}
    assert (pools["preDeploy"].name, pools["deploy"].server, len(pools)) == ("x", True, 2)


@pytest.mark.parametrize("amount", ["1", "25", "100%", "1%", "$(amount)"])
def test_rolling(amount: str) -> None:
    found = deployment(f"  strategy: {{rolling: {{maxParallel: {amount}, deploy: {{steps: [{{script: a}}]}}}}}}")
    assert (found.strategy, found.max_parallel, found.increments) == ("rolling", amount, ())


def test_canary() -> None:
    found = deployment("  strategy: {canary: {increments: [10, 20], deploy: {steps: [{script: a}]}}}")
    assert (found.strategy, found.max_parallel, found.increments) == ("canary", "", ("10", "20"))


def test_a_deployment_takes_the_keys_of_a_job() -> None:
    job = job_of(
        f"{ONCE}\n  displayName: d\n  dependsOn: []\n  condition: always()\n  timeoutInMinutes: 3\n  pool: x\n"
        "  variables: {a: b}\n  container: debian:12\n  services: {s: 'x:1'}\n  workspace: {clean: all}\n"
        "  uses: {pools: [a]}\n  templateContext: {}\n  continueOnError: true\n  cancelTimeoutInMinutes: 1"
    )
    assert (job.steps, job.strategy, job.display_name) == ((), None, "d")
    assert (job.timeout_minutes, job.cancel_timeout_minutes, job.continue_on_error) == ("3", "1", "true")
    assert (job.workspace_clean, list(job.services), len(job.variables)) == ("all", ["s"], 1)


@pytest.mark.parametrize("name", ["deploy"])
def test_deploy_is_no_name(name: str) -> None:
    problems = read_pipeline(f"jobs:\n- deployment: {name}\n{ONCE}", file="f.yml", tasks={}).problems
    assert [problem.code for problem in problems] == ["wrong-name"]


def test_each_hook_has_step_names_of_its_own() -> None:
    named = "{steps: [{script: a, name: x}]}"
    found = deployment(f"  strategy: {{runOnce: {{preDeploy: {named}, deploy: {named}}}}}")
    assert [hook.name for hook in found.hooks] == ["preDeploy", "deploy"]


def test_steps_of_hooks_are_checked() -> None:
    text = "  strategy: {runOnce: {deploy: {steps: [{script: a, condition: 'and('}, {checkout: other}]}}}"
    problems = read_pipeline(f"jobs:\n- deployment: a\n{text}", file="f.yml", tasks={}).problems
    assert [problem.code for problem in problems] == ["expression", "unknown-resource"]
