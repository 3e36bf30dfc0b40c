"""How the kinds turn into each other inside an expression.

https://learn.microsoft.com/azure/devops/pipelines/process/expressions#type-casting: the table of the page, cell by
cell. Where the page is silent or wrong the service decides: the page has text become a number by Int32.TryParse, but
decimals are read, too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from drivetrain.lang.expressions import Context, ExpressionError, evaluate, evaluate_boolean, evaluate_string, parse

if TYPE_CHECKING:
    from drivetrain.lang.values import Value

NOON = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
VALUES: dict[str, Value] = {"none": None, "list": ["a"], "map": {"a": "b"}, "noon": NOON, "n": Decimal("1.10")}
CONTEXT = Context({"v": VALUES})
REFUSED = object()
FROM: list[tuple[str, object, object, object, object]] = [
    # expression     boolean  number           text                         version
    ("true",         True,    "1",             "True",                      REFUSED),
    ("false",        False,   "0",             "False",                     REFUSED),
    ("v.none",       False,   "0",             "",                          REFUSED),
    ("0",            False,   "0",             "0",                         REFUSED),
    ("-1.50",        True,    "-1.5",          "-1.5",                      REFUSED),
    ("2",            True,    "2",             "2",                         REFUSED),
    ("1.2",          True,    "1.2",           "1.2",                       "1.2"),
    ("v.n",          True,    "1.1",           "1.1",                       "1.1"),
    ("0.12345678",   True,    "0.1234568",     "0.1234568",                 "0.1234568"),
    ("''",           False,   "0",             "",                          REFUSED),
    ("'false'",      True,    REFUSED,         "false",                     REFUSED),
    ("'0'",          True,    "0",             "0",                         REFUSED),
    ("' 1,000.50 '", True,    "1000.5",        " 1,000.50 ",                REFUSED),
    ("'1.2.3'",      True,    REFUSED,         "1.2.3",                     "1.2.3"),
    ("'1e3'",        True,    REFUSED,         "1e3",                       REFUSED),
    ("1.2.3",        True,    REFUSED,         "1.2.3",                     "1.2.3"),
    ("v.noon",       True,    REFUSED,         "2024-01-31 12:00:00+00:00", REFUSED),
    ("v.list",       True,    REFUSED,         REFUSED,                     REFUSED),
    ("v.map",        True,    REFUSED,         REFUSED,                     REFUSED),
]  # fmt: skip


def text(expression: str) -> object:
    try:
        return evaluate_string(parse(expression), CONTEXT)
    except ExpressionError:
        return REFUSED


def converted(expression: str, probe: str) -> object:
    """What a comparison makes of the right operand: refused, or what it is equal to."""
    try:
        evaluate(parse(f"lt({probe}, {expression})"), CONTEXT)
    except ExpressionError:
        return REFUSED
    return True


@pytest.mark.parametrize(("expression", "truth", "number", "shown", "version"), FROM, ids=[row[0] for row in FROM])
def test_what_a_value_becomes(expression: str, truth: object, number: object, shown: object, version: object) -> None:
    assert evaluate_boolean(parse(expression), CONTEXT) is truth
    assert text(expression) == shown
    assert (converted(expression, "0") is REFUSED) == (number is REFUSED)
    assert (converted(expression, "0.0.0") is REFUSED) == (version is REFUSED)
    if number is not REFUSED and len(str(number)) < 8:
        assert evaluate(parse(f"eq({number}, {expression})"), CONTEXT) is True


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # text: letters one by one, ignoring case, whatever the language
        ("'abc'", "'ABC'", True), ("'é'", "'É'", True), ("'straße'", "'STRASSE'", False), ("'\u0131'", "'I'", False),
        ("'True'", "true", True), ("'1.5'", "1.50", True), ("'1000'", "1000", True), ("''", "v.none", True),
        ("'a'", "v.list", False), ("'1.2.3'", "1.2.3", True),
        # boolean
        ("true", "'false'", True), ("true", "''", False), ("false", "v.none", True), ("true", "v.map", True),
        # number
        (".5", "'0.5'", True), ("1000", "'1,000'", True), ("1", "'x'", False), ("0", "''", True), ("0", "v.none", True),
        ("1", "true", True), ("1", "v.list", False), ("1", "1.2.3", False),
        # version: as many parts as there are
        ("1.2.0", "'1.2'", False), ("1.2.0", "1.2", False), ("1.2.0", "'1.2.0'", True), ("1.2.3", "true", False),
        # null is equal to itself and to nothing at all
        ("v.none", "''", True), ("v.none", "v.missing", True), ("v.none", "0", False), ("v.none", "false", False),
        # arrays and objects are equal to themselves only
        ("v.list", "v.list", True), ("v.map", "v.map", True), ("v.list", "split('a', ',')", False),
        ("v.map", "'b'", False),
        # dates
        ("v.noon", "'2024-01-31T13:00:00+01:00'", True), ("v.noon", "'2024/1/31 12:0:0.0Z'", True),
        ("v.noon", "'noon'", False), ("v.noon", "1", False),
    ],
)  # fmt: skip
def test_the_right_value_takes_the_kind_of_the_left_one(left: str, right: str, expected: object) -> None:
    assert evaluate(parse(f"eq({left}, {right})"), CONTEXT) is expected
    assert evaluate(parse(f"ne({left}, {right})"), CONTEXT) is not expected
    assert evaluate(parse(f"in({left}, {right})"), CONTEXT) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("'a'", "'B'", -1), ("'_'", "'a'", 1), ("'10'", "9", -1), ("10", "'9'", 1), ("'\uffff'", "'😀'", 1),
        ("1.10", "1.9", -1), ("1.10.0", "1.9.0", 1), ("1.2.0", "'1.3'", -1), ("1.2.0", "1.2", 1),
        ("true", "''", 1), ("false", "'x'", -1), ("v.none", "1", -1), ("v.none", "''", 0), ("0", "false", 0),
        ("v.noon", "'2024-01-31 12:00:01Z'", -1),
    ],
)  # fmt: skip
def test_the_order_of_two_values(left: str, right: str, expected: int) -> None:
    found = [evaluate(parse(f"{name}({left}, {right})"), CONTEXT) for name in ("lt", "le", "gt", "ge")]
    assert found == [expected < 0, expected <= 0, expected > 0, expected >= 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lt(1, 'x')", "Unable to convert from String to Number. Value: 'x'"),
        ("gt(1, 'it''s')", "Unable to convert from String to Number. Value: 'it''s'"),
        ("ge(v.list, v.list)", "Unable to convert from Array to Number. Value: Array"),
        ("lt(v.map, 1)", "Unable to convert from Object to Number. Value: Object"),
        ("le(1, v.noon)", "Unable to convert from DateTime to Number. Value: (DateTime)2024-01-31 12:00:00+00:00"),
        ("le(1, 1.2.3)", "Unable to convert from Version to Number. Value: v1.2.3"),
        ("ge(1.2.3, true)", "Unable to convert from Boolean to Version. Value: True"),
        ("ge(1.2.3, 2)", "Unable to convert from Number to Version. Value: 2"),
        ("lt(v.noon, v.none)", "Unable to convert from Null to DateTime. Value: Null"),
        ("lt('a', v.map)", "Unable to convert from Object to String. Value: Object"),
    ],
)
def test_values_without_an_order_say_why(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(text), CONTEXT)
    assert caught.value.message == message
    assert caught.value.position == 0
