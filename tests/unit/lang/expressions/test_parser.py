from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivetrain.lang.expressions import ExpressionError, functions_used, names_used, parse, references
from drivetrain.lang.expressions.evaluate import written
from drivetrain.lang.expressions.nodes import Call, Constant, Index, Named, Wildcard
from drivetrain.lang.values import Value, Version

LEGAL = {"functions": {"always": (0, 0), "failed": (0, None), "counter": (0, 2)}, "names": ("variables", "parameters")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("TRUE", True), ("False", False), ("null", None), ("Null", None),
        ("0", Decimal(0)), ("-1.20", Decimal("-1.2")), (".5", Decimal("0.5")), ("-.5", Decimal("-0.5")),
        ("12.", Decimal(12)), ("''", ""), ("'a b'", "a b"), ("'it''s'", "it's"), ("''''", "'"), ("'\"'", '"'),
        ("'a\nb'", "a\nb"), ("1.2.3", Version((1, 2, 3))), ("1.2.3.4", Version((1, 2, 3, 4))), (" \n 1\t", Decimal(1)),
    ],
)  # fmt: skip
def test_a_literal_is_its_value(text: str, value: Value) -> None:
    root = parse(text).root
    assert isinstance(root, Constant)
    assert root.value == value
    assert type(root.value) is type(value)


def test_an_empty_text_has_no_root() -> None:
    assert parse(" \n").root is None


def test_names_and_brackets_are_the_same_access() -> None:
    dotted, bracketed = parse("a.b").root, parse("a['b']").root
    assert dotted == Index(Named("a", 0), Constant("b", 2), 2)
    assert bracketed == Index(Named("a", 0), Constant("b", 2), 2)


def test_stars_follow_a_dot_or_stand_in_brackets() -> None:
    assert parse("a.*").root == Wildcard(Named("a", 0), 2)
    assert parse("a[*].x").root == Index(Wildcard(Named("a", 0), 2), Constant("x", 5), 5)


def test_a_call_may_be_looked_into() -> None:
    root = parse("split('a', ',')[0]").root
    assert isinstance(root, Index)
    assert isinstance(root.target, Call)


def test_a_keyword_after_a_dot_is_a_property_whatever_it_means_elsewhere() -> None:
    root = parse("variables.true.eq.null").root
    assert root is not None
    assert written(root) == "variables['true']['eq']['null']"


@pytest.mark.parametrize("text", ["EQ(1, 1)", "Always()", "VARIABLES.x", "NotIn(1, 2)", "failed('a', 'b')", "in(1)"])
def test_names_of_functions_and_contexts_ignore_case(text: str) -> None:
    assert parse(text, functions=LEGAL["functions"], names=LEGAL["names"]).root is not None


def test_without_a_list_any_function_and_any_name_is_accepted() -> None:
    assert parse("whatever(some.thing, 1)").root is not None
    assert parse("foo()", functions=["foo"]).root is not None


