"""Whatever a file says, it becomes a Definition or a DefinitionError with positions, never another exception."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from drivetrain.definition import schema
from drivetrain.definition.read import read_pipeline
from drivetrain.errors import DefinitionError, Position, Problem
from drivetrain.lang.tree import Mapping, Node, Scalar, Sequence
from drivetrain.lang.yaml import write
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.serialize import from_json, to_json
from drivetrain.run.tasks.catalog import CATALOG

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML 1.1 counts lines
HERE = Position("f.yml", 1, 1)
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
    return whole | steps.map(lambda found: mapping({"steps": found})) | nodes()


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


def plan_of(text: str) -> tuple[Plan | None, tuple[Problem, ...], str]:
    try:
        definition = read_pipeline(text, file="f.yml", tasks=CATALOG, parameters={}, assume_parameters=True)
        plan = compile_plan(definition.checked(), name="p", tasks=CATALOG)
    except DefinitionError as error:
        return None, error.problems, ""
    return plan, definition.problems, write(definition.node)


def check(text: str) -> None:
    plan, problems, expanded = plan_of(text)
    lines = len(LINE_BREAK.findall(text)) + 1
    for problem in problems:
        assert problem.position.file == "f.yml"
        assert 1 <= problem.position.line <= lines + 1
        assert problem.position.column >= 1
        assert problem.message
        assert problem.code
    if plan is None:
        assert problems
        return
    assert from_json(to_json(plan)) == plan
    again, _, twice = plan_of(expanded)
    assert twice == expanded
    assert again is not None
    assert without_positions(again) == without_positions(plan)
    check_names(plan)


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


def without_positions(plan: Plan) -> Plan:
    stages = [
        replace(
            stage,
            position="",
            jobs=tuple(
                replace(job, position="", steps=tuple(replace(step, position="") for step in job.steps))
                for job in stage.jobs
            ),
        )
        for stage in plan.stages
    ]
    return replace(plan, stages=tuple(stages))


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
    plan, problems, _ = plan_of(BOMBS[name])
    assert plan is None
    assert {problem.code for problem in problems} & {"too-large", "too-deep", "yaml-syntax"}
