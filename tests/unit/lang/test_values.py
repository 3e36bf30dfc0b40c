from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from drivetrain.lang.values import (
    Caseless,
    CastError,
    Kind,
    Lowered,
    Required,
    Value,
    Version,
    canonical,
    caseless,
    compare,
    describe,
    equals,
    fold,
    kind_of,
    lower,
    parse_version,
    to_boolean,
    to_datetime,
    to_number,
    to_string,
    to_version,
    upper,
)

N = Decimal
NOON = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ARRAY: list[Value] = ["a"]
OBJECT: dict[str, Value] = {"a": "b"}


@pytest.mark.parametrize(
    ("value", "kind", "truth", "number", "text"),
    [
        (None, Kind.NULL, False, N(0), ""),
        (True, Kind.BOOLEAN, True, N(1), "True"),
        (False, Kind.BOOLEAN, False, N(0), "False"),
        (N(0), Kind.NUMBER, False, N(0), "0"),
        (N("-0.00"), Kind.NUMBER, False, N(0), "0"),
        (N("1.50"), Kind.NUMBER, True, N("1.5"), "1.5"),
        (N("0.00000005"), Kind.NUMBER, True, N("0.00000005"), "0.0000001"),
        (N("-0.00000004"), Kind.NUMBER, True, N("-0.00000004"), "0"),
        (N("1E+20"), Kind.NUMBER, True, N(10) ** 20, "1" + "0" * 20),
        ("", Kind.STRING, False, N(0), ""),
        ("false", Kind.STRING, True, None, "false"),
        (" 1,234.5 ", Kind.STRING, True, N("1234.5"), " 1,234.5 "),
        ("-.5", Kind.STRING, True, N("-0.5"), "-.5"),
        ("1.", Kind.STRING, True, N(1), "1."),
        ("0x10", Kind.STRING, True, None, "0x10"),
        ("1e3", Kind.STRING, True, None, "1e3"),
        ("NaN", Kind.STRING, True, None, "NaN"),
        ("٣", Kind.STRING, True, None, "٣"),
        ("9" * 40, Kind.STRING, True, None, "9" * 40),
        (Version((1, 2, 3)), Kind.VERSION, True, None, "1.2.3"),
        (NOON, Kind.DATETIME, True, None, "2024-01-31 12:00:00+00:00"),
    ],
)
def test_a_value_turns_into_the_simple_kinds(
    value: Value, kind: Kind, truth: object, number: Decimal | None, text: str
) -> None:
    assert (kind_of(value), to_boolean(value), to_number(value), to_string(value)) == (kind, truth, number, text)


@pytest.mark.parametrize(("value", "kind"), [(ARRAY, "Array"), (OBJECT, "Object")])
def test_a_collection_is_true_but_neither_number_nor_text(value: Value, kind: str) -> None:
    assert to_boolean(value)
    assert to_number(value) is None
    with pytest.raises(CastError, match=f"Unable to convert from {kind} to String. Value: {kind}"):
        to_string(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.2", (1, 2)),
        ("1.2.3.4", (1, 2, 3, 4)),
        (" 1 . 2 ", (1, 2)),
        (N("1.2"), (1, 2)),
        (N(1), None),
        ("1", None),
        ("1.2.3.4.5", None),
        ("1.x", None),
        ("-1.2", None),
        ("1." + "9" * 5000, None),
        (True, None),
        (None, None),
        (ARRAY, None),
    ],
)
def test_what_is_a_version(value: Value, expected: tuple[int, ...] | None) -> None:
    assert to_version(value) == (Version(expected) if expected else None)


def test_a_version_part_is_at_most_an_int32() -> None:
    assert parse_version("1.2147483647")
    assert parse_version("1.2147483648") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-31T12:00:00Z", NOON),
        ("2024/1/31 14:00:00+02:00", NOON),
        ("2024-01-31 12:00:00", NOON),
        ("2024-01-31", None),
        ("2024-02-31 12:00:00", None),
        ("2024-01-31 12:00:00+99:99", None),
        (N(1), None),
        (NOON, NOON),
    ],
)
def test_what_is_a_moment(value: Value, expected: datetime | None) -> None:
    assert to_datetime(value) == expected


