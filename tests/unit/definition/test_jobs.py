"""Jobs and stages: every key, and what `$[ ]` may stand in."""

from __future__ import annotations

import pytest

from drivetrain.definition.model import Job, Leg, Pool, Stage, Target, Variable, VariableGroup, Variables
from drivetrain.definition.read import read_pipeline
from drivetrain.lang.tree import Scalar

STEPS = "steps: [{script: a}]"


def stage_of(text: str) -> Stage:
    return read_pipeline(text, file="f.yml", tasks={}).checked().stages[0]


def job_of(keys: str) -> Job:
    return stage_of(f"jobs:\n- job: a\n  {keys}\n  {STEPS}\n").jobs[0]


def texts(scalars: tuple[Scalar, ...]) -> list[str]:
    return [scalar.value.strip() for scalar in scalars]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pool: Default", Pool("Default")),
        ("pool: Server", Pool(server=True)),
        ("pool: {name: server}", Pool(server=True)),
        ("pool: {name: server, demands: a}", Pool("server", demands=("a",))),
        ("pool: {vmImage: ubuntu-latest}", Pool(vm_image="ubuntu-latest")),
        ("pool: {name: a, demands: [b, c -equals d]}", Pool("a", demands=("b", "c -equals d"))),
        ("pool: {name: a, os: linux, hostArchitecture: arm64}", Pool("a")),
    ],
)
def test_every_form_of_pool(text: str, expected: Pool) -> None:
    pool = job_of(text).pool
    assert pool is not None
    assert (pool.name, pool.vm_image, pool.demands, pool.server) == (
        expected.name, expected.vm_image, expected.demands, expected.server,
    )  # fmt: skip
    assert str(pool.position).startswith("f.yml:3:")


def test_container_and_services() -> None:
    job = job_of("container: debian:12\n  services: {a: 'x:1', b: {image: y, ports: [80]}}")
    assert job.container is not None
    assert job.container.alias is not None
    assert job.container.alias.value == "debian:12"
    inside = {name: (service.alias, service.image) for name, service in job.services.items()}
    assert {name: tuple(text.value for text in pair if text) for name, pair in inside.items()} == {
        "a": ("x:1",), "b": ("y",),
    }  # fmt: skip


def test_uses_and_template_context() -> None:
    job = job_of("uses: {repositories: [a], pools: [b]}\n  templateContext: {anything: [goes]}")
    assert job.uses is not None
    assert (texts(job.uses.repositories), job.uses.pools) == (["a"], ("b",))
    assert job.template_context is not None


def test_a_matrix_may_come_from_an_expression() -> None:
    strategy = job_of("strategy: {matrix: '$[ variables.legs ]', maxParallel: $(n)}").strategy
    assert strategy is not None
    assert strategy.matrix is not None
    assert (strategy.matrix.value, str(strategy.matrix.position)) == (" variables.legs ", "f.yml:3:25")
    assert strategy.max_parallel is not None
    assert (strategy.legs, strategy.max_parallel.value) == ((), "$(n)")


def test_legs_and_slices() -> None:
    legs = job_of("strategy: {matrix: {x: {a: 1}, y: {}}, maxParallel: 2}").strategy
    assert legs is not None
    assert legs.legs == (Leg("x", {"a": "1"}), Leg("y", {}))
    slices = job_of("strategy: {parallel: 08}").strategy
    assert slices is not None
    assert slices.parallel is not None
    assert slices.parallel.value == "8"


def test_every_expression_of_a_job_is_checked() -> None:
    job = job_of(
        "continueOnError: $[ variables.a ]\n  timeoutInMinutes: $[ variables.b ]\n  pool: {name: '$[ variables.c ]'}\n"
        "  strategy: {parallel: '$[ variables.d ]'}\n  container: $[ variables.e ]\n  services: {x: '$[ variables.f ]'}"
    )
    assert texts(job.expressions) == [f"variables.{letter}" for letter in "abcdef"]
    wrong = read_pipeline(f"jobs:\n- job: a\n  container: $[ eq( ]\n  {STEPS}", file="f.yml", tasks={}).problems
    assert [(problem.code, problem.position.line) for problem in wrong] == [("expression", 3)]


