"""Every key of the tables is read in a real file, and a misspelt one is told with the key that was meant."""

from __future__ import annotations

import pytest

from drivetrain.definition import schema
from drivetrain.definition.model import TaskInfo
from drivetrain.definition.read import read_pipeline
from drivetrain.errors import Severity

TASKS = {"Bash@3": TaskInfo("Bash", 3, "Bash", optional=frozenset({"script", "targetType"}))}
STEPS = "[{script: a}]"
HOOK = f"{{steps: {STEPS}}}"
RESOURCES = (
    "resources:\n  repositories: [{repository: repo, name: a/b}]\n  containers: [{container: box, image: a:1}]\n"
    "  builds: [{build: b, type: Jenkins, connection: c, source: s}]\n"
    "  packages: [{package: p, type: npm, connection: c, name: a/b}]\n"
)
SAMPLES = {
    "alias": "box", "always": "true", "appendCommitMessageToRunName": "false", "autoCancel": "false", "batch": "true",
    "branches": "{include: [main]}", "cancelTimeoutInMinutes": "3", "canary": "{increments: [10, 20]}",
    "checkoutOptions": "{lfs: true}", "checks": "[{type: productionReadinessPolicy}]", "clean": "true",
    "commands": "restricted", "container": "box", "continueOnError": "true", "cron": "0 3 * * *", "demands": "[a]",
    "deploy": HOOK, "drafts": "false", "enabled": "true", "env": "{A: b}", "environment": "prod",
    "exclude": "[a]", "failOnStderr": "true", "failure": HOOK, "fetchTags": "false",
    "filters": "[{path: a, value: b}]", "ignoreLASTEXITCODE": "true", "image": "a:1", "include": "[a]",
    "increments": "[10]", "inputs": "{}", "isSkippable": "false", "jobs": f"[{{job: a, steps: {STEPS}}}]",
    "lfs": "true", "localImage": "true", "lockBehavior": "runLatest", "mapDockerSocket": "false",
    "matrix": "{a: {b: c}}", "maxParallel": "2", "mountReadOnly": "{work: true}", "on": f"{{success: {HOOK}}}",
    "parallel": "2", "parameters": "[]", "paths": "{include: [a]}", "persistCredentials": "true", "pool": "Default",
    "pools": "[a]", "ports": "[a]", "postRouteTraffic": HOOK, "pr": "none",
    "preDeploy": HOOK, "queue": "Default", "readonly": "true", "repositories": "[a]",
    "resourceType": "Kubernetes", "resources": "{}", "retryCountOnTaskFailure": "2",
    "rolling": "{maxParallel: 10%}", "routeTraffic": HOOK, "runOnce": f"{{deploy: {HOOK}}}",
    "schedules": "[{cron: 0 3 * * *}]", "server": "true", "services": "{x: box}", "settableVariables": "[a]",
    "stages": f"[{{stage: a, jobs: [{{job: a, steps: {STEPS}}}]}}]", "steps": STEPS, "strategy": "{parallel: 2}",
    "success": HOOK, "tags": "[a]", "target": "host", "templateContext": "{a: [b]}",
    "timeoutInMinutes": "3", "trigger": "none", "type": "git", "uses": "{pools: [a]}", "variables": "{a: b}",
    "volumes": "[a]", "work": "true", "externals": "true", "tools": "true", "tasks": "true",
    "workspace": "{clean: all}",
}  # fmt: skip
JOB = f"jobs:\n- job: a\n  steps: {STEPS}\n"
DEPLOYMENT = "jobs:\n- deployment: a\n"
ONE_STAGE = f"stages: [{{stage: a, jobs: [{{job: a, steps: {STEPS}}}]}}]\n"
BESIDE = f"steps: {STEPS}\n"
SUBJECTS = {"checkout": "self", "download": "current", "task": "Bash@3", "downloadBuild": "b", "getPackage": "p"}
REQUIRED = "  type: t\n    connection: c\n"
LIST = f"{BESIDE}resources:\n  %ss:\n  - %s: a\n    "
"""A resource of some kind, to which keys are added."""


def resource(kind: str, keys: str = "") -> str:
    plural = "repositories" if kind == "repository" else f"{kind}s"
    return f"{BESIDE}resources:\n  {plural}:\n  - {kind}: a\n{keys}    ~\n"


