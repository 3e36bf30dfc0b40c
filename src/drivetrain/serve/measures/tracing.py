"""Traces from a request to the version of the model that answered it, by OpenTelemetry; loaded only when they are sent.

A request's own `traceparent` is carried on: its sampled flag decides. Of requests without one, a share is traced.
https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from drivetrain.serve.measures.model import Exchange

_NANO = 1_000_000_000
_SERVER_ERROR = 500


class Traces:
    """The Observer port: a span for the request, and below it one for its wait and one for its prediction."""

    def __init__(self, endpoint: str, url: str, share: float) -> None:
        """`url` is where a collector takes OTLP over HTTP: `http://localhost:4318/v1/traces`."""
        resource = Resource.create({"service.name": f"drivetrain/{endpoint}", "drivetrain.endpoint": endpoint})
        self._provider = TracerProvider(sampler=ParentBasedTraceIdRatio(share), resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
        self._tracer = self._provider.get_tracer("drivetrain.serve")
        self._propagator = TraceContextTextMapPropagator()

    def seen(self, exchange: Exchange) -> None:
        """Make its spans; they are sent by a thread of OpenTelemetry's."""
        ended = time.time_ns()
        started = ended - int(exchange.seconds * _NANO)
        taken = started + int(exchange.queued * _NANO)
        span = self._tracer.start_span(
            "mirror" if exchange.mirrored else "POST /score",
            self._parent(exchange),
            SpanKind.SERVER,
            _attributes(exchange),
            start_time=started,
        )
        if exchange.status >= _SERVER_ERROR:
            span.set_status(Status(StatusCode.ERROR))
        below = set_span_in_context(span)
        for name, begin, end in (("queue", started, taken), ("predict", taken, ended)):
            self._tracer.start_span(name, below, start_time=begin).end(end)
        span.end(ended)

    def _parent(self, exchange: Exchange) -> Context:
        return self._propagator.extract({"traceparent": exchange.trace} if exchange.trace else {})

    def close(self) -> None:
        """Send what waits, and end."""
        self._provider.shutdown()


def _attributes(exchange: Exchange) -> dict[str, str | int]:
    name, _, version = exchange.model.rpartition(":")
    return {
        "http.request.method": "POST",
        "http.response.status_code": exchange.status,
        "drivetrain.request.id": exchange.id,
        "drivetrain.deployment": exchange.deployment,
        "drivetrain.model.name": name,
        "drivetrain.model.version": version,
    }
