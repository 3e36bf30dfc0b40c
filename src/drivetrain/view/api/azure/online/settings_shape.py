"""Probes, request settings and data collection: bodies of REST <-> values of serving. Pure.

https://learn.microsoft.com/rest/api/azureml/online-deployments/create-or-update
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.serve.model import Collection, Probe, RequestSettings
from drivetrain.view.api.azure.arm.bodies import object_at, text_at, whole_at
from drivetrain.view.api.azure.online.durations import seconds_at, written

if TYPE_CHECKING:
    from collections.abc import Mapping

REDACTED = "drivetrain.redact"
"""The property of a deployment with the names of columns that are not to be written down; commas between them."""


def probe_of(properties: Mapping[str, Any], key: str) -> Probe:
    """The probe that a body describes; Azure's own one where it says nothing. Raises UserError."""
    given, usual = object_at(properties, key), Probe()
    return Probe(
        initial_delay=seconds_at(given, "initialDelay", usual.initial_delay),
        period=_above_zero(seconds_at(given, "period", usual.period), f"{key}.period"),
        timeout=_above_zero(seconds_at(given, "timeout", usual.timeout), f"{key}.timeout"),
        success_threshold=_at_least_one(given, "successThreshold", usual.success_threshold),
        failure_threshold=_at_least_one(given, "failureThreshold", usual.failure_threshold),
    )


def probe_shown(probe: Probe) -> dict[str, Any]:
    """A probe as clients read it."""
    return {
        "initialDelay": written(probe.initial_delay),
        "period": written(probe.period),
        "timeout": written(probe.timeout),
        "successThreshold": probe.success_threshold,
        "failureThreshold": probe.failure_threshold,
    }


def request_of(properties: Mapping[str, Any]) -> RequestSettings:
    """How much a replica is asked at once, and how long callers wait. Raises UserError."""
    given, usual = object_at(properties, "requestSettings"), RequestSettings()
    timeout = seconds_at(given, "requestTimeout", usual.timeout_ms / 1000)
    return RequestSettings(
        timeout_ms=round(_above_zero(timeout, "requestTimeout") * 1000),
        concurrent=_at_least_one(given, "maxConcurrentRequestsPerInstance", usual.concurrent),
        queue_ms=round(seconds_at(given, "maxQueueWait", usual.queue_ms / 1000) * 1000),
    )


def request_shown(request: RequestSettings) -> dict[str, Any]:
    """Request settings as clients read them."""
    return {
        "requestTimeout": written(request.timeout_ms / 1000),
        "maxConcurrentRequestsPerInstance": request.concurrent,
        "maxQueueWait": written(request.queue_ms / 1000),
    }


def collection_of(properties: Mapping[str, Any]) -> Collection:
    """Which requests are written down: of the collections that are enabled, the largest share. Raises UserError.

    https://learn.microsoft.com/azure/machine-learning/how-to-collect-production-data
    """
    collections = object_at(properties, "dataCollector", "collections")
    shares = [_share(collections, name) for name in collections]
    named = text_at(object_at(properties, "properties"), REDACTED).split(",")
    return Collection(max(shares, default=0.0), tuple(name.strip() for name in named if name.strip()))


def _share(collections: Mapping[str, Any], name: str) -> float:
    given = object_at(collections, name)
    if text_at(given, "dataCollectionMode").lower() not in ("", "enabled"):
        return 0.0
    rate = given.get("samplingRate", 1.0)
    rate = 1.0 if rate is None else rate
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
        raise UserError(f"dataCollector.collections.{name[:80]}.samplingRate must be a number from 0 to 1")
    return float(rate)


def _above_zero(seconds: float, name: str) -> float:
    if seconds <= 0:
        raise UserError(f"{name} must be longer than nothing")
    return seconds


def _at_least_one(given: Mapping[str, Any], key: str, default: int) -> int:
    found = whole_at(given, key, default=default)
    if found < 1:
        raise UserError(f"{key} must be 1 or more")
    return found
