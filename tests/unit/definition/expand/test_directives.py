"""https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions#conditional-insertion"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.lang.values import Value
    from tests.unit.definition.expand.conftest import World

    Make = Callable[..., World]


PARAMETERS: dict[str, Value] = {"yes": True, "no": False, "list": ["a", "b"], "map": {"k": "v", "l": "w"}, "none": []}


@pytest.mark.parametrize(
    ("source", "result"),
    [
        # Lists: a body's items are put among those around it.
        ("s:\n- 1\n- ${{ if parameters.yes }}:\n  - 2\n  - 3\n- 4", "s:\n- 1\n- 2\n- 3\n- 4"),
        ("s:\n- 1\n- ${{ if parameters.no }}:\n  - 2", "s:\n- 1"),
        ("s:\n- ${{ if parameters.no }}:\n  - 1\n- ${{ else }}:\n  - 2", "s:\n- 2"),
        ("s:\n- ${{ if parameters.no }}:\n  - 1\n- ${{ elseif parameters.yes }}:\n  - 2\n- ${{ else }}:\n  - 3", "s:\n- 2"),
        ("s:\n- ${{ if parameters.yes }}:\n  - 1\n- ${{ elseif parameters.yes }}:\n  - 2", "s:\n- 1"),
        ("s:\n- ${{ if parameters.yes }}:\n    a: 1\n  ${{ if parameters.yes }}:\n    b: 2", "s:\n- a: 1\n  b: 2"),
        # With several keys an item is a mapping, to which its directives add keys.
        (
            "s:\n- ${{ if parameters.no }}:\n    a: 1\n  ${{ else }}:\n    a: 2\n  ${{ each p in parameters.map }}:\n"
            "    ${{ p.key }}: ${{ p.value }}",
            "s:\n- a: 2\n  k: v\n  l: w",
        ),
        ("s:\n- ${{ if parameters.yes }}:\n    a: 1\n    b: 2", "s:\n- a: 1\n  b: 2"),
        ("s:\n- ${{ if parameters.yes }}: text", "s:\n- text"),
        ("s:\n- ${{ if parameters.yes }}: ${{ parameters.list }}", "s:\n- a\n- b"),
        ("s:\n- ${{ if parameters.yes }}:", "s: []"),
        # Other items may come between an if and its else, as Azure has it.
        ("s:\n- ${{ if parameters.no }}:\n  - 1\n- x\n- ${{ else }}:\n  - 2", "s:\n- x\n- 2"),
        # An empty list or mapping is true, an empty text is not.
        ("s:\n- ${{ if parameters.none }}:\n  - 1", "s:\n- 1"),
        ("s:\n- ${{ if '' }}:\n  - 1", "s: []"),
        # Mappings: a body's keys are put among those around it.
        ("m:\n  a: 1\n  ${{ if parameters.yes }}:\n    b: 2\n  c: 3", "m:\n  a: 1\n  b: 2\n  c: 3"),
        ("m:\n  ${{ if parameters.no }}:\n    b: 2\n  ${{ else }}:\n    b: 3", "m:\n  b: 3"),
        ("m:\n  a: 1\n  ${{ if parameters.yes }}: ${{ parameters.map }}", "m:\n  a: 1\n  k: v\n  l: w"),
        ("m:\n  ${{ if parameters.no }}:\n    b: 2", "m: {}"),
        # Loops.
        ("s:\n- ${{ each x in parameters.list }}:\n  - ${{ x }}!", "s:\n- a!\n- b!"),
        ("s:\n- ${{ each p in parameters.map }}:\n    x${{ p.key }}: ${{ p.value }}", "s:\n- xk: v\n  xl: w"),
        ("s:\n- a: 1\n  ${{ each p in parameters.map }}:\n    ${{ p.key }}: ${{ p.value }}", "s:\n- a: 1\n  k: v\n  l: w"),
        ("s:\n- ${{ each p in parameters.map }}:\n  - ${{ p.key }}=${{ p.value }}", "s:\n- k=v\n- l=w"),
        ("m:\n  ${{ each p in parameters.map }}:\n    x${{ p.key }}: ${{ p.value }}", "m:\n  xk: v\n  xl: w"),
        ("s:\n- ${{ each x in parameters.none }}:\n  - ${{ x }}", "s: []"),
        ("s:\n- ${{ each x in parameters.map.missing }}:\n  - ${{ x }}", "s: []"),
        (
            "s:\n- ${{ each x in parameters.list }}:\n  - ${{ each y in parameters.list }}:\n    - ${{ x }}${{ y }}",
            "s:\n- aa\n- ab\n- ba\n- bb",
        ),
        ("s:\n- ${{ each ITEM in parameters.list }}:\n  - ${{ item }}", "s:\n- a\n- b"),
        ("s:\n- ${{ each x in split('a in b', ' in ') }}:\n  - ${{ x }}", "s:\n- a\n- b"),
        (
            "s:\n- ${{ each x in parameters.list }}:\n  - ${{ if eq(x, 'a') }}:\n    - first\n  - ${{ else }}:\n    - ${{ x }}",
            "s:\n- first\n- b",
        ),
        # Insertion.
        ("m:\n  a: 1\n  ${{ insert }}: ${{ parameters.map }}", "m:\n  a: 1\n  k: v\n  l: w"),
        ("m:\n  ${{ insert }}:\n    a: 1\n  b: 2", "m:\n  a: 1\n  b: 2"),
        ("s:\n- ${{ insert }}: ${{ parameters.map }}", "s:\n- k: v\n  l: w"),
        # Blanks do not count.
        ("s:\n- ${{if parameters.yes}}:\n  - 1\n- ${{   else   }}:\n  - 2", "s:\n- 1"),
    ],
)  # fmt: skip
def test_directives_put_in_what_they_choose(world: Make, source: str, result: str) -> None:
    assert world().clean(source, PARAMETERS).rstrip("\n") == result


def test_what_is_not_chosen_is_not_evaluated(world: Make) -> None:
    assert world().clean("s:\n- ${{ if false }}:\n  - ${{ nonsense() }}\n- 1") == "s:\n- 1\n"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("s:\n- ${{ else }}:\n  - 1", "2:3: error: The expression directive 'else' is not supported in this context"),
        (
            "s:\n- ${{ if true }}:\n  - 1\n- ${{ each x in parameters.list }}:\n  - 2\n- ${{ else }}:\n  - 3",
            "6:3: error: The expression directive 'else' is not supported in this context",
        ),
        (
            "s:\n- ${{ if false }}:\n  - 1\n- ${{ else }}:\n  - 2\n- ${{ elseif true }}:\n  - 3",
            "6:3: error: The expression directive 'elseif' is not supported in this context",
        ),
        ("m:\n  a: 1\n  ${{ if true }}:\n  - b", "4:3: error: Expected a mapping"),
        ("m:\n  ${{ if true }}: b", "2:19: error: Expected a mapping"),
        ("m:\n  a: 1\n  ${{ insert }}: text", "3:18: error: Expected a mapping"),
        ("m:\n  a: 1\n  ${{ insert }}:", "3:17: error: Expected a mapping"),
        ("m:\n  a: 1\n  ${{ insert }}: ${{ parameters.list }}", "3:18: error: Expected a mapping"),
        (
            "s:\n- ${{ each x in parameters.yes }}:\n  - 1",
            "2:3: error: Expected a sequence or mapping. Actual value 'True'",
        ),
        (
            "s:\n- ${{ each variables in parameters.list }}:\n  - 1",
            "2:3: error: The idenfifier 'variables' has already been defined within the current scope",
        ),
        (
            "s:\n- ${{ each x in parameters.list }}:\n  - ${{ each X in parameters.list }}:\n    - 1",
            "3:5: error: The idenfifier 'X' has already been defined within the current scope",
        ),
        (
            "s:\n- ${{ if nope.x }}:\n  - 1",
            "2:3: error: Unrecognized value: 'nope'. Located at position 1 within expression: 'nope.x'.",
        ),
        # Keys that an expression gave are where it stands; keys made in a loop are where the loop begins.
        ("m:\n  A: 1\n  ${{ insert }}: ${{ parameters.double }}", "3:18: error: 'a' is already defined"),
        (
            "m:\n  a: 1\n  ${{ each p in parameters.double }}:\n    x: y\n    ${{ p.key }}: z",
            "3:3: error: 'a' is already defined",
        ),
        ("m:\n  ${{ parameters.list }}: z", "2:3: error: Expected a scalar value"),
    ],
)
def test_a_directive_that_cannot_be_carried_out_is_told_at_its_place(world: Make, source: str, problem: str) -> None:
    made = world()
    made.expand(source, {**PARAMETERS, "double": {"a": "1"}})
    assert [found for found in made.problems if problem in found], made.problems


ELSE = "The expression directive 'else' is not supported in this context"


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        (
            "steps:\n- ${{ else }}:\n  - script: x",
            [f"2:3: error: {ELSE}", "2:3: error: Unexpected value '${{ else }}'"],
        ),
        (
            "jobs:\n- job: a\n  ${{ else }}:\n    pool: x",
            [f"3:3: error: {ELSE}", "3:3: error: Unexpected value '${{ else }}'"],
        ),
        ("variables:\n  ${{ else }}:\n    a: b", [f"2:3: error: {ELSE}", "3:5: error: A mapping was not expected"]),
        ("variables:\n  ${{ else }}:\n  - a", [f"2:3: error: {ELSE}", "3:3: error: A sequence was not expected"]),
        ("variables:\n  ${{ else }}: a", [f"2:3: error: {ELSE}"]),
    ],
)
def test_a_directive_without_its_if_is_told_as_what_azure_then_takes_it_for(
    world: Make, source: str, problems: list[str]
) -> None:
    made = world()
    made.expand(source)
    assert made.problems == [f"pipeline.yml:{problem}" for problem in problems]


def test_a_list_of_variables_is_seen_by_the_conditions_that_follow(world: Make) -> None:
    text = world().clean(
        "variables:\n- name: a\n  value: x\n- ${{ if eq(variables.a, 'x') }}:\n  - name: b\n    value: ${{ variables.a }}y\n"
        "- ${{ if eq(variables.b, 'xy') }}:\n  - name: c\n    value: z\n"
    )
    assert "name: c" in text
    assert "value: xy" in text


def test_variables_that_a_loop_defines_are_seen_by_what_follows(world: Make) -> None:
    text = world().clean(
        "variables:\n  ${{ each p in parameters.map }}:\n    x_${{ p.key }}: ${{ p.value }}\nsteps:\n- script: ${{ variables.x_l }}\n",
        PARAMETERS,
    )
    assert "script: w" in text


def test_variables_of_stage_and_job_are_seen_inside_of_them(world: Make) -> None:
    text = world().clean(
        "stages:\n- stage: a\n  variables: {v: stage}\n  jobs:\n  - job: j\n    variables:\n    - name: w\n"
        "      value: ${{ variables.v }}-job\n    steps:\n    - script: ${{ variables.w }}\n  - job: k\n    steps:\n"
        "    - script: '[${{ variables.w }}]'\n"
    )
    assert "script: stage-job" in text
    assert "script: '[]'" in text


def test_triggers_take_expressions_but_a_directive_stays_what_it_is_written_as(world: Make) -> None:
    text = world().clean(
        "trigger:\n- ${{ 'sea' }}\n- ${{ if true }}:\n  - land\npr:\n  ${{ if true }}: {drafts: false}\n"
    )
    assert text.startswith("trigger:\n- sea\n- ${{ if true }}:\n  - land\npr:\n  ${{ if true }}:\n")


def test_resources_take_no_directives_and_what_stood_below_one_is_not_missed(world: Make) -> None:
    made = world()
    text = made.expand(
        "resources:\n  repositories:\n  - ${{ if true }}:\n    - repository: sea\n  - repository: land\n    ref: ${{ 'x' }}\n"
        "  containers:\n  - ${{ if true }}:\n    - container: c\n      image: i\n"
    )
    assert made.problems == ["pipeline.yml:3:5: error: A template expression is not allowed in this context"]
    assert text == (
        "resources:\n  repositories:\n  - repository: land\n    ref: x\n  containers:\n  - container: c\n    image: i\n"
    )


def test_conditions_among_the_keys_of_a_job_see_the_variables_before_them(world: Make) -> None:
    text = world().clean(
        "jobs:\n- job: j\n  variables: {v: x}\n  ${{ if eq(variables.v, 'x') }}:\n    displayName: of ${{ variables.v }}\n"
    )
    assert "displayName: of x" in text


def test_conditions_at_the_root_see_the_variables_before_them(world: Make) -> None:
    text = world().clean("variables: {v: x}\n${{ if variables.v }}:\n  name: n${{ variables.v }}\nsteps: []\n")
    assert "name: nx" in text
