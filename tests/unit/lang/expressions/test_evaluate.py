from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.lang.expressions import (
    Context,
    ExpressionError,
    Trace,
    evaluate,
    evaluate_boolean,
    evaluate_string,
    parse,
)
from drivetrain.lang.values import Caseless

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.lang.values import Value

CONDITION = "and(succeeded(), eq(variables['Build.Reason'], 'manual'), or(true, variables.unused))"
CONTEXT = Context(
    {"variables": {"build.reason": "Manual", "secret": "hunter2", "n": Decimal(3)}},
    {"succeeded": lambda _: True, "echo": list},
)


def test_a_condition_is_evaluated_in_its_context() -> None:
    assert evaluate(parse(CONDITION), CONTEXT) is True


def test_an_empty_expression_is_null() -> None:
    assert evaluate(parse(""), CONTEXT) is None
    assert evaluate_boolean(parse(""), CONTEXT) is False
    assert evaluate_string(parse(""), CONTEXT) == ""


def test_the_trace_is_the_three_lines_of_azure() -> None:
    trace = Trace()
    evaluate_boolean(parse(CONDITION), CONTEXT, trace=trace)
    assert trace.lines == [
        "Evaluating: and(succeeded(), eq(variables['Build.Reason'], 'manual'), or(True, variables['unused']))",
        "Expanded: and(True, eq('Manual', 'manual'), or(True, variables['unused']))",
        "Result: True",
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("true", ["Evaluating: True", "Result: True"]),
        ("format('{0}!', variables.n)", ["Evaluating: format('{0}!', variables['n'])", "Result: '3!'"]),
        ("variables", ["Evaluating: variables", "Result: Object"]),
        ("variables.x.*", ["Evaluating: variables['x'][*]", "Result: Array"]),
        ("not(variables.x)", ["Evaluating: not(variables['x'])", "Expanded: not(Null)", "Result: True"]),
        ("or(1.2.3, 'a')", ["Evaluating: or(v1.2.3, 'a')", "Expanded: or(v1.2.3, 'a')", "Result: True"]),
    ],
)
def test_the_trace_leaves_out_what_says_nothing_new(text: str, lines: list[str]) -> None:
    trace = Trace()
    evaluate(parse(text), CONTEXT, trace=trace)
    assert trace.lines == lines


def test_a_trace_of_a_conversion_shows_what_came_out() -> None:
    trace = Trace()
    assert evaluate_boolean(parse("variables.n"), CONTEXT, trace=trace) is True
    assert trace.lines[1:] == ["Expanded: 3", "Result: True"]


def test_secrets_are_masked_in_traces_and_in_errors() -> None:
    trace = Trace(mask=lambda text: text.replace("hunter2", "***"))
    evaluate(parse("eq(variables.secret, 'hunter2')"), CONTEXT, trace=trace)
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse("lt(1, variables.secret)"), CONTEXT, trace=trace)
    assert caught.value.message == "Unable to convert from String to Number. Value: '***'"
    assert "hunter2" not in "\n".join(trace.lines)
    assert "eq('***', '***')" in "\n".join(trace.lines)


@pytest.mark.parametrize("text", ["lt(1, v)", "format(v)", "substring('a', v, 1)"])
def test_no_error_shows_a_secret_with_quotes_and_braces(text: str) -> None:
    trace = Trace(mask=lambda shown: shown.replace("it's{", "***"))
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(text), Context({"v": "it's{"}), trace=trace)
    assert "***" in caught.value.message
    assert "it'" not in caught.value.message


def test_a_named_value_may_be_a_function_that_is_asked_only_when_needed() -> None:
    asked: list[str] = []

    def dependencies() -> Value:
        asked.append("dependencies")
        return {"A": {"result": "Succeeded"}}

    context = Context({"variables": {}, "dependencies": dependencies})
    evaluate(parse("or(true, dependencies.A.result)"), context)
    assert asked == []
    assert evaluate(parse("DEPENDENCIES.a.Result"), context) == "Succeeded"
    assert asked == ["dependencies"]


def test_a_host_function_gets_its_arguments_as_values() -> None:
    assert evaluate(parse("ECHO(1, 'a', variables.n)"), CONTEXT) == [Decimal(1), "a", Decimal(3)]


