"""Which requests are written down, and what of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.clock import FixedClock
from drivetrain.serve.measures import request_log
from drivetrain.serve.measures.model import Exchange
from drivetrain.serve.measures.redaction import LONGEST, REDACTED, written
from drivetrain.serve.measures.request_log import FILE, RequestLog
from drivetrain.serve.model import Collection

if TYPE_CHECKING:
    from pathlib import Path

CLOCK = FixedClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
SECRET = "4711-0815"


def exchange(asked: bytes = b'{"input_data": [[1]]}', deployment: str = "blue") -> Exchange:
    return Exchange("id-1", deployment, "churn:3", 200, 0.0123, 0.001, asked, b"[0.5]", trace="00-ab-cd-01")


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / FILE).read_text("utf-8").splitlines()]


def logged(folder: Path, collection: Collection, *exchanges: Exchange) -> list[dict[str, Any]]:
    log = RequestLog(folder, lambda: {"blue": collection}, CLOCK)
    for each in exchanges:
        log.seen(each)
    log.close()
    return lines(folder) if (folder / FILE).exists() else []


def test_a_line_tells_who_answered_what_and_how_long_it_took(tmp_path: Path) -> None:
    (line,) = logged(tmp_path, Collection(1.0), exchange())
    assert line == {
        "time": "2026-01-02T03:04:05.000Z",
        "id": "id-1",
        "deployment": "blue",
        "model": "churn:3",
        "status": 200,
        "milliseconds": 12.3,
        "queued_milliseconds": 1.0,
        "mirrored": False,
        "disagrees": False,
        "trace": "00-ab-cd-01",
        "request": {"input_data": [[1]]},
        "response": [0.5],
    }


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.1, 10), (0.25, 25), (1.0, 100)])
def test_the_share_is_exact(tmp_path: Path, share: float, count: int) -> None:
    found = logged(tmp_path, Collection(share), *[exchange()] * 100)
    assert abs(len(found) - count) <= 1  # tenths are not exact in binary


def test_deployments_that_collect_nothing_are_not_written(tmp_path: Path) -> None:
    assert logged(tmp_path, Collection(1.0), exchange(deployment="green")) == []


def test_a_full_file_makes_room_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "MOST_BYTES", 10)
    logged(tmp_path, Collection(1.0), *[exchange()] * 9)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, *(f"{FILE}.{each}" for each in range(1, 6))]


SHAPES = {
    "split": {"input_data": {"columns": ["age", "card"], "index": [0], "data": [[41, SECRET]]}},
    "dataframe_split": {"dataframe_split": {"columns": ["card"], "data": [[SECRET], [{"card": SECRET}]]}},
    "records": {"dataframe_records": [{"age": 41, "card": SECRET}]},
    "instances": {"instances": [{"card": SECRET, "age": 1}]},
    "tensors": {"inputs": {"age": [1], "card": [SECRET]}},
    "rows without names": {"input_data": [[41, SECRET]]},
    "inputs without names": {"inputs": [[SECRET]]},
    "a bare list": [[SECRET]],
    "a bare list of records": [{"card": SECRET}],
    "nested": {"payload": {"customer": {"card": SECRET}}},
    "rows that are none": {"input_data": {"columns": ["card"], "data": SECRET}},
    "at the top": {"card": SECRET, "age": 41},
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_redacted_columns_are_in_no_shape(body: object) -> None:
    assert SECRET not in json.dumps(written(json.dumps(body).encode(), ("card",)))


def test_the_other_columns_stay() -> None:
    body = json.dumps(SHAPES["split"]).encode()
    data = written(body, ("card",))["input_data"]["data"]
    assert data == [[41, REDACTED]]


@pytest.mark.parametrize("body", [b"card=4711-0815", b"[" * 100_000, b"\xff4711-0815"])
def test_what_cannot_be_read_cannot_be_redacted(body: bytes) -> None:
    assert SECRET not in str(written(body, ("card",)))


def test_a_long_body_is_not_written() -> None:
    assert written(b"[" + b"1," * LONGEST + b"1]", ()) == f"{2 * LONGEST + 3} bytes, which is too long to be written"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["card", "age", "inputs", "input_data", "columns", "data"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_value_below_a_redacted_name_is_written(value: object) -> None:
    marked = _mark(value)
    assert SECRET not in json.dumps(written(json.dumps(marked).encode(), ("card",)))


def _mark(value: object, *, secret: bool = False) -> object:
    """The same with every text below a `card` made secret."""
    if isinstance(value, dict):
        return {key: _mark(each, secret=secret or key == "card") for key, each in value.items()}
    if isinstance(value, list):
        return [_mark(each, secret=secret) for each in value]
    return SECRET if secret else value
