from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.record.tracking.model import HotWrite
from drivetrain.record.tracking.writes import named_run, parse

RUN = "0123456789abcdef0123456789abcdef"
METRIC = {"run_id": RUN, "key": "loss", "value": 0.5, "timestamp": 1700000000000, "step": 3}
PAIR = {"run_id": RUN, "key": "depth", "value": "3"}


def read(operation: str, document: Any) -> HotWrite | None:
    return parse(operation, json.dumps(document).encode())


def test_a_metric_as_the_client_sends_it() -> None:
    assert read("log-metric", {**METRIC, "run_uuid": RUN}) == HotWrite(RUN, metrics=(("loss", 0.5, 1700000000000, 3),))


def test_a_parameter_and_a_tag() -> None:
    assert read("log-parameter", PAIR) == HotWrite(RUN, params=(("depth", "3"),))
    assert read("set-tag", PAIR) == HotWrite(RUN, tags=(("depth", "3"),))


def test_a_batch_keeps_its_order() -> None:
    metrics = [{"key": "m", "value": i, "timestamp": i, "step": i} for i in range(5)]
    write = read("log-batch", {"run_id": RUN, "metrics": metrics, "params": [], "tags": [{"key": "t", "value": "v"}]})
    assert write is not None
    assert [metric[1] for metric in write.metrics] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert write.tags == (("t", "v"),)


def test_a_metric_without_a_step_is_at_step_zero() -> None:
    write = read("log-metric", {key: value for key, value in METRIC.items() if key != "step"})
    assert write is not None
    assert write.metrics[0][3] == 0


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_special_numbers_survive_the_journal(text: str) -> None:
    write = read("log-metric", {**METRIC, "value": text})
    assert write is not None
    again = HotWrite.from_line(write.line()).metrics[0][1]
    assert again == float(text) or (math.isnan(again) and text == "NaN")


@pytest.mark.parametrize(
    "change",
    [
        {"run_id": ""},
        {"run_id": "../etc"},
        {"run_id": 7},
        {"run_uuid": "another"},
        {"runId": RUN},
        {"key": ""},
        {"key": "a\nb"},
        {"key": "a//b"},
        {"key": "/a"},
        {"key": "../a"},
        {"key": "."},
        {"key": "a/"},
        {"key": "a?b"},
        {"key": "k" * 251},
        {"key": None},
        {"value": True},
        {"value": None},
        {"value": "0.5"},
        {"value": "nan"},
        {"value": 2**70},
        {"value": [1]},
        {"timestamp": -1},
        {"timestamp": 1.5},
        {"timestamp": 2**63},
        {"timestamp": "1"},
        {"step": 2**63},
        {"step": True},
        {"model_id": "m-1"},
        {"surprise": 1},
    ],
)
def test_a_metric_that_is_not_plainly_valid_is_left_to_mlflow(change: dict[str, Any]) -> None:
    assert read("log-metric", {**METRIC, **change}) is None


@pytest.mark.parametrize("missing", ["run_id", "key", "value", "timestamp"])
def test_a_metric_with_something_missing_is_left_to_mlflow(missing: str) -> None:
    assert read("log-metric", {key: value for key, value in METRIC.items() if key != missing}) is None


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        ("log-parameter", {"value": ""}),
        ("log-parameter", {"value": 3}),
        ("log-parameter", {"value": "v" * 6001}),
        ("log-parameter", {"value": "\ud800"}),
        ("set-tag", {"value": "v" * 8001}),
        ("set-tag", {"value": "a\x00b"}),
        ("set-tag", {"key": "mlflow.runName"}),
    ],
)
def test_a_text_that_mlflow_would_cut_or_read_otherwise_is_left_to_it(operation: str, change: dict[str, Any]) -> None:
    assert read(operation, PAIR) is not None
    assert read(operation, {**PAIR, **change}) is None


@pytest.mark.parametrize(
    "batch",
    [
        {"metrics": [{"key": "m", "value": 1, "timestamp": 1}] * 1001},
        {"params": [{"key": f"p{i}", "value": "1"} for i in range(101)]},
        {"params": [{"key": "p", "value": "1"}, {"key": "p", "value": "2"}]},
        {"tags": {"key": "a", "value": "b"}},
        {"metrics": ["x"]},
        {"run_uuid": RUN},
    ],
)
def test_a_batch_beyond_the_limits_is_left_to_mlflow(batch: dict[str, Any]) -> None:
    assert read("log-batch", {"run_id": RUN, "tags": []}) is not None
    assert read("log-batch", {"run_id": RUN, **batch}) is None


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"{}"', b"{", b"\xff", b"[" * 100_000, b"{}"])
def test_a_body_that_is_no_object_is_left_to_mlflow(body: bytes) -> None:
    assert parse("log-metric", body) is None
    assert named_run(body) is None


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.one_of(st.floats(), st.integers(), st.text(max_size=9), st.none(), st.booleans()),
)
def test_what_is_accepted_comes_back_from_the_journal_unchanged(key: str, text: str, value: object) -> None:
    bodies = [
        ("log-metric", {**METRIC, "key": key, "value": value}),
        ("log-parameter", {**PAIR, "key": key, "value": text}),
        ("set-tag", {**PAIR, "value": text}),
    ]
    for operation, document in bodies:
        write = parse(operation, json.dumps(document).encode())
        if write is not None:
            assert repr(HotWrite.from_line(write.line())) == repr(write)
            assert write.line().count(b"\n") == 1


def test_a_line_that_is_no_write_is_a_value_error() -> None:
    for line in (b"", b"{}", b"\0\0\0", b'{"r":"x","m":1,"p":[],"t":[]}'):
        with pytest.raises(ValueError, match=r".+"):
            HotWrite.from_line(line)
