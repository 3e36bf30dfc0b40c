from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

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
    from drivetrain.lang.values import Value

CONDITION = "and(succeeded(), eq(variables['Build.Reason'], 'manual'), or(true, variables.unused))"
CONTEXT = Context(
    {"variables": Caseless({"build.reason": "Manual", "secret": "hunter2", "n": Decimal(3)})},
    {"succeeded": lambda _: True, "echo": list},
)


def test_a_condition_is_evaluated_in_its_context() -> None:
    assert evaluate(parse(CONDITION), CONTEXT) is True


def test_an_empty_expression_is_null() -> None:
    assert evaluate(parse(""), CONTEXT) is None
    assert evaluate_boolean(parse(""), CONTEXT) is False
    assert evaluate_string(parse(""), CONTEXT) == ""


def test_a_named_value_may_be_a_function_that_is_asked_only_when_needed() -> None:
    asked: list[str] = []

    def dependencies() -> Value:
        asked.append("dependencies")
        return Caseless({"A": Caseless({"result": "Succeeded"})})

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