EQUAL = [
    ("abc", "ABC", True), ("1", N(1), True), ("True", True, True), ("", None, True), ("a", ARRAY, False),
    ("straße", "STRASSE", False), ("é", "É", True), ("\u0131", "i", False), ("1.2.3", Version((1, 2, 3)), True),
    (True, "false", True), (True, "", False), (False, None, True), (True, N(2), True), (True, ARRAY, True),
    (N(1), "1.0", True), (N(1), "x", False), (N(0), "", True), (N(0), None, True), (N(1), True, True),
    (N(1), ARRAY, False), (None, "", True), (None, None, True), (None, N(0), False), (None, False, False),
    (Version((1, 2)), "1.2", True), (Version((1, 2)), "1.2.0", False), (Version((1, 2)), N("1.2"), True),
    (Version((1, 2)), True, False), (NOON, "2024-01-31 13:00:00+01:00", True), (NOON, "x", False),
    (ARRAY, ARRAY, True), (ARRAY, ["a"], False), (OBJECT, OBJECT, True), (OBJECT, "b", False),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "expected"), EQUAL)
def test_the_right_value_takes_the_kind_of_the_left_one_to_be_equal(
    left: Value, right: Value, expected: object
) -> None:
    assert equals(left, right) is expected


ORDER = [
    ("a", "B", -1), ("B", "a", 1), ("a", "A", 0), ("10", N(9), -1), ("_", "a", 1), (N(10), "9", 1), (N(1), True, 0),
    (True, "", 1), (False, "x", -1), (None, N(1), -1), (None, "", 0), (Version((1, 2)), "1.2.0", -1),
    (Version((1, 10)), "1.9", 1), (NOON, "2024-01-31 12:00:01Z", -1),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "expected"), ORDER)
def test_the_order_of_two_values(left: Value, right: Value, expected: int) -> None:
    assert compare(left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        (N(1), "x", "Unable to convert from String to Number. Value: 'x'"),
        (N(1), ARRAY, "Unable to convert from Array to Number. Value: Array"),
        (OBJECT, N(1), "Unable to convert from Object to Number. Value: Object"),
        ("a", ARRAY, "Unable to convert from Array to String. Value: Array"),
        (Version((1, 2)), True, "Unable to convert from Boolean to Version. Value: True"),
        (NOON, None, "Unable to convert from Null to DateTime. Value: Null"),
        (N(1), Version((1, 2)), "Unable to convert from Version to Number. Value: v1.2"),
    ],
)
def test_values_without_an_order_say_why(left: Value, right: Value, message: str) -> None:
    with pytest.raises(CastError) as caught:
        compare(left, right)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("it's", "'it''s'"),
        (None, "Null"),
        (True, "True"),
        (N("1.0"), "1"),
        (NOON, "(DateTime)2024-01-31 12:00:00+00:00"),
    ],
)
def test_how_traces_show_a_value(value: Value, text: str) -> None:
    assert describe(value) == text


@pytest.mark.parametrize(
    ("given", "expected"),
    [(3, N(3)), (0.1, N("0.1")), (True, True), ((1, "a"), [N(1), "a"]), ("x", "x"), (None, None)],
)
def test_what_a_host_hands_over_becomes_one_of_the_kinds(given: Any, expected: Value) -> None:
    assert canonical(given) == expected
    assert type(canonical(given)) is type(expected)


def test_anything_else_from_a_host_is_a_mistake_of_the_host() -> None:
    with pytest.raises(TypeError, match="cannot work with bytes"):
        canonical(b"x")


def test_case_is_changed_letter_by_letter() -> None:
    assert (upper("straße"), lower("İX"), fold("ıſß")) == ("STRAßE", "İx", "ıſß")


def test_a_caseless_mapping_finds_any_case_and_keeps_the_first_spelling() -> None:
    found = Caseless({"Build.Reason": "a", "BUILD.reason": "b"})
    assert found["build.REASON"] == "b"
    assert list(found) == ["Build.Reason"]
    assert "nothing" not in found


def test_a_lowered_view_finds_any_case_and_what_is_added_later() -> None:
    variables: dict[str, Value] = {"build.reason": "a"}
    view = Lowered(variables)
    variables["new"] = "b"
    assert (view["Build.Reason"], view["NEW"], list(view), len(view)) == ("a", "b", ["build.reason", "new"], 2)
    assert "nothing" not in view


def test_a_value_can_be_made_caseless_however_deep() -> None:
    made: Any = caseless({"A": [{"b": {"C": "x"}}], "n": N(1)})
    assert made["a"][0]["B"]["c"] == "x"
    assert (made["N"], list(made)) == (1, ["A", "n"])


@pytest.mark.parametrize("mapping", [{}, Caseless({}), Lowered({}), Required({})])
def test_any_mapping_is_an_object(mapping: Value) -> None:
    assert kind_of(mapping) is Kind.OBJECT
    assert canonical(mapping) is mapping
