"""What the stages and jobs of a plan need of the library, and how containers and targets get into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.model import TaskInfo
from drivetrain.definition.read import read_pipeline
from drivetrain.plan import compile as compiling
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.model import ContainerPlan, ResourceUse, TargetPlan
from drivetrain.run.tasks.catalog import CATALOG

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan

TASKS = {
    **CATALOG,
    "Sign@1": TaskInfo("Sign", 1, "Sign", connections=("connection", "feeds"), secure_files=("certificate",)),
}
STEPS = "steps: [{script: a}]"


@pytest.fixture(autouse=True)
def everything_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plan holds does not depend on what can be carried out."""
    monkeypatch.setattr(compiling, "not_here", lambda *_: ())


def planned(text: str) -> Plan:
    definition = read_pipeline(text, file="f.yml", tasks=TASKS)
    return compile_plan(definition.checked(), name="p", tasks=TASKS)


def shown(uses: tuple[ResourceUse, ...]) -> list[str]:
    return [f"{use.kind} {use.name} {use.position.removeprefix('f.yml:')}" for use in uses]


def test_a_stage_needs_the_groups_of_all_its_scopes() -> None:
    (stage,) = planned(
        "variables: [{group: root}]\nstages:\n- stage: s\n  variables: [{group: Stage}]\n  jobs:\n"
        f"  - job: a\n    variables: [{{group: own}}, {{group: stage}}]\n    {STEPS}"
    ).stages
    assert shown(stage.jobs[0].resources) == ["variableGroup own 7:25", "variableGroup stage 7:39"]
    assert shown(stage.resources) == ["variableGroup root 1:21", "variableGroup Stage 4:23", "variableGroup own 7:25"]


def test_a_group_stands_among_the_variables_where_the_file_has_it() -> None:
    plan = planned(f"variables: [{{name: a, value: 1}}, {{group: g}}, {{name: b, value: 2}}]\n{STEPS}")
    assert [(each.name, each.group) for each in plan.variables] == [("a", ""), ("", "g"), ("b", "")]


def test_inputs_of_tasks_name_connections_and_secure_files() -> None:
    (stage,) = planned(
        "variables: {where: north}\nsteps:\n"
        "- task: Sign@1\n  inputs: {connection: prod-$(where), CERTIFICATE: key.pem, other: x}\n"
        "- task: Sign@1\n  inputs: {feeds: 'one, two', connection: PROD-north}\n"
    ).stages
    assert shown(stage.resources) == [
        "serviceConnection prod-north 4:24",
        "secureFile key.pem 4:52",
        "serviceConnection one 6:20",
        "serviceConnection two 6:20",
    ]


def test_a_macro_that_the_file_does_not_set_stays() -> None:
    (stage,) = planned("steps:\n- task: Sign@1\n  inputs: {connection: $(later)}\n").stages
    assert [use.name for use in stage.resources] == ["$(later)"]


def test_a_deployment_needs_its_environment_and_what_its_hooks_name() -> None:
    (stage,) = planned(
        "jobs:\n- deployment: d\n  environment: staging.web\n  strategy:\n    runOnce:\n      deploy:\n        steps:\n"
        "        - task: Sign@1\n          inputs: {connection: c}\n"
    ).stages
    assert shown(stage.resources) == ["environment staging 3:16", "serviceConnection c 9:32"]


def test_a_repository_and_a_container_are_fetched_with_their_connections() -> None:
    (stage,) = planned(
        "resources:\n  repositories: [{repository: r, type: github, name: a/b, endpoint: hub}]\n"
        "  containers: [{container: box, image: i, endpoint: registry}]\n"
        f"jobs:\n- job: a\n  container: box\n  steps: [{{checkout: r}}]\n- job: b\n  {STEPS}"
    ).stages
    assert [use.name for use in stage.jobs[0].resources] == ["hub", "registry"]
    assert stage.jobs[1].resources == ()


def test_containers_of_jobs_services_and_targets_are_found_by_alias_or_image() -> None:
    (stage,) = planned(
        "resources:\n  containers:\n  - {container: box, image: python:3, env: {A: b}, ports: ['1:2'], options: -x}\n"
        "jobs:\n- job: a\n  container: BOX\n  services: {db: 'postgres:16', cache: {image: redis, volumes: [v]}}\n"
        "  steps: [{script: a, target: box}, {script: b, target: {container: host, commands: restricted,"
        " settableVariables: [x]}}]"
    ).stages
    (job,) = stage.jobs
    assert job.container == ContainerPlan(
        "python:3", env={"A": "b"}, ports=("1:2",), options="-x", position="f.yml:3:5", alias="box"
    )
    assert {name: each.image for name, each in job.services.items()} == {"db": "postgres:16", "cache": "redis"}
    assert job.services["cache"].volumes == ("v",)
    assert job.containers == {"box": job.container}
    assert [step.target for step in job.steps[1:]] == [
        TargetPlan("box"),
        TargetPlan("host", restricted=True, settable=("x",)),
    ]


def test_a_job_of_the_server_checks_nothing_out() -> None:
    (stage,) = planned(f"pool: server\n{STEPS}").stages
    assert stage.jobs[0].server
    assert [step.task for step in stage.jobs[0].steps] == ["CmdLine@2"]
