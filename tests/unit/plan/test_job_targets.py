"""Steps in the wrong kind of job: refused before anything runs, in Azure's words."""

from __future__ import annotations

import pytest

from drivetrain.definition.read import read_pipeline
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.not_here import not_here
from drivetrain.run.tasks.catalog import CATALOG

DELAY = "- task: Delay@1"
WRONG = "which is not valid for the given job target."


def said(text: str) -> list[str]:
    definition = read_pipeline(text, file="f.yml", tasks=CATALOG)
    assert definition.ok, definition.problems
    return [str(problem) for problem in not_here(definition.pipeline, CATALOG)]


@pytest.mark.parametrize(
    ("step", "task"),
    [
        ("script: x", "'CmdLine' at version '2'"),
        ("bash: x", "'Bash' at version '3'"),
        ("pwsh: x", "'PowerShell' at version '2'"),
        ("checkout: self", "'Checkout' at version '1'"),
        ("publish: x", "'PublishPipelineArtifact' at version '1'"),
        ("download: current", "'DownloadPipelineArtifact' at version '2'"),
    ],
)
def test_a_job_of_the_server_has_no_agent_for_a_step(step: str, task: str) -> None:
    (problem,) = said(f"jobs:\n- job: A\n  pool: server\n  steps:\n  {DELAY}\n  - {step}\n    name: x")
    assert f"f.yml:6:5: error: Job A: Step x references task {task} {WRONG}" in problem


def test_a_task_that_only_agents_run_is_told_so_and_not_that_it_is_not_here() -> None:
    (problem,) = said("jobs:\n- job: A\n  pool: server\n  steps:\n  - task: Npm@1")
    assert f"f.yml:5:11: error: Job A: Step  references task 'Npm' at version '1' {WRONG}" in problem


@pytest.mark.parametrize("task", ["Delay@1", "delay@1", "InvokeRESTAPI@1", "ManualValidation@1"])
def test_a_task_of_the_server_does_not_run_on_an_agent(task: str) -> None:
    inputs = "\n  inputs: {notifyUsers: ''}" if task.startswith("Manual") else ""
    (problem,) = said(f"steps:\n- task: {task}{inputs}")
    name, _, version = task.partition("@")
    assert f"f.yml:2:9: error: Job Job: Step  references task '{name}' at version '{version}' {WRONG}" in problem
    assert "`pool: server`" in problem


@pytest.mark.parametrize(
    "place",
    [
        "pool: server\nsteps:\n{}",
        "stages:\n- stage: S\n  pool: server\n  jobs:\n  - job: A\n    steps:\n    {}",
    ],
)
def test_the_pool_of_the_pipeline_and_of_a_stage_counts(place: str) -> None:
    assert said(place.format(DELAY)) == []


def test_a_pool_of_its_own_is_nearer() -> None:
    assert said("pool: server\njobs:\n- job: A\n  pool: x\n  steps: [{script: a}]") == []


def test_a_hook_has_its_own_pool() -> None:
    text = (
        "jobs:\n- deployment: D\n  environment: e\n  strategy:\n    runOnce:\n"
        "      preDeploy:\n        pool: server\n        steps:\n        - task: Delay@1\n"
        "      deploy:\n        steps:\n        - script: a\n        - task: Delay@1\n"
    )
    (problem,) = said(text)
    assert "f.yml:13:17" in problem
    plan = compile_plan(
        read_pipeline(text.rpartition("        - task")[0], file="f.yml", tasks=CATALOG).pipeline,
        name="p",
        tasks=CATALOG,
    )
    (job,) = plan.stages[0].jobs
    assert [job.on_server(leg.name) for leg in job.legs] == [True, False]


def test_a_deployment_of_the_server_downloads_nothing() -> None:
    strategy = "strategy: {runOnce: {deploy: {steps: [{task: Delay@1}]}}}"
    text = f"jobs:\n- deployment: D\n  pool: server\n  environment: e\n  {strategy}"
    plan = compile_plan(read_pipeline(text, file="f.yml", tasks=CATALOG).pipeline, name="p", tasks=CATALOG)
    (leg,) = plan.stages[0].jobs[0].legs
    assert [step.task for step in leg.steps or ()] == ["Delay@1"]


def test_what_does_nothing_is_no_hindrance() -> None:
    disabled = "- script: x\n  enabled: false"
    assert said(f"pool: server\nsteps:\n- checkout: none\n- download: none\n{disabled}\n{DELAY}") == []
