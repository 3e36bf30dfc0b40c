"""Whatever a file says, it becomes a Definition or a DefinitionError with positions, never another exception."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from drivetrain.definition import schema
from drivetrain.definition.final_yaml import final
from drivetrain.definition.model import Step
from drivetrain.definition.read import read_pipeline
from drivetrain.definition.shape import to_bool
from drivetrain.definition.shorthand import SHORTHANDS
from drivetrain.errors import DefinitionError, Position, Problem
from drivetrain.lang.tree import Mapping, Node, Scalar, Sequence
from drivetrain.lang.yaml import read, write
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.serialize import from_json, to_json
from drivetrain.run.tasks.catalog import CATALOG

if TYPE_CHECKING:
    from drivetrain.definition.model import Definition, Pipeline
    from drivetrain.plan.model import Plan

sys.setrecursionlimit(20_000)  # as expansion does; Hypothesis wants it left alone while a test runs
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML 1.1 counts lines
HERE = Position("f.yml", 1, 1)
PLACE = {"position", "style", "spans"}
PLACES = [
    *schema.ROOT.values(), *schema.JOBS.values(), *schema.STEPS.values(), *schema.DEPLOYMENT_STRATEGIES.values(),
    schema.STAGE, schema.STRATEGY, schema.POOL, schema.DEPLOYMENT_STRATEGY, schema.HOOK, schema.ON, schema.PHASE,
    schema.CONTAINER, schema.ENVIRONMENT, schema.TARGET, schema.RESOURCES, schema.REPOSITORY, schema.PIPELINE_RESOURCE,
    schema.SCHEDULE, schema.TRIGGER, schema.PULL_REQUEST, schema.VARIABLE, schema.FILTERS, schema.PARAMETER,
    schema.QUEUE,
]  # fmt: skip
KEYS = sorted(
    {key for place in PLACES for key in place.keys}
    | {"template", "x", "a", "b", "${{ parameters.x }}", "${{ if true }}", "${{ x"}
)
WORDS = st.sampled_from(
    [
        "", "a", "b", "A", "true", "off", "1", "none", "self", "current", "succeeded()", "eq(variables.a, 1)", "and(",
        "$(a)",
        "${{ parameters.x }}", "${{ variables.a }}", "$[ counter() ]", "$[", "${{", "${{ parameters.x[0] }}", "Bash@3",
        "CmdLine@2", "Bash", "$[ dependencies.a.outputs['b'] ]", "object", "\u00e9\u4e2d", "number", "a\nb\n", "\ue000",
    ]
) | st.text(max_size=8).filter(lambda text: "\x00" not in text)  # fmt: skip


def scalar(word: str) -> Scalar:
    return Scalar(word, HERE)


def nodes() -> st.SearchStrategy[Node]:
    return st.recursive(
        WORDS.map(scalar),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda items: Sequence(tuple(items), HERE)),
            st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(mapping),
        ),
        max_leaves=12,
    )


def sequence(items: list[Scalar]) -> Node:
    return Sequence(tuple(items), HERE)


def mapping(entries: dict[str, Node]) -> Mapping:
    return Mapping(tuple((scalar(key), value) for key, value in entries.items()), HERE)


def pipelines() -> st.SearchStrategy[Node]:
    """Mostly well-formed files, in which anything may stand anywhere."""
    steps = st.lists(st.tuples(st.sampled_from(sorted(schema.STEPS)), WORDS), min_size=1, max_size=3).map(step_list)
    names = st.sampled_from(["a", "b", "c", "", "A"])
    depends = st.lists(names.map(scalar), max_size=2).map(sequence)
    jobs = st.lists(st.tuples(names, depends, steps | nodes(), nodes()), min_size=1, max_size=3).map(job_list)
    whole = st.tuples(jobs, st.dictionaries(st.sampled_from(KEYS), nodes(), max_size=2)).map(
        lambda pair: mapping({"jobs": pair[0], **pair[1]})
    )
    return whole | steps.map(lambda found: mapping({"steps": found})) | nodes() | right_files()


PARTS = {
    "pool": ["Default", "server", "{vmImage: x}", "{name: x, demands: a}", "{demands: [a, b -equals c]}"],
    "variables": ["{a: b}", "[{name: a, value: b, readonly: yes}, {group: g}]", "[]", "{a: '$[ counter() ]'}"],
    "container": ["'a:1'", "{image: a, env: {A: b}}", "box", "'$[ variables.a ]'"],
    "services": ["{x: 'a:1', y: {image: a, ports: [80]}}"],
    "strategy": ["{matrix: {x: {a: b}, y: {}}, maxParallel: 2}", "{parallel: 3}", "{matrix: '$[ variables.a ]'}"],
    "dependsOn": ["", "[]"],
    "condition": ["always()", "''"],
    "timeoutInMinutes": ["3", "$(a)"],
    "workspace": ["{clean: all}"],
    "continueOnError": ["true", "no"],
    "templateContext": ["{steps: [{script: a}], pool: x}"],
    "uses": ["{repositories: [box], pools: [a]}"],
}
RIGHT_STEPS = [
    "{script: a, failOnStderr: yes, target: host}", "{checkout: self, clean: true, fetchDepth: 1}", "{checkout: none}",
    "{publish: a, artifact: b, target: {container: host, settableVariables: none}}", "{download: none}", "{upload: a}",
    "{pwsh: a, workingDirectory: b, env: {A: ''}}", "{bash: 'a', name: x}", "{download: current, artifact: a}",
    "{task: Bash@3, inputs: {targetType: inline, script: a}, enabled: false}", "{reviewApp: a}", "{checkout: repo}",
]  # fmt: skip
ENVIRONMENTS = ["a", "a.b", "{name: a, resourceType: Kubernetes}"]
LIVES = [
    "runOnce: {deploy: {steps: [%s], pool: x}, on: {failure: {steps: []}}}",
    "rolling: {maxParallel: 10%%, preDeploy: {steps: [%s]}}",
    "canary: {increments: [10, 20], deploy: {steps: [%s]}}",
]
ROOTS = {
    "trigger": ["none", "[main]", "{branches: [a], paths: {exclude: [b]}, batch: true}"],
    "pr": ["none", "[main]", "{drafts: false}"],
    "schedules": ["[{cron: 0 3 * * Mon-Fri, branches: {include: [main]}, always: yes}]"],
    "name": ["$(Date:yyyyMMdd)"],
    "lockBehavior": ["runLatest"],
}


def parts(choices: dict[str, list[str]], names: list[str]) -> st.SearchStrategy[str]:
    """Some keys of a flow mapping, each with something right in it."""
    chosen = st.fixed_dictionaries({}, optional={name: st.sampled_from(choices[name]) for name in names})
    return chosen.map(lambda found: "".join(f", {name}: {value}" for name, value in found.items()))


def right_files() -> st.SearchStrategy[Node]:
    """Files without mistakes, of every root form."""
    steps = st.lists(st.sampled_from(RIGHT_STEPS), max_size=3, unique=True).map(", ".join)
    job = st.tuples(parts(PARTS, sorted(PARTS)), steps).map(lambda pair: f"{{job: {pair[0]}, steps: [{pair[1]}]}}")
    life = st.tuples(st.sampled_from(LIVES), steps).map(lambda pair: pair[0] % pair[1])
    common = parts(PARTS, sorted(PARTS.keys() - {"strategy"}))
    deployment = st.tuples(common, st.sampled_from(ENVIRONMENTS), life).map(
        lambda three: f"{{deployment: {three[0]}, environment: {three[1]}, strategy: {{{three[2]}}}}}"
    )
    jobs = st.lists(job | deployment, min_size=1, max_size=3).map(", ".join)
    stage = st.tuples(parts(PARTS, ["dependsOn", "condition", "pool", "variables", "templateContext"]), jobs)
    stages = st.lists(stage.map(lambda pair: f"{{stage: {pair[0]}, jobs: [{pair[1]}]}}"), min_size=1, max_size=2)
    alone = parts(PARTS, ["strategy", "continueOnError", "pool", "container", "services", "workspace"])
    body = (
        stages.map(lambda found: f"stages: [{', '.join(found)}]")
        | jobs.map(lambda found: f"jobs: [{found}]")
        | st.tuples(steps, alone).map(lambda pair: f"steps: [{pair[0]}]{pair[1]}")
        | steps.map(lambda found: f"phases: [{{phase: , steps: [{found}], queue: {{name: a, parallel: 2}}}}]")
    )
    resources = "resources: {containers: [{container: box, image: a}], repositories: [{repository: repo, name: a/b}]}"
    root = parts(ROOTS, sorted(ROOTS))
    return st.tuples(body, root).map(lambda pair: read(f"{{{pair[0]}, {resources}{pair[1]}}}", file="f.yml"))


def step_list(pairs: list[tuple[str, str]]) -> Node:
    return Sequence(tuple(mapping({kind: scalar(word)}) for kind, word in pairs), HERE)


def job_list(jobs: list[tuple[str, Node, Node, Node]]) -> Node:
    return Sequence(
        tuple(
            mapping({"job": scalar(name), "dependsOn": depends, "steps": steps, "variables": other})
            for name, depends, steps, other in jobs
        ),
        HERE,
    )


def definition_of(text: str) -> tuple[Definition | None, tuple[Problem, ...]]:
    try:
        definition = read_pipeline(text, file="f.yml", tasks=CATALOG, parameters={}, assume_parameters=True)
    except DefinitionError as error:
        return None, error.problems
    return definition, definition.problems


def plan_of(text: str) -> tuple[Plan | None, tuple[Problem, ...]]:
    definition, problems = definition_of(text)
    if definition is None:
        return None, problems
    try:
        return compile_plan(definition.checked(), name="p", tasks=CATALOG), definition.problems
    except DefinitionError as error:
        return None, error.problems


def check(text: str) -> None:
    definition, problems = definition_of(text)
    lines = len(LINE_BREAK.findall(text)) + 1
    for problem in problems:
        assert problem.position.file == "f.yml"
        assert 1 <= problem.position.line <= lines + 1
        assert problem.position.column >= 1
        assert problem.message
        assert problem.code
    if definition is None:
        assert problems
        return
    check_final(definition)
    if definition.ok:
        check_plan(write(definition.node))


def check_plan(expanded: str) -> None:
    again, problems = definition_of(expanded)
    assert again is not None, problems
    assert write(again.node) == expanded
    plan, problems = plan_of(expanded)
    if plan is None:
        assert problems
        assert {problem.code for problem in problems} <= {"not-yet-supported", "wrong-job-target"}
        return
    assert from_json(to_json(plan)) == plan
    check_names(plan)


def check_final(definition: Definition) -> None:
    """Azure's form of an expanded file is its own, and means the same."""
    full = final(definition.node)
    assert write(final(full)) == write(full)
    if not definition.ok:
        return
    again, problems = definition_of(write(full))
    assert again is not None, problems
    assert again.ok, problems
    assert meaning(with_pools(again.pipeline)) == meaning(with_pools(definition.pipeline))


