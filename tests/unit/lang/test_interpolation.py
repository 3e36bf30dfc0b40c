from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.errors import Position
from drivetrain.lang.expressions import ExpressionError
from drivetrain.lang.interpolation import (
    Directive,
    Embedded,
    Literal,
    Part,
    as_format,
    directive,
    is_whole,
    node_to_value,
    parts,
    runtime_expression,
    value_to_node,
)
from drivetrain.lang.tree import Scalar
from drivetrain.lang.yaml import read, write

if TYPE_CHECKING:
    from drivetrain.lang.values import Value

AT = Position("f", 3, 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", (Literal("plain"),)),
        ("", ()),
        ("${{ a }}", (Embedded("a", 4),)),
        ("${{a}}", (Embedded("a", 3),)),
        ("x ${{ a }} y ${{ b }}", (Literal("x "), Embedded("a", 6), Literal(" y "), Embedded("b", 17))),
        ("${{ 'a}}b' }}", (Embedded("'a}}b'", 4),)),
        ("${{ 'it''s }}' }}", (Embedded("'it''s }}'", 4),)),
        ("${{ '${{' }}", (Embedded("'${{'", 4),)),
        ("${{ format('{0}', a) }}", (Embedded("format('{0}', a)", 4),)),
        ("${{ a }}}}", (Embedded("a", 4), Literal("}}"))),
        ("${{\n  a\n}}", (Embedded("a", 6),)),
        ("$[ a ] $(b) ${c}", (Literal("$[ a ] $(b) ${c}"),)),
    ],
)
def test_a_text_splits_into_literals_and_expressions(text: str, expected: tuple[Part, ...]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("ab ${{ c", "The expression is not closed", 3),
        ("${{ 'a }}", "The expression is not closed", 0),
        ("${{ a }", "The expression is not closed", 0),
        ("x${{  }}", "An expression was expected", 4),
    ],
)
def test_a_broken_expression_is_told_where_it_begins(text: str, message: str, position: int) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        parts(text)
    assert caught.value.position == position


@given(st.text("${}' a[]\n"))
def test_any_text_splits_or_is_refused(text: str) -> None:
    try:
        found = parts(text)
    except ExpressionError:
        return
    for part in found:
        if isinstance(part, Embedded):
            assert text[part.offset :].startswith(part.expression_text)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("${{ a }}", True), ("${{ '}}' }}", True), ("${{ a }} ", False), (" ${{ a }}", False), ("${{ a", False),
        ("${{ a }}${{ b }}", False), ("a", False),
    ],
)  # fmt: skip
def test_what_is_one_whole_expression(text: str, whole: bool) -> None:  # noqa: FBT001
    assert is_whole(text) is whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$[ a ]", " a "), ("$[a['b']]", "a['b']"), (" $[ a ]\n", " a "), ("x$[ a ]", None), ("$[ a ] b", None),
        ("$[", None), ("$[]", None), ("a", None),
    ],
)  # fmt: skip
def test_a_runtime_expression_is_the_whole_value(text: str, expected: str | None) -> None:
    assert runtime_expression(text) == expected


def test_a_runtime_expression_without_anything_in_it_is_an_error() -> None:
    with pytest.raises(ExpressionError) as caught:
        runtime_expression(" $[  ]")
    assert caught.value.message == (
        "'$[  ]' is not a valid expression. Expressions must be enclosed with '$[' and ']'."
    )
    assert caught.value.position == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ if eq(a, 'b') }}", Directive("if", "eq(a, 'b')", 7)),
        ("${{if a}}", Directive("if", "a", 6)),
        ("${{ elseif   a }}", Directive("elseif", "a", 13)),
        ("${{ else }}", Directive("else", "", 4)),
        ("${{ insert }}", Directive("insert", "", 4)),
        ("${{ each x in parameters.list }}", Directive("each", "parameters.list", 14, "x")),
        ("${{ each  x  in  a }}", Directive("each", "a", 17, "x")),
        ("${{ if and (a, b) }}", Directive("if", "and (a, b)", 7)),
        ("${{ each x in split('p in q', ' in ') }}", Directive("each", "split('p in q', ' in ')", 14, "x")),
        ("${{ parameters.if }}", None),
        # An `if` without exactly one condition is read as an expression, and so are words in other letters.
        ("${{ if }}", None),
        ("${{ if a b }}", None),
        ("${{ elseif }}", None),
        ("${{ If a }}", None),
        ("${{ ELSE }}", None),
        ("${{ Each x in a }}", None),
        ("${{ iffy }}", None),
        ("if a", None),
        ("${{ if a }} b", None),
    ],
)
def test_directives_are_recognised(text: str, expected: Directive | None) -> None:
    found = directive(text)
    assert found == expected
    if found:
        assert text[found.offset :].startswith(found.expression_text)


@pytest.mark.parametrize(
    "text", ["${{ if eq(a, 1) }}", "${{ elseif a }}", "${{ else }}", "${{ each x in a }}", "${{ insert }}"]
)
def test_a_directive_is_named_as_it_is_written(text: str) -> None:
    assert str(directive(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a ${{ b }}", "format('a {0}', b)"),
        ("${{ b }}, {it's} ${{ c }}", "format('{0}, {{it''s}} {1}', b, c)"),
        ("one\n${{ b }}\n", "format('one\n{0}\n', b)"),
    ],
)
def test_a_text_with_expressions_is_one_expression_to_azure(text: str, expected: str) -> None:
    assert as_format(parts(text)) == expected


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("${{ each x }}", "Exactly 3 parameter(s) were expected following the directive 'each'", "write ${{ each"),
        ("${{ each 1x in a }}", "The value '1x' is unexpected. The expected format of an 'each'", "write ${{ each"),
        ("${{ each x of a }}", "The value 'of' is unexpected. The expected format of an 'each'", "write ${{ each"),
        ("${{ each x In a }}", "The value 'In' is unexpected.", "write ${{ each"),
        ("${{ each x in }}", "Actual parameter count: 2", "write ${{ each"),
        ("${{ each x in a b }}", "Actual parameter count: 4", "write ${{ each"),
        (
            "${{ else if lt(a, 'b c') }}",
            "Exactly 0 parameter(s) were expected following the directive 'else'. Actual parameter count: 2",
            "elseif",
        ),
        ("${{ insert a }}", "Exactly 0 parameter(s) were expected following the directive 'insert'", ""),
    ],
)
def test_a_malformed_directive_says_what_it_takes(text: str, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        directive(text)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_node_becomes_a_value_of_strings() -> None:
    node = read("a: 3.10\nb: [true, x]\nc:\n", file="f")
    assert node_to_value(node) == {"a": "3.10", "b": ["true", "x"], "c": ""}


def test_a_value_becomes_a_node_at_the_place_of_its_expression() -> None:
    value: Value = {"n": Decimal("1.50"), "t": True, "l": ["x", ""], "z": None}
    node = value_to_node(value, AT)
    assert node.position == AT
    assert write(node) == "n: 1.5\nt: True\nl:\n- x\n- ''\nz:\n"


def test_null_becomes_an_empty_plain_scalar() -> None:
    assert value_to_node(None, AT) == Scalar("", AT, "plain")
