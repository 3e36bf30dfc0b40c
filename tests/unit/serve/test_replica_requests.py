"""What a replica makes of the bodies of requests, and of what a model answers."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.serve.in_replica.asked import read
from drivetrain.serve.in_replica.codec import dumps
from drivetrain.serve.in_replica.columns import Columns, columns_of
from drivetrain.serve.in_replica.scoring import Scoring
from drivetrain.serve.in_replica.trial.compare import difference
from drivetrain.serve.in_replica.trial.rows import numbers_only, rows_like, with_nulls
from drivetrain.serve.in_replica.wrong import Wrong

NUMBERS = [{"name": name, "type": "double", "required": True} for name in "abc"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["input_data", "dataframe_split", "dataframe_records", "inputs", "columns", "index", "data", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


class Sum:
    """A model that adds up the values of a row; it refuses rows of 13."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def predict(self, table: Any, params: Any) -> Any:  # noqa: ARG002 - it takes none
        values = np.column_stack(table.listed())
        self.asked.append(len(values))
        if (values[:, 0] == 13).any():
            raise ValueError("not thirteen")
        return values.sum(axis=1)


def body(*rows: list[Any], columns: str = "abc") -> bytes:
    return json.dumps({"input_data": {"columns": list(columns), "data": rows}}).encode()


@given(JSON)
def test_any_json_is_answered(value: Any) -> None:
    scoring = Scoring({"inputs": NUMBERS, "joins": True}, Sum())
    for status, answer in scoring.answers([json.dumps(value).encode(), body([1, 2, 3])]):
        assert status in (200, 400)
        json.loads(answer)


@given(st.binary(max_size=40))
def test_any_bytes_are_answered(value: bytes) -> None:
    assert Scoring({"inputs": NUMBERS}, Sum()).answers([value])[0][0] in (200, 400)


def test_requests_for_the_same_columns_are_predicted_together() -> None:
    model = Sum()
    scoring = Scoring({"inputs": NUMBERS, "joins": True}, model)
    asked = [body([1, 2, 3]), body([3, 2, 1], [0, 0, 1], columns="cba"), body([4, 5, 6]), b"[[1, 1, 1]]"]
    assert scoring.answers(asked) == [(200, b"[6.0]"), (200, b"[6.0,1.0]"), (200, b"[15.0]"), (200, b"[3.0]")]
    assert model.asked == [2, 2, 1]


def test_one_that_fails_spoils_no_other() -> None:
    scoring = Scoring({"inputs": NUMBERS, "joins": True}, Sum())
    found = scoring.answers([body([1, 2, 3]), body([13, 0, 0]), body([1, "x", 3]), body([1, None, 3])])
    assert [status for status, _ in found] == [200, 500, 400, 200]
    assert found[0][1] == b"[6.0]"
    assert b"not thirteen" in found[1][1]
    assert b"column 'b' wants a double, not 'x'" in found[2][1]
    assert found[3][1] == b"[null]"


def test_without_joins_each_is_predicted_alone() -> None:
    model = Sum()
    Scoring({"inputs": NUMBERS}, model).answers([body([1, 2, 3]), body([1, 2, 3])])
    assert model.asked == [1, 1]


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("double", [1, 2.5, None, True], [1.0, 2.5, math.nan, 1.0]),
        ("float", [1, 0.1], [1.0, float(np.float32(0.1))]),
        ("long", [1, 2**40], [1, 2**40]),
        ("integer", [1, -5], [1, -5]),
        ("boolean", [True, 0], [True, False]),
        ("string", ["x", None, 3], ["x", None, 3]),
        ("binary", ["aGk="], [b"hi"]),
    ],
)
def test_values_become_what_the_signature_says(kind: str, values: list[Any], expected: list[Any]) -> None:
    columns = Columns(columns_of([{"name": "n", "type": "string"}, {"name": "x", "type": kind}]))
    table = columns.table(("x", "n"), [[value, "-"] for value in values])
    assert table.names == ("n", "x")
    np.testing.assert_equal(table.listed()[1].tolist(), expected)