ERRORS = [
    ("foo", "Unrecognized value: 'foo'. Located at position 1 within expression: foo.", 0, "variables"),
    ("foo()", "Unrecognized value: 'foo'. Located at position 1 within expression: foo().", 0, ""),
    ("eq(1, varables.x)", "Unrecognized value: 'varables'. Located at position 7", 6, "did you mean variables?"),
    ("equals(1, 2)", "Unrecognized value: 'equals'. Located at position 1", 0, ""),
    ("succeded()", "Unrecognized value: 'succeded'. Located at position 1", 0, ""),
    ("1 == 2", "Unrecognized value: '=='. Located at position 3", 2, "eq(a, b)"),
    ("!true", "Unrecognized value: '!true'. Located at position 1", 0, ""),
    ("'abc", "Unrecognized value: ''abc'. Located at position 1", 0, "close the string"),
    ("'a''", "Unrecognized value: ''a'''. Located at position 1", 0, "close the string"),
    ('"a"', "Unrecognized value: '\"a\"'. Located at position 1", 0, "single quotes"),
    ("1.2.3.4.5", "Unrecognized value: '1.2.3.4.5'. Located at position 1", 0, ""),
    ("1a", "Unrecognized value: '1a'. Located at position 1", 0, ""),
    ("-", "Unrecognized value: '-'. Located at position 1", 0, ""),
    ("0x1F", "Unrecognized value: '0x1F'. Located at position 1", 0, ""),
    ("1e5", "Unrecognized value: '1e5'. Located at position 1", 0, ""),
    ("9" * 40, "Unrecognized value: '" + "9" * 40, 0, ""),
    ("a-b", "Unrecognized value: 'a-b'. Located at position 1", 0, ""),
    ("$(x)", "Unrecognized value: '$'. Located at position 1", 0, ""),
    ("eq", "Expected '(' to follow a function: 'eq'. Located at position 1 within expression: eq.", 0, ""),
    ("always", "Expected '(' to follow a function: 'always'. Located at position 1", 0, ""),
    ("eq 1", "Expected '(' to follow a function: 'eq'. Located at position 1", 0, ""),
    ("eq(1)", "Unexpected symbol: ')'. Located at position 5 within expression: eq(1).", 4, "eq takes 2 arguments"),
    ("eq()", "Unexpected symbol: ')'. Located at position 4", 3, "eq takes 2 arguments"),
    ("eq(1, 2, 3)", "Unexpected symbol: ','. Located at position 8", 7, "eq takes 2 arguments"),
    ("and(true)", "Unexpected symbol: ')'. Located at position 9", 8, "and takes 2 or more arguments"),
    ("not(1, 2)", "Unexpected symbol: ','. Located at position 6", 5, "not takes 1 argument"),
    ("always(1)", "Unexpected symbol: ')'. Located at position 9", 8, "always takes 0 arguments"),
    ("counter(1, 2, 3)", "Unexpected symbol: ','. Located at position 13", 12, "counter takes 0 to 2 arguments"),
    ("or(true,)", "Unexpected symbol: ')'. Located at position 9", 8, ""),
    ("or(,true)", "Unexpected symbol: ','. Located at position 4", 3, ""),
    ("or(true true)", "Unexpected symbol: 'true'. Located at position 9", 8, ""),
    ("'a'.b", "Unexpected symbol: '.'. Located at position 4", 3, ""),
    ("'a' 'b'", "Unexpected symbol: ''b''. Located at position 5", 4, ""),
    ("true variables", "Unexpected symbol: 'variables'. Located at position 6", 5, ""),
    ("variables x", "Unrecognized value: 'x'. Located at position 11", 10, ""),
    ("variables..x", "Unexpected symbol: '.'. Located at position 11", 10, ""),
    ("variables.1", "Unexpected symbol: '1'. Located at position 11", 10, ""),
    ("variables.a-b", "Unexpected symbol: 'a-b'. Located at position 11", 10, "['a-b']"),
    (
        "variables.",
        "Expected a property name to follow the dereference operator '.': '.'. Located at position 10",
        9,
        "",
    ),
    ("variables[]", "Unexpected symbol: ']'. Located at position 11", 10, ""),
    ("variables['a' 'b']", "Unexpected symbol: ''b''. Located at position 15", 14, ""),
    ("variables['a'", "Unclosed indexer: '['. Located at position 10", 9, "missing ]"),
    ("variables['a')", "Unexpected symbol: ')'. Located at position 14", 13, ""),
    ("eq(1, 2", "Unclosed function: 'eq'. Located at position 1", 0, "missing )"),
    ("eq(1, not(", "Unclosed function: 'not'. Located at position 7", 6, "missing )"),
    ("eq(1, 2))", "Unexpected symbol: ')'. Located at position 9", 8, ""),
    ("(true)", "Unexpected symbol: '('. Located at position 1", 0, ""),
    ("*", "Unexpected symbol: '*'. Located at position 1", 0, ""),
    ("]", "Unexpected symbol: ']'. Located at position 1", 0, ""),
    ("not(" * 50 + "1" + ")" * 50, "Exceeded max expression depth 50.", 0, ""),
    ("variables" + ".a" * 101, "More than 100 names follow one another", 208, ""),
    ("'" + "a" * 21_000 + "'", "Exceeded max expression length 21000.", 0, ""),
]


@pytest.mark.parametrize(("text", "message", "position", "hint"), ERRORS, ids=[text[:20] for text, *_ in ERRORS])
def test_what_is_wrong_is_said_in_the_words_of_azure(text: str, message: str, position: int, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, functions=LEGAL["functions"], names=LEGAL["names"])
    assert caught.value.message.startswith(message)
    assert caught.value.position == position
    assert hint in caught.value.hint


def test_nesting_just_below_the_limit_is_accepted() -> None:
    assert parse("not(" * 49 + "1" + ")" * 49).root is not None


pieces = st.sampled_from(
    [
        "eq",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        "*",
        "'a'",
        "''",
        "'",
        "1",
        "1.2.3",
        "-",
        ".5",
        "true",
        "null",
        " ",
        "a",
        "variables",
        "==",
    ]
)


def outcome(text: str) -> str | ExpressionError:
    try:
        root = parse(text).root
    except ExpressionError as error:
        return error
    return written(root) if root else ""


@given(st.one_of(st.text(), st.lists(pieces, max_size=40).map("".join)))
def test_any_text_parses_or_is_an_expression_error(text: str) -> None:
    found = outcome(text)
    if isinstance(found, ExpressionError):
        assert 0 <= found.position <= len(text)
    else:
        assert bool(found) == bool(text.strip())


@given(st.lists(pieces.filter(lambda piece: piece != "null"), max_size=12).map("".join))
def test_what_a_trace_writes_parses_to_the_same(text: str) -> None:
    # A version is traced as `v1.2.3`, as Azure does, and that is no literal.
    assume(not re.search(r"\d\.\d+\.\d", text))
    found = outcome(text)
    if isinstance(found, str):
        assert outcome(found) == found


def test_references_are_the_dotted_paths_up_to_what_is_computed() -> None:
    text = "and(eq(variables.x, a['b.c'].d), in(v[variables['k']].z, w.*.id, s[0].t), always(), split(q.r, ',')[0])"
    assert names_used(parse(text)) == {
        ("variables", "x"), ("a", "b.c", "d"), ("v",), ("variables", "k"), ("w",), ("s",), ("q", "r"),
    }  # fmt: skip
    assert functions_used(parse(text)) == {"and", "eq", "in", "always", "split"}


def test_a_reference_knows_where_it_begins() -> None:
    first, second = references(parse("eq(variables.x, dependencies.A.outputs['s.v'])"))
    assert (first.path, first.position) == (("variables", "x"), 3)
    assert (second.path, second.position) == (("dependencies", "A", "outputs", "s.v"), 16)
    assert references(parse("")) == ()
