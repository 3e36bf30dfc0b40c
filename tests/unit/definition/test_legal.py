"""What is legal where: https://learn.microsoft.com/azure/devops/pipelines/process/expressions"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivetrain.definition import legal
from drivetrain.definition.legal import PLACES, Expressions, Legal
from drivetrain.definition.model import Variable
from drivetrain.definition.problems import Problems
from drivetrain.errors import Position
from drivetrain.lang.expressions import ExpressionError
from drivetrain.lang.tree import Scalar

PAGE = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text("utf-8")


def row(place: str) -> list[set[str]]:
    """The words in backquotes of the row that begins with the place's name, by column."""
    line = next(line for line in PAGE.splitlines() if re.match(rf"\| {place}[ :]", line))
    return [set(re.findall(r"`(\w+)`", cell)) for cell in line.split("|")[2:4]]


@pytest.mark.parametrize("place", PLACES)
def test_the_page_has_a_row_for_each_place(place: str) -> None:
    names, functions = row(place)
    assert names - {"each"} == PLACES[place].names
    assert functions == set(PLACES[place].functions)


def test_the_page_says_how_many_arguments_the_functions_take() -> None:
    for name, (least, most) in {**legal.STATUS, **legal.COUNTER, **legal.SPLIT}.items():
        cell = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}(")).split("|")[2].strip()
        number = f"{least} or more" if most is None else str(least) if least == most else f"{least} to {most}"
        assert cell == number


LEGAL = [
    (legal.TEMPLATE, "eq(parameters.x, variables['y'])"), (legal.TEMPLATE, "split('a', ',')[0]"),
    (legal.RUN_NAME, "parameters.x"),
    (legal.ROOT_VARIABLE, "counter(format('{0:yyyy}', pipeline.startTime), 100)"), (legal.ROOT_VARIABLE, "resources.x"),
    (legal.VARIABLE, "dependencies.A.outputs['s.v']"), (legal.VARIABLE, "counter('p')"), (legal.VARIABLE, "COUNTER()"),
    (legal.JOB_PROPERTY, "dependencies.A.outputs['s.v']"), (legal.JOB_PROPERTY, "variables.x"),
    (legal.STAGE_CONDITION, "and(succeeded('A', 'B'), eq(dependencies.A.result, 'Skipped'))"),
    (legal.STAGE_CONDITION, "stageDependencies.A.J.outputs['s.v']"), (legal.JOB_CONDITION, "succeeded(variables.x)"),
    (legal.JOB_CONDITION, "ne(pipeline.startTime, '')"), (legal.STEP_CONDITION, "not(canceled())"),
]  # fmt: skip
ILLEGAL = [
    (legal.TEMPLATE, "always()", "Unrecognized value: 'always'"),
    (legal.TEMPLATE, "counter('p', 1)", "Unrecognized value: 'counter'"),
    (legal.TEMPLATE, "dependencies.A.result", "Unrecognized value: 'dependencies'"),
    (legal.TEMPLATE, "resources.repositories.self.ref", "Unrecognized value: 'resources'"),
    (legal.TEMPLATE, "pipeline.startTime", "Unrecognized value: 'pipeline'"),
    (legal.TEMPLATE, "1 == 1", "Unexpected symbol: '=='"),
    (legal.RUN_NAME, "resources.x", "Unrecognized value: 'resources'"),
    (legal.ROOT_VARIABLE, "dependencies.A.result", "Unrecognized value: 'dependencies'"),
    (legal.ROOT_VARIABLE, "stageDependencies.A.A1.result", "Unrecognized value: 'stageDependencies'"),
    (legal.ROOT_VARIABLE, "1 == 1", "Unrecognized value: '=='"),
    (legal.VARIABLE, "parameters.x", "Unrecognized value: 'parameters'"),
    (legal.VARIABLE, "succeeded()", "Unrecognized value: 'succeeded'"),
    (legal.VARIABLE, "split('a', ',')[0]", "Unrecognized value: 'split'"),
    (legal.VARIABLE, "counter('p', 7, 1)", "Unexpected symbol: ','"),
    (legal.JOB_PROPERTY, "counter('p', 7)", "Unrecognized value: 'counter'"),
    (legal.STAGE_CONDITION, "counter('p', 7)", "Unrecognized value: 'counter'"),
    (legal.STAGE_CONDITION, "eq(parameters.x, 'y')", "Unrecognized value: 'parameters'"),
    (legal.STAGE_CONDITION, "always('A')", "Unexpected symbol: ')'"),
    (legal.JOB_CONDITION, "eq(resources.x, 'y')", "Unrecognized value: 'resources'"),
    (legal.JOB_CONDITION, "always", "Expected '(' to follow a function: 'always'"),
    (legal.JOB_CONDITION, "canceled('A')", "Unexpected symbol: ')'"),
    (legal.JOB_CONDITION, "eq(environment.name, 'x')", "Unrecognized value: 'environment'"),
    (legal.STEP_CONDITION, "succeeded('A')", "Unexpected symbol: ')'"),
    (legal.STEP_CONDITION, "dependencies.A.result", "Unrecognized value: 'dependencies'"),
]


@pytest.mark.parametrize(("place", "text"), LEGAL, ids=[f"{place.place}: {text}" for place, text in LEGAL])
def test_what_is_legal_at_a_place_is_parsed(place: Legal, text: str) -> None:
    assert place.parse(text).root is not None


@pytest.mark.parametrize(
    ("place", "text", "message"), ILLEGAL, ids=[f"{place.place}: {text}" for place, text, _ in ILLEGAL]
)
def test_what_is_not_legal_at_a_place_is_told_as_if_there_were_no_such_thing(
    place: Legal, text: str, message: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        place.parse(text)
    assert caught.value.message.startswith(message)


def test_loop_variables_are_legal_only_where_they_are_given() -> None:
    assert legal.TEMPLATE.parse("item.name", frozenset({"item"})).root is not None
    with pytest.raises(ExpressionError, match="Unrecognized value: 'item'"):
        legal.TEMPLATE.parse("item.name")
    with pytest.raises(ExpressionError, match="Unrecognized value: 'item'"):
        legal.TEMPLATE.parse("item.name", frozenset({"other"}))


def test_a_text_is_parsed_only_once_at_a_place() -> None:
    assert legal.TEMPLATE.parse("variables.x") is legal.TEMPLATE.parse("variables.x")
    assert legal.TEMPLATE.parse("variables.x") is not legal.RUN_NAME.parse("variables.x")


def test_a_problem_is_placed_inside_the_scalar() -> None:
    problems = Problems()
    text = Scalar("eq(variables.x, null)", Position("a.yml", 3, 14))
    Expressions(problems).check(text, legal.STEP_CONDITION)
    Expressions(problems).check(None, legal.STEP_CONDITION)
    [problem] = problems.sorted()
    assert problem.position == Position("a.yml", 3, 30)
    assert problem.message == (
        "Unrecognized value: 'null'. Located at position 17 within expression: 'eq(variables.x, null)'."
    )


def test_only_variables_evaluated_at_run_time_are_checked_and_those_of_the_root_see_less() -> None:
    position = Position("a.yml", 1, 1)
    told = Scalar("dependencies.A.result", position)
    variables = (Variable("a", Scalar("dependencies.A", position)), Variable("b", told, runtime=True))
    inner, root = Problems(), Problems()
    Expressions(inner).check_variables(variables)
    Expressions(root).check_variables(variables, legal.ROOT_VARIABLE)
    assert (len(inner.sorted()), len(root.sorted())) == (0, 1)


@pytest.mark.parametrize(
    ("place", "text", "severity"),
    [
        (legal.STEP_CONDITION, "eq(stageDependencies.A.J.result, 'x')", "warning"),
        (legal.STEP_CONDITION, "failed('J')", "warning"),
        (legal.STEP_CONDITION, "unheardOf(1, 2)", "warning"),
        (legal.STEP_CONDITION, "ne(1)", "error"),
        (legal.STEP_CONDITION, "ne(1, 'x'", "error"),
        (legal.VARIABLE, "ne(1)", "warning"),
        (legal.VARIABLE, "parameters.x", "warning"),
        (legal.ROOT_VARIABLE, "parameters.x", "error"),
        (legal.JOB_CONDITION, "unheardOf()", "error"),
    ],
)
def test_what_azure_does_not_check_before_the_run_is_a_warning(place: Legal, text: str, severity: str) -> None:
    problems = Problems()
    Expressions(problems).check(Scalar(text, Position("a.yml", 1, 1)), place)
    [problem] = problems.sorted()
    assert problem.severity == severity
    assert (legal.LATE in problem.hint) is (severity == "warning")