def test_dates_are_read() -> None:
    columns = Columns(columns_of([{"name": "x", "type": "datetime"}]))
    table = columns.table(("x",), [["2026-11-26T08:00:00"], [None]])
    assert table.listed()[0].tolist()[0] == int(dt.datetime(2026, 11, 26, 8, tzinfo=dt.UTC).timestamp()) * 10**9
    assert np.isnat(table.listed()[0][1])


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("long", None, "column 'x' wants a long, not null"),
        ("long", "many", "column 'x' wants a long, not 'many'"),
        ("integer", 2**40, "column 'x' wants a integer, not 1099511627776"),
        ("boolean", "yes", "column 'x' wants a boolean, not 'yes'"),
        ("datetime", "soon", "column 'x' wants a datetime, not 'soon'"),
        ("double", [1], "column 'x' wants a double, not [1]"),
        ("binary", 5, "column 'x' wants a binary, not 5"),
    ],
)
def test_a_value_that_does_not_fit_is_shown(kind: str, value: Any, told: str) -> None:
    columns = Columns(columns_of([{"name": "x", "type": kind}]))
    with pytest.raises(Wrong, match=r".*") as caught:
        columns.table(("x",), [[value]])
    assert caught.value.message == told


def test_optional_columns_may_be_left_out() -> None:
    columns = Columns(columns_of([{"name": "x", "type": "double"}, {"name": "y", "type": "double", "required": False}]))
    assert columns.table(("x",), [[1.0]]).names == ("x",)
    assert columns.table(("y", "x"), [[1.0, 2.0]]).names == ("x", "y")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (b'{"dataframe_split": []}', "must be an object"),
        (b'{"dataframe_split": {"data": 1}}', "must have 'data'"),
        (b'{"dataframe_split": {"data": [], "more": 1}}', "has 'more'"),
        (b'{"dataframe_records": {"a": 1}}', "must be a list of objects"),
        (b'{"input_data": [{"a": 1}, 2]}', "mixes objects"),
        (b'{"input_data": {"data": [[1]], "columns": "a"}}', "must be a list of names"),
        (b'{"input_data": {"data": [[1]], "index": [1, 2], "columns": ["a"]}}', "as long as"),
        (b'{"inputs": 1, "params": []}', "'params' must be an object"),
    ],
)
def test_a_body_that_is_none_is_told_why(asked: bytes, told: str) -> None:
    with pytest.raises(Wrong) as caught:
        read(asked)
    assert told in caught.value.message


def test_answers_of_every_kind_are_json() -> None:
    value = {
        "a": np.float32(1.5),
        "b": np.array([1, 2]),
        "c": (math.nan, np.int64(3)),
        "d": b"hi",
        4: np.datetime64("2026"),
    }
    assert json.loads(dumps(value)) == {"a": 1.5, "b": [1, 2], "c": [None, 3], "d": "aGk=", "4": "2026-01-01"}
    with pytest.raises(TypeError, match="which is no JSON"):
        dumps(object())


@pytest.mark.parametrize(
    ("own", "other", "the_same"),
    [
        ([1.0, 2.0], [1.0, 2.0001], True),
        ([1.0, 2.0], [1.0, 2.01], False),
        ([0.0], [5e-6], True),
        (["a"], ["a"], True),
        ([1], [1.0], False),
        ([True], [1], False),
        ([math.nan], [math.nan], True),
        ([math.nan], [0.0], False),
        ([[0.5, 0.5]], [[0.5, 0.50001]], True),
        ([1.0], [1.0, 2.0], False),
    ],
)
def test_answers_are_compared(own: Any, other: Any, the_same: bool) -> None:  # noqa: FBT001 - a table
    assert (difference(own, other) <= 1) is the_same


def test_rows_to_try_are_like_the_example() -> None:
    columns = columns_of(
        [{"name": "n", "type": "long"}, {"name": "t", "type": "string"}, {"name": "x", "type": "double"}]
    )
    rows = rows_like(columns, [[1, "a", 0.5], [5, "b", 0.7]])
    assert rows[:2] == [[1, "a", 0.5], [5, "b", 0.7]]
    assert {type(row[0]) for row in rows} == {int}
    assert {row[1] for row in rows} == {"a", "b"}
    assert all(0 <= row[0] <= 8 and 0.3 < row[2] < 0.9 for row in rows)
    assert rows == rows_like(columns, [[1, "a", 0.5], [5, "b", 0.7]])
    assert with_nulls(columns, rows)[0] == [1, "a", None]
    assert not numbers_only(columns)
