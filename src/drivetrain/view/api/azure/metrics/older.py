"""The metrics of clients before 2021, which are part of the run history: `/history/v1.0/{workspace}/...`. They are kept
as those of today's.

The routes are those of azureml-core 1.0's `azureml/_restclient/operations/run_metric_operations.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi import Query as Asked

from drivetrain.errors import UserError
from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.documents import Document, listed, mapping, objects, text
from drivetrain.view.api.azure.history import filters
from drivetrain.view.api.azure.history.runs import HistoryOf
from drivetrain.view.api.azure.metrics.series import Metrics
from drivetrain.view.api.azure.metrics.values import LIST, SCALAR, TABLE, logged

router = APIRouter(tags=["metrics"])
_INLINE = (SCALAR, LIST, TABLE)
_EVER = 2**62
_MOST_RUNS = 100


def _metrics(edge: EdgeOf, history: HistoryOf) -> Metrics:
    return Metrics(edge, history)


MetricsOf = Annotated[Metrics, Depends(_metrics)]


@router.post("/experiments/{experiment}/runs/{run}/metrics")
async def log_one(edge: EdgeOf, metrics: MetricsOf, experiment: str, run: str, body: Document) -> Any:
    """Log one."""
    del experiment
    return await _log(edge, metrics, run, [body])


@router.post("/experiments/{experiment}/runs/{run}/batch/metrics")
async def log(edge: EdgeOf, metrics: MetricsOf, experiment: str, run: str, body: Document) -> Any:
    """Log several."""
    del experiment
    return await _log(edge, metrics, run, objects(body, "values"))


async def _log(edge: EdgeOf, metrics: Metrics, run: str, bodies: Sequence[dict[str, Any]]) -> Any:
    now = int(edge.clock.now().timestamp() * 1000)
    await metrics.log(run, [logged(newer(each), now) for each in bodies])
    return {}


@router.get("/experiments/{experiment}/metrics")
async def found(metrics: MetricsOf, experiment: str, wanted: Annotated[str, Asked(alias="$filter")] = "") -> Any:
    """The metrics that a filter wants, which has to name runs."""
    del experiment
    return await _found(metrics, wanted)


@router.post("/experiments/{experiment}/metrics:query")
async def queried(metrics: MetricsOf, experiment: str, body: Document) -> Any:
    """The same, for filters that are too long for an address."""
    del experiment
    return await _found(metrics, text(body, "filter"))


async def _found(metrics: Metrics, wanted: str) -> Any:
    expression = filters.parse(wanted)
    runs = list(dict.fromkeys(_runs(expression)))
    if not 0 < len(runs) <= _MOST_RUNS:
        raise UserError(f"the filter of metrics has to name 1 to {_MOST_RUNS} runs: RunId eq ...")
    value = [
        older(run, await metrics.read(run, each["metricKey"]["name"], 0, _EVER))
        for run in runs
        for each in await metrics.names(run)
    ]
    return {"value": [each for each in value if filters.holds(expression, each)], "continuationToken": None}


def _runs(expression: filters.Expression | None) -> Iterator[str]:
    match expression:
        case filters.Joined(_, parts):
            for part in parts:
                yield from _runs(part)
        case filters.Comparison(field, "eq", str(value)) if field.lower() == "runid":
            yield value


def newer(body: dict[str, Any]) -> dict[str, Any]:
    """A `MetricDto` as `MetricV2Dto`. Raises UserError. What has no cells is the address of an artifact."""
    name, kind = text(body, "name"), text(body, "metricType")
    schema = objects(mapping(body, "schema"), "properties")
    columns = {text(each, "propertyId"): text(each, "type") for each in schema}
    cells = listed(body, "cells")
    if not cells and body.get("dataLocation"):
        columns, cells = {name: "string"}, [{name: text(body, "dataLocation")}]
    rows = [{"data": each, "createdUtc": body.get("createdUtc")} for each in cells]
    return {"name": name, "columns": columns, "value": rows, "properties": {"uxMetricType": kind}}


def older(run: str, series: Mapping[str, Any]) -> dict[str, Any]:
    """A `MetricV2Dto` as `RunMetricDto`."""
    name, kind, rows = series["name"], series["properties"]["uxMetricType"], series["value"]
    inline = kind in _INLINE
    properties = [{"propertyId": column, "name": column, "type": of} for column, of in series["columns"].items()]
    return {
        "runId": run,
        "metricId": f"{run}/{name}",
        "metricType": kind,
        "createdUtc": rows[-1]["createdUtc"] if rows else None,
        "name": name,
        "description": "",
        "label": None,
        "numCells": len(rows) if inline else 0,
        "dataLocation": None if inline or not rows else str(rows[-1]["data"].get(name, "")),
        "cells": [row["data"] for row in rows] if inline else [],
        "schema": {"numProperties": len(properties), "properties": properties},
    }