def with_pools(pipeline: Pipeline) -> Pipeline:
    """Every pool at its jobs: the one of a file of steps moves there."""
    stages = (
        replace(
            stage,
            pool=None,
            jobs=tuple(replace(job, pool=job.pool or stage.pool or pipeline.pool) for job in stage.jobs),
        )
        for stage in pipeline.stages
    )
    return replace(pipeline, pool=None, stages=tuple(stages))


def meaning(value: object) -> object:
    """What was read without its places and spellings: short steps as tasks, words for booleans as booleans."""
    if isinstance(value, Step):
        step = replace(value, kind="", subject=scalar(""), options={}, inputs={}, input_keys=())
        return [task_of(value), *(meaning(getattr(step, field)) for field in step.__struct_fields__)]
    if isinstance(value, Scalar):
        return value.value if to_bool(value.value) is None else to_bool(value.value)
    if isinstance(value, Position):
        return None
    if isinstance(value, msgspec.Struct):
        return {name: meaning(getattr(value, name)) for name in value.__struct_fields__ if name not in PLACE}
    if isinstance(value, tuple):
        return [meaning(item) for item in value]
    return {name: meaning(item) for name, item in value.items()} if isinstance(value, dict) else value


def task_of(step: Step) -> object:
    """A short step as its task; those whose tasks have no name are read as steps again."""
    options = {name: value.value for name, value in step.options.items()}
    short = SHORTHANDS.get(step.kind)
    if short is None or step.kind in ("checkout", "publish", "upload", "download"):
        inputs = {name: value.value for name, value in step.inputs.items()}
        kind, subject = ("publish" if step.kind == "upload" else step.kind), step.subject.value
        found = {**options, **inputs}
        return (subject if kind == "task" else (kind, subject)), {name: meaning(scalar(found[name])) for name in found}
    found = {**short.before, short.subject: step.subject.value, **short.after, **options}
    return short.task, {name: meaning(scalar(found[name])) for name in found}


