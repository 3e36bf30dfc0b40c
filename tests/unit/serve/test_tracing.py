"""Spans as a collector gets them: OTLP over HTTP, decoded by OpenTelemetry's own messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.serve.measures.model import Exchange
from drivetrain.serve.measures.tracing import Traces
from tests.serving.collector import collecting

if TYPE_CHECKING:
    from collections.abc import Iterator

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    with collecting() as found:
        yield found


def seen(url: str, share: float, *exchanges: Exchange) -> None:
    traces = Traces("churn", url, share)
    for each in exchanges:
        traces.seen(each)
    traces.close()


def exchange(trace: str = "", status: int = 200) -> Exchange:
    return Exchange("id-1", "blue", "churn:3", status, 0.5, 0.2, b"", b"", trace=trace)


def test_a_request_is_traced_to_its_model(collector: tuple[str, list[Any]]) -> None:
    url, taken = collector
    seen(url, 0.0, exchange(f"00-{TRACE}-{PARENT}-01"))
    spans = {span.name: span for span in taken}
    request = spans["POST /score"]
    said = {each.key: each.value.string_value or each.value.int_value for each in request.attributes}
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
    assert (said["drivetrain.model.name"], said["drivetrain.model.version"]) == ("churn", "3")
    assert {spans[name].parent_span_id for name in ("queue", "predict")} == {request.span_id}
    assert request.end_time_unix_nano - request.start_time_unix_nano == 500_000_000
    assert spans["predict"].end_time_unix_nano - spans["predict"].start_time_unix_nano == 300_000_000


def test_a_caller_that_does_not_sample_is_not_traced(collector: tuple[str, list[Any]]) -> None:
    url, taken = collector
    seen(url, 1.0, exchange(f"00-{TRACE}-{PARENT}-00"))
    assert taken == []


def test_of_requests_without_a_trace_a_share_is_traced(collector: tuple[str, list[Any]]) -> None:
    url, taken = collector
    seen(url, 1.0, exchange(), exchange("garbage"), exchange(status=503))
    requests = [span for span in taken if span.name == "POST /score"]
    assert len(requests) == 3
    assert [span.status.code for span in requests].count(2) == 1