def test_a_host_may_hand_over_numbers_tuples_and_caseless_mappings() -> None:
    context = Context({"variables": Caseless({"A.B": "x"}), "n": 1.5, "t": ("a", 1)})  # type: ignore[dict-item]
    assert evaluate(parse("variables['a.b']"), context) == "x"
    assert evaluate(parse("eq(n, '1.5')"), context) is True
    assert evaluate(parse("join('-', t)"), context) == "a-1"


@pytest.mark.parametrize(("text", "position"), [("eq(1, other.x)", 6), ("or(false, other())", 10)])
def test_what_the_context_does_not_have_is_told_at_its_place(text: str, position: int) -> None:
    with pytest.raises(ExpressionError, match="Unrecognized value: 'other'") as caught:
        evaluate(parse(text), CONTEXT)
    assert caught.value.position == position


def test_an_error_is_placed_at_the_call_that_failed() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse("and(true, lt(1, 'x'))"), CONTEXT)
    assert caught.value.position == 10


def test_a_string_is_wanted_but_an_object_comes() -> None:
    with pytest.raises(ExpressionError, match="Unable to convert from Object to String"):
        evaluate_string(parse("variables"), CONTEXT)


def test_long_chains_and_deep_nesting_are_no_danger() -> None:
    nested = "variables" + ".a" * 99
    for _ in range(48):
        nested = "variables" + ".a" * 98 + f"[{nested}]"
    assert evaluate(parse(nested), CONTEXT, trace=Trace()) is None


# --- a slow and obvious evaluator of its own, on texts, to compare with


def reference(text: str) -> object:
    """Evaluate boolean, integer and string expressions by rewriting innermost calls until none is left."""
    call = re.compile(r"(\w+)\(([^()]*)\)")
    while match := call.search(text):
        arguments = [_literal(part) for part in match[2].split(", ")]
        text = text[: match.start()] + _text(_apply(match[1], arguments)) + text[match.end() :]
    return _literal(text)


def _literal(text: str) -> object:
    if text in {"true", "false"}:
        return text == "true"
    return text[1:-1] if text.startswith("'") else int(text)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)


def _string(value: object) -> str:
    return str(value)


def _same(left: object, right: object) -> bool:
    if isinstance(left, bool):
        return left == bool(right)
    if isinstance(left, str):
        return left.lower() == _string(right).lower()
    if isinstance(right, str):
        right = 0 if right == "" else int(right) if right.isdigit() else None
    return left == right


def _apply(name: str, given: Sequence[object]) -> object:
    table: dict[str, Callable[[], object]] = {
        "and": lambda: all(map(bool, given)),
        "or": lambda: any(map(bool, given)),
        "not": lambda: not given[0],
        "xor": lambda: bool(given[0]) is not bool(given[1]),
        "eq": lambda: _same(given[0], given[1]),
        "ne": lambda: not _same(given[0], given[1]),
        "in": lambda: any(_same(given[0], other) for other in given[1:]),
        "notIn": lambda: not any(_same(given[0], other) for other in given[1:]),
        "contains": lambda: _string(given[1]).lower() in _string(given[0]).lower(),
        "upper": lambda: _string(given[0]).upper(),
        "coalesce": lambda: next((other for other in given if other != ""), given[-1]),
        "iif": lambda: given[1] if given[0] else given[2],
    }
    return table[name]()


literals = st.sampled_from(["true", "false", "0", "1", "12", "'a'", "'A'", "'b1'", "''", "'1'", "'True'"])


def calls(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def named(name: str, *arguments: str) -> str:
        return f"{name}({', '.join(arguments)})"

    one, two = st.sampled_from(["not", "upper"]), st.sampled_from(["xor", "eq", "ne", "contains"])
    many = st.sampled_from(["and", "or", "in", "notIn", "coalesce"])
    return st.one_of(
        st.builds(named, one, children),
        st.builds(named, two, children, children),
        st.builds(named, many, children, children, children),
        st.builds(named, st.just("iif"), children, children, children),
    )


@given(st.recursive(literals, calls, max_leaves=15))
def test_any_expression_gives_what_the_obvious_evaluator_gives(text: str) -> None:
    found = evaluate(parse(text), Context())
    expected = reference(text)
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)
