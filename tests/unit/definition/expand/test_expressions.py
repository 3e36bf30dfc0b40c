from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.expand import expand
from drivetrain.definition.model import CompileContext
from drivetrain.definition.problems import Problems
from drivetrain.definition.scope import Scope, compile_variables, root_scope
from drivetrain.lang.tree import Mapping, Scalar
from drivetrain.lang.yaml import read, write

if TYPE_CHECKING:
    from drivetrain.lang.values import Value

PARAMETERS: dict[str, Value] = {
    "x": "X",
    "flag": True,
    "list": ["a", "b"],
    "object": {"k": "v", "deep": {"n": ["1"]}},
    "none": None,
}


def mapping(text: str) -> Mapping:
    node = read(text, file="f.yml")
    assert isinstance(node, Mapping)
    return node


def expanded(text: str, scope: Scope | None = None) -> tuple[str, list[str]]:
    problems = Problems()
    node = expand(mapping(text), scope or Scope(PARAMETERS, {"v": "V"}), problems).root
    return write(node), [str(problem) for problem in problems.sorted()]


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("a: plain", "a: plain"),
        ("a: ${{ parameters.x }}", "a: X"),
        ("a: '${{ parameters.x }} and ${{ variables.v }}'", "a: X and V"),
        ("a: ${{ parameters.flag }}", "a: True"),
        ("a: ${{ parameters.missing }}", "a:"),
        ("a: ${{ parameters.none }}", "a:"),
        ("a: ${{ parameters.list }}", "a:\n- a\n- b"),
        ("a: ${{ parameters.object }}", "a:\n  k: v\n  deep:\n    n:\n    - 1"),
        ("a: ${{ parameters.object.deep.n[0] }}", "a: 1"),
        ("a: [x, '${{ parameters.list }}', y]", "a:\n- x\n- a\n- b\n- y"),
        ("a: [['${{ parameters.list }}']]", "a:\n- - a\n  - b"),
        ("a: ['${{ parameters.object.deep }}']", "a:\n- n:\n  - 1"),
        ("${{ parameters.x }}-1: a", "X-1: a"),
        ("a: {'${{ parameters.x }}': b}", "a:\n  X: b"),
        ("a: $(macro) $[ runtime ]", "a: $(macro) $[ runtime ]"),
        ("a: ${{ 1 }}${{ 2 }}", "a: 12"),
        ("a: ${{ '}}' }}", "a: '}}'"),
    ],
)
def test_expressions_become_what_they_say(source: str, result: str) -> None:
    text, problems = expanded(source)
    assert text.rstrip("\n") == result
    assert [problem for problem in problems if "is not declared" not in problem] == []


def test_text_over_several_lines_keeps_its_lines() -> None:
    text, _ = expanded("a: |\n  one ${{ parameters.x }}\n  two\n")
    assert text == "a: >\n  one X\n\n  two\n"


def test_the_root_variables_are_seen_even_by_what_stands_before_them() -> None:
    text, _ = expanded("steps:\n- script: ${{ variables.a }}\nvariables:\n  a: 1\n")
    assert "script: 1" in text


def test_a_variable_sees_those_before_it_and_not_those_after() -> None:
    text, _ = expanded("variables:\n  a: ${{ variables.b }}.\n  b: 1\n  c: ${{ variables.B }}.\n")
    assert text == "variables:\n  a: .\n  b: 1\n  c: 1.\n"


def test_variables_of_a_job_are_not_seen_by_its_neighbour() -> None:
    text, _ = expanded(
        "jobs:\n- job: a\n  variables: {x: 1}\n  displayName: '[${{ variables.x }}]'\n"
        "- job: b\n  displayName: '[${{ variables.x }}]'\n"
    )
    assert text.count("'[1]'") == 1
    assert text.count("'[]'") == 1


def test_the_list_form_defines_variables_too() -> None:
    text, _ = expanded("variables:\n- name: a\n  value: 1\n- name: b\n  value: ${{ variables.a }}2\n")
    assert "value: 12" in text


def test_predefined_variables_are_seen() -> None:
    scope = root_scope({}, CompileContext(reason="Schedule"))
    text, _ = expanded("steps:\n- script: ${{ variables['build.reason'] }}\n", scope)
    assert "script: Schedule" in text


def test_problems_are_where_the_scalar_begins_and_told_of_its_text_as_one_expression() -> None:
    _, problems = expanded("a:\n  b: one ${{ nope.x }}\n")
    assert problems[0].startswith("f.yml:2:6: error: Unrecognized value: 'nope'. Located at position 19 within")
    assert "format('one {0}', nope.x)" in problems[0]


def test_a_quoted_scalar_begins_with_its_quote() -> None:
    _, problems = expanded("a: '${{ nope.x }}'")
    assert problems[0].startswith("f.yml:1:4: error: Unrecognized value: 'nope'. Located at position 1")


def test_problems_in_a_block_of_text_name_the_line_too() -> None:
    _, problems = expanded("a: |\n  first\n  then ${{ nope() }}\n")
    assert problems[0].startswith("f.yml:1:4: error: Unrecognized value: 'nope'.")
    assert "it is in line 3" in problems[0]


def test_a_text_has_one_problem_however_many_of_its_expressions_fail() -> None:
    _, problems = expanded("a: ${{ nope.x }} ${{ nope.y }}\nb: ${{ nope.z }}\n")
    assert [problem[:9] for problem in problems] == ["f.yml:1:4", "f.yml:2:4"]


def test_a_mapping_that_loses_its_only_key_to_an_error_is_told_too() -> None:
    _, problems = expanded("steps:\n- ${{ if }}:\n  - script: x")
    assert problems[0].startswith("f.yml:2:3: error: Unrecognized value: 'if'")
    assert problems[1].startswith("f.yml:2:3: error: Expected at least one key-value pair in the mapping")


def test_keys_that_become_equal_are_refused() -> None:
    text, problems = expanded("a:\n  X: 1\n  ${{ parameters.x }}: 2\n")
    assert problems[0].startswith("f.yml:3:3: error: 'X' is already defined")
    assert text == "a:\n  X: 1\n"


def test_a_list_as_a_key_is_refused() -> None:
    _, problems = expanded("a:\n  ${{ parameters.list }}: 2\n")
    assert problems[0].startswith("f.yml:2:3: error: Expected a scalar value")


def test_growth_without_end_is_stopped() -> None:
    big = {"big": "x" * 1000}
    problems = Problems()
    source = mapping("a:\n" + "- ${{ parameters.big }}\n" * 100)
    node = expand(source, Scope(big), problems, limit=50_000).root
    assert node.entries == ()
    assert "grows beyond 50000 characters" in problems.sorted()[0].message


def test_a_parameter_within_a_text_counts_too() -> None:
    problems = Problems()
    source = mapping("a: " + "${{ parameters.big }}." * 100)
    expand(source, Scope({"big": "x" * 1000}), problems, limit=50_000)
    assert [problem.code for problem in problems.sorted()] == ["too-large"]


def test_what_has_no_expression_stays_the_same_object() -> None:
    scalar = Scalar("plain", mapping("a: b").position)
    node = expand(Mapping(((scalar, scalar),), scalar.position), Scope(), Problems()).root
    assert node.entries[0][1] is scalar


def test_predefined_variables_are_those_that_are_known() -> None:
    known = compile_variables(CompileContext(branch="refs/heads/feature/x", repository="shop"))
    assert known["Build.SourceBranch"] == "refs/heads/feature/x"
    assert known["Build.SourceBranchName"] == "x"
    assert known["Build.Repository.Name"] == "shop"
    assert "Build.SourceVersion" not in known