def check_names(plan: Plan) -> None:
    assert unique([stage.name for stage in plan.stages])
    check_order({stage.name: stage.depends_on for stage in plan.stages})
    for stage in plan.stages:
        assert unique([job.name for job in stage.jobs])
        check_order({job.name: job.depends_on for job in stage.jobs})
        for job in stage.jobs:
            assert unique([step.name for step in job.steps])
            assert unique([leg.name for leg in job.legs])


def unique(names: list[str]) -> bool:
    return len({name.lower() for name in names}) == len(names)


def check_order(edges: dict[str, tuple[str, ...]]) -> None:
    """All can be put in an order in which each comes after what it depends on."""
    left = dict(edges)
    while left:
        ready = [name for name, targets in left.items() if not set(targets) & left.keys()]
        assert ready, f"a cycle in {left}"
        for name in ready:
            assert set(left.pop(name)) <= edges.keys()


@given(pipelines())
@settings(max_examples=300, deadline=None)
def test_any_tree_becomes_a_plan_or_positioned_problems(node: Node) -> None:
    check(write(node))


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
@example("\ufeffsteps:\n- script: a")
@example("steps:\r\n- script: |\r\n    a\r\n")
@example("\x00")
@example("a: !!python/object x")
@example("? [a]\n: b")
@example("- - - -")
@example("{")
def test_any_text_becomes_a_plan_or_positioned_problems(text: str) -> None:
    check(text)


BOMBS = {
    "depth": "a: " + "[" * 5000,
    "items": "steps:\n" + "- script: a\n" * 300_000,
    "a list put in many times": (
        "parameters:\n- name: p\n  type: object\n  default: [" + "x," * 50_000 + "]\nsteps:\n- script: a\nvariables:\n"
        "" + "".join(f"  v{n}: ${{{{ parameters.p }}}}\n" for n in range(500))
    ),
    "each twice the one before": (
        "steps:\n- script: a\nvariables:\n  v0: " + "x" * 100 + "\n"
        "" + "".join(f"  v{n}: ${{{{ variables.v{n - 1} }}}}${{{{ variables.v{n - 1} }}}}\n" for n in range(1, 40))
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_an_error_soon(name: str) -> None:
    plan, problems = plan_of(BOMBS[name])
    assert plan is None
    assert {problem.code for problem in problems} & {"too-large", "too-deep", "yaml-syntax"}