PLACES: list[tuple[schema.Place, str, dict[str, str]]] = [
    (schema.ROOT["stages"], f"{ONE_STAGE}~\n", {}),
    (schema.ROOT["jobs"], f"{JOB}~\n", {}),
    (schema.ROOT["steps"], f"{RESOURCES}{BESIDE}~\n", {}),
    (schema.ROOT["phases"], f"phases: [{{phase: a, steps: {STEPS}}}]\n~\n", {}),
    (schema.STAGE, "stages:\n- stage: a\n  ~\n", {"trigger": "manual"}),
    (schema.JOBS["job"], f"{RESOURCES}jobs:\n- job: a\n  ~\n", {}),
    (schema.JOBS["deployment"], f"{RESOURCES}{DEPLOYMENT}  ~\n", {"strategy": "{runOnce: {}}"}),
    (schema.STRATEGY, f"{JOB}  strategy: {{~}}\n", {}),
    (schema.WORKSPACE, f"{JOB}  workspace: {{~}}\n", {"clean": "outputs"}),
    (schema.POOL, f"{JOB}pool: {{~}}\n", {}),
    (schema.USES, f"{JOB}  uses: {{~}}\n", {}),
    (schema.CONTAINER, f"{RESOURCES}{JOB}  container: {{~}}\n", {}),
    (schema.MOUNT_READ_ONLY, f"{JOB}  container: {{image: 'a:1', mountReadOnly: {{~}}}}\n", {}),
    (schema.ENVIRONMENT, f"{DEPLOYMENT}  environment: {{~}}\n", {"tags": "a"}),
    (schema.DEPLOYMENT_STRATEGY, f"{DEPLOYMENT}  strategy: {{~}}\n", {}),
    *[
        (place, f"{DEPLOYMENT}  strategy: {{{name}: {{~}}}}\n", {})
        for name, place in schema.DEPLOYMENT_STRATEGIES.items()
    ],
    (schema.HOOK, f"{DEPLOYMENT}  strategy: {{runOnce: {{deploy: {{~}}}}}}\n", {}),
    (schema.ON, f"{DEPLOYMENT}  strategy: {{runOnce: {{on: {{~}}}}}}\n", {}),
    (schema.PHASE, "phases:\n- phase: a\n  ~\n", {}),
    (schema.QUEUE, "phases:\n- phase: a\n  queue: {~}\n", {"workspace": "{clean: all}"}),
    (schema.PHASE_SERVER, "phases:\n- phase: a\n  server: {~}\n", {}),
    (schema.TRIGGER, f"{BESIDE}trigger: {{~}}\n", {"tags": "{include: [a]}"}),
    (schema.PULL_REQUEST, f"{BESIDE}pr: {{~}}\n", {}),
    (schema.FILTERS, f"{BESIDE}trigger: {{branches: {{~}}}}\n", {}),
    (schema.SCHEDULE, f"{BESIDE}schedules:\n- cron: 0 3 * * *\n  ~\n", {}),
    (schema.VARIABLE, f"{BESIDE}variables:\n- name: a\n  ~\n", {}),
    (schema.TARGET, f"{RESOURCES}steps: [{{script: a, target: {{~}}}}]\n", {}),
    (schema.RESOURCES, f"{BESIDE}resources: {{~}}\n", dict.fromkeys(schema.RESOURCES.keys, "[]")),
    (schema.REPOSITORY, resource("repository", "    name: a/b\n"), {}),
    (schema.CONTAINER_RESOURCE, resource("container", "    image: a\n"), {}),
    (schema.CONTAINER_TRIGGER, resource("container", "    image: a\n").replace("~", "trigger: {~}"), {}),
    (schema.PIPELINE_RESOURCE, resource("pipeline"), {}),
    (schema.PIPELINE_TRIGGER, resource("pipeline").replace("~", "trigger: {~}"), {"stages": "[a]"}),
    (schema.BUILD_RESOURCE, resource("build", "    type: t\n    connection: c\n    source: s\n"), {}),
    (schema.PACKAGE_RESOURCE, resource("package", "    type: t\n    connection: c\n    name: n\n"), {}),
    (schema.WEBHOOK_RESOURCE, resource("webhook", "    connection: c\n"), {}),
    (schema.LEGACY_RESOURCE, f"{BESIDE}resources:\n- repo: self\n  ~\n", {}),
    *[
        (place, f"{RESOURCES}steps:\n- {kind}: {SUBJECTS.get(kind, 'x')}\n  ~\n", {})
        for kind, place in schema.STEPS.items()
    ],
]
"""A place, a file with a hole in it, and what keys hold there when it is not what they hold elsewhere."""
UNREAD = {"unknown-key", "wrong-type", "wrong-value"}


def codes(text: str) -> list[tuple[str, int, int]]:
    problems = read_pipeline(text, file="f.yml", tasks=TASKS, assume_parameters=True).problems
    return [(problem.code, problem.position.line, problem.position.column) for problem in problems]


def keys() -> list[tuple[str, str, str]]:
    return [
        (place.title, key, hole.replace("~", f"{key}: {own.get(key, SAMPLES.get(key, 'a'))}"))
        for place, hole, own in PLACES
        for key in sorted(place.keys)
        if f"{key}: " not in hole and f"{key}:\n" not in hole
    ]


@pytest.mark.parametrize(("title", "key", "text"), keys())
def test_every_key_of_a_place_is_read(title: str, key: str, text: str) -> None:
    assert not [code for code, _, _ in codes(text) if code in UNREAD], f"{key} in {title}"


@pytest.mark.parametrize(("place", "hole"), [(place, hole) for place, hole, _ in PLACES])
def test_a_misspelt_key_is_told_with_the_one_that_was_meant(place: schema.Place, hole: str) -> None:
    key = max(place.keys, key=len)
    problems = read_pipeline(hole.replace("~", f"{key}x: a"), file="f.yml", tasks=TASKS).problems
    found = next(problem for problem in problems if problem.code == "unknown-key")
    assert found.hint == f"did you mean '{key}'?"
    assert found.severity is (Severity.WARNING if place.open else Severity.ERROR)


@pytest.mark.parametrize("word", ["true", "True", "y", "YES", "on", "false", "n", "No", "off"])
def test_booleans_are_azures_words_in_any_case(word: str) -> None:
    definition = read_pipeline(f"steps:\n- script: a\n  enabled: {word}\n", file="f.yml", tasks={})
    assert definition.ok
    assert definition.pipeline.stages[0].jobs[0].steps[0].enabled is (word.lower() in {"true", "y", "yes", "on"})


def test_many_problems_are_collected_and_then_only_counted() -> None:
    text = "steps:\n" + "".join(f"- scrpt: {number}\n" for number in range(80))
    problems = read_pipeline(text, file="f.yml", tasks={}).problems
    assert len(problems) == 51
    assert problems[-1].message == "and 30 more problems"
    assert problems[-1].code == "too-many-problems"
