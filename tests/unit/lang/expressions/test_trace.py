"""How an evaluation is told: the three lines of the logs of Azure's agent.

https://learn.microsoft.com/azure/devops/pipelines/process/conditions
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from drivetrain.lang.expressions import Context, ExpressionError, Trace, evaluate, evaluate_boolean, parse
from drivetrain.lang.values import Caseless, Required

if TYPE_CHECKING:
    from drivetrain.lang.values import Value

VARIABLES: dict[str, Value] = {"Build.Reason": "Manual", "secret": "hunter2", "n": Decimal(3), "it": "it's"}
CONTEXT = Context(
    {
        "variables": Caseless(VARIABLES),
        "parameters": Required({"env": "test", "list": [{"id": "a"}, {"id": "b"}]}),
        "pipeline": {"startTime": datetime(2024, 1, 31, 12, 0, tzinfo=UTC)},
    },
    {"succeeded": lambda _: True, "counter": lambda _: Decimal(7)},
)


def lines(text: str) -> list[str]:
    trace = Trace()
    evaluate(parse(text), CONTEXT, trace=trace)
    return trace.lines


def test_a_condition_is_told_in_three_lines() -> None:
    trace = Trace()
    text = "and(succeeded(), eq(variables['Build.Reason'], 'manual'), or(true, variables.unused))"
    evaluate_boolean(parse(text), CONTEXT, trace=trace)
    assert trace.lines == [
        "Evaluating: and(succeeded(), eq(variables['Build.Reason'], 'manual'), or(True, variables['unused']))",
        "Expanded: and(True, eq('Manual', 'manual'), or(True, variables['unused']))",
        "Result: True",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", ["Evaluating: True", "Result: True"]),
        ("'it''s'", ["Evaluating: 'it''s'", "Result: 'it''s'"]),
        ("variables.it", ["Evaluating: variables['it']", "Result: 'it''s'"]),
        ("succeeded()", ["Evaluating: succeeded()", "Result: True"]),
        ("counter('a', 1)", ["Evaluating: counter('a', 1)", "Result: 7"]),
        ("variables", ["Evaluating: variables", "Result: Object"]),
        ("parameters.list.*.id", ["Evaluating: parameters['list']['*']['id']", "Result: Array"]),
        ("parameters.list[0].id", ["Evaluating: parameters['list'][0]['id']", "Result: 'a'"]),
        ("not(variables.x)", ["Evaluating: not(variables['x'])", "Expanded: not(Null)", "Result: True"]),
        ("or(1.2.3, 'a')", ["Evaluating: or(v1.2.3, 'a')", "Expanded: or(v1.2.3, 'a')", "Result: True"]),
        # format and join are shown as what they come to, the other functions with their arguments
        ("format('{0}!', variables.n)", ["Evaluating: format('{0}!', variables['n'])", "Result: '3!'"]),
        ("join(',', parameters.list.*.id)", ["Evaluating: join(',', parameters['list']['*']['id'])", "Result: 'a,b'"]),
        (
            "eq(upper(variables.it), format('{0}', parameters.env))",
            [
                "Evaluating: eq(upper(variables['it']), format('{0}', parameters['env']))",
                "Expanded: eq(upper('it''s'), 'test')",
                "Result: False",
            ],
        ),
        (
            "pipeline.startTime",
            ["Evaluating: pipeline['startTime']", "Result: (DateTime)2024-01-31 12:00:00+00:00"],
        ),
    ],
)
def test_a_line_that_says_nothing_new_is_left_out(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_what_was_not_evaluated_stays_as_it_was_written() -> None:
    assert lines("and(false, eq(parameters.list[variables.n].id, 'x'))") == [
        "Evaluating: and(False, eq(parameters['list'][variables['n']]['id'], 'x'))",
        "Expanded: and(False, eq(parameters['list'][variables['n']]['id'], 'x'))",
        "Result: False",
    ]


def test_a_trace_of_a_conversion_shows_what_came_out() -> None:
    trace = Trace()
    assert evaluate_boolean(parse("variables.n"), CONTEXT, trace=trace) is True
    assert trace.lines[1:] == ["Expanded: 3", "Result: True"]


def test_one_trace_collects_several_evaluations_and_how_far_one_that_failed_came() -> None:
    trace = Trace()
    evaluate(parse("parameters.env"), CONTEXT, trace=trace)
    with pytest.raises(ExpressionError):
        evaluate(parse("parameters.nothing"), CONTEXT, trace=trace)
    assert trace.lines == [
        "Evaluating: parameters['env']",
        "Result: 'test'",
        "Evaluating: parameters['nothing']",
    ]


def test_an_empty_expression_comes_to_nothing() -> None:
    assert lines("") == ["Result: Null"]


def test_secrets_are_masked_in_traces_and_in_errors() -> None:
    trace = Trace(mask=lambda text: text.replace("hunter2", "***"))
    evaluate(parse("eq(variables.secret, 'hunter2')"), CONTEXT, trace=trace)
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse("lt(1, variables.secret)"), CONTEXT, trace=trace)
    assert caught.value.message == "Unable to convert from String to Number. Value: '***'"
    assert "hunter2" not in "\n".join(trace.lines)
    assert "eq('***', '***')" in "\n".join(trace.lines)


@pytest.mark.parametrize("text", ["lt(1, v)", "format(v)", "substring('a', v, 1)", "p[v]"])
def test_no_error_shows_a_secret_with_quotes_and_braces(text: str) -> None:
    trace = Trace(mask=lambda shown: shown.replace("it's{", "***"))
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(text), Context({"v": "it's{", "p": Required({})}), trace=trace)
    assert "***" in caught.value.message
    assert "it'" not in caught.value.message