def test_every_key_of_a_stage() -> None:
    stage = stage_of(
        "stages:\n- stage: a\n  lockBehavior: RunLatest\n  trigger: Manual\n  isSkippable: no\n  group: g\n"
        f"  checks: [{{type: productionReadinessPolicy}}]\n  templateContext: x\n  jobs: [{{job: a, {STEPS}}}]"
    )
    assert (stage.lock_behavior, stage.trigger, stage.skippable) == ("runLatest", "manual", False)
    assert (stage.group, stage.checks) == ("g", ("productionReadinessPolicy",))
    assert isinstance(stage.template_context, Scalar)
    assert (stage.depends_on, stage.template_context.value) == (None, "x")


def test_no_dependencies_are_not_the_same_as_none_written() -> None:
    text = "stages:\n- {stage: a%s, jobs: [{job: a, steps: [{script: a}]}]}"
    assert stage_of(text % "").depends_on is None
    assert stage_of(text % ", dependsOn: []").depends_on == ()
    assert stage_of(text % ", dependsOn: ''").depends_on == ()


def names(variables: Variables) -> list[str]:
    return [f"({entry.name.value})" if isinstance(entry, VariableGroup) else entry.name for entry in variables]


def test_groups_stand_among_the_variables_in_order() -> None:
    text = "- name: a\n- group: g\n- name: b\n  value: $[ counter() ]\n  readonly: yes\n- group: h"
    variables = read_pipeline(f"variables:\n{text}\n{STEPS}", file="f.yml", tasks={}).checked().variables
    assert names(variables) == ["a", "(g)", "b", "(h)"]
    last = variables[2]
    assert isinstance(last, Variable)
    assert (last.value.value, last.runtime, last.readonly) == (" counter() ", True, True)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("{group: g, name: a}", "conflicting-keys"),
        ("{group: }", "missing-key"),
        ("{group: [a]}", "wrong-type"),
        ("{value: a}", "missing-key"),
        ("{name: }", "wrong-name"),
        ("text", "wrong-type"),
        ("{name: a, secret: true}", "unknown-key"),
    ],
)
def test_a_wrong_item_of_variables(item: str, code: str) -> None:
    problems = read_pipeline(f"variables:\n- {item}\n{STEPS}", file="f.yml", tasks={}).problems
    assert [problem.code for problem in problems] == [code]


def test_targets_of_steps() -> None:
    stage = stage_of(
        "steps:\n- {script: a, target: host}\n- {script: a, target: {container: host, commands: restricted}}\n"
        "- {script: a, target: {settableVariables: none}}\n- {script: a, target: {settableVariables: [x, y]}}\n"
        "- script: a"
    )
    targets = [step.target for step in stage.jobs[0].steps]
    assert [_without_place(target) for target in targets] == [
        ("host", "", None), ("host", "restricted", None), ("", "", ()), ("", "", ("x", "y")), None,
    ]  # fmt: skip


def _without_place(target: Target | None) -> tuple[str, str, tuple[str, ...] | None] | None:
    return None if target is None else (target.container, target.commands, target.settable_variables)


def test_a_task_with_azures_id_is_the_step_that_it_comes_from() -> None:
    stage = stage_of(
        "steps:\n- task: 6d15af64-176c-496d-b583-fd2ae21d4df4@1\n  inputs: {clean: true, repository: self}\n"
        "- task: ECDC45F6-832d-4ad9-b52b-ee49e94659be@1\n  name: x\n  inputs: {path: a, artifactName: b}\n"
        "- task: 30f35852-3f7e-4c0c-9a88-e127b4f97211@1\n  condition: false\n  inputs: {alias: none}\n"
    )
    checkout, publish, download = stage.jobs[0].steps
    assert (checkout.kind, checkout.subject.value, set(checkout.options)) == ("checkout", "self", {"clean"})
    assert (publish.kind, publish.subject.value, publish.options["artifact"].value) == ("publish", "a", "b")
    assert publish.name is not None
    assert (download.kind, download.subject.value, download.condition) == ("download", "none", None)
