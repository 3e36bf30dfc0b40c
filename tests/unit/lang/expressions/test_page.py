"""docs/expressions.md says what the code does; its tables of functions and places have tests where these are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivetrain.lang.expressions import Context, ExpressionError, evaluate, parse
from drivetrain.lang.expressions.evaluate import MAX_SIZE
from drivetrain.lang.expressions.format import _DATE_FIELDS
from drivetrain.lang.expressions.parser import MAX_DEPTH, MAX_LENGTH
from drivetrain.lang.values import Required

PAGE = (Path(__file__).parents[4] / "docs" / "expressions.md").read_text("utf-8")
MESSAGES = {
    "Unrecognized value: 'x'": "x",
    "Unexpected symbol: ')'": "eq(1)",
    "Expected '(' to follow a function: 'eq'": "eq",
    "Unclosed function: 'eq'": "eq(1, 2",
    "Unclosed indexer: '['": "parameters['a'",
    "Expected a property name to follow the dereference operator '.': '.'": "parameters.",
    "Key not found 'x'": "parameters.x",
    "Unable to convert from String to Number. Value: 'x'": "lt(1, 'x')",
    "The following format string is invalid: {0": "format('{0', 1)",
}


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_limits_are_those_of_the_code() -> None:
    limits = section("Limits")
    assert f"{MAX_LENGTH:,} characters long" in limits
    assert f"{MAX_DEPTH - 1} functions and brackets" in limits
    assert f"{MAX_SIZE:,} characters" in limits


def test_the_fields_of_dates_are_those_of_the_code() -> None:
    told = section("Functions").split("with the fields")[1].split(";")[0]
    fields = set(re.findall(r"`([a-zA-Z]+)`", told)) | {"f" * count for count in range(1, 8)}
    assert fields == _DATE_FIELDS


def test_the_messages_are_those_that_are_explained() -> None:
    told = [row.split(" | ")[0] for row in section("Errors").splitlines() if row.startswith("| `")]
    assert {message for cell in told for message in re.findall(r"`([^`]+)`", cell)} == set(MESSAGES)


@pytest.mark.parametrize(("message", "text"), MESSAGES.items())
def test_a_message_that_is_explained_is_given(message: str, text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(text, names={"parameters"}, functions={}), Context({"parameters": Required({})}))
    assert caught.value.message.startswith(message)
    located = ". Located at position " in caught.value.message
    assert located == message.startswith(("Unrec", "Unex", "Unclosed", "Expected"))
