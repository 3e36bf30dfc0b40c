"""Azure's metrics service: `/metric/v2.0/{workspace}/runs/{run}/...`.

The routes are those of azureml-core's `azureml/_restclient/operations/metric_operations.py`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from drivetrain.errors import DrivetrainError
from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.documents import Document, milliseconds, objects, text
from drivetrain.view.api.azure.history.runs import HistoryOf
from drivetrain.view.api.azure.metrics.series import Metrics
from drivetrain.view.api.azure.metrics.values import Logged, logged

router = APIRouter(tags=["metrics"])
_EVER = 2**62


def _metrics(edge: EdgeOf, history: HistoryOf) -> Metrics:
    return Metrics(edge, history)


MetricsOf = Annotated[Metrics, Depends(_metrics)]


@router.post("/runs/{run}/batch")
async def log(edge: EdgeOf, metrics: MetricsOf, run: str, body: Document) -> Any:
    """Log values. One that cannot be taken does not keep the others out."""
    now = int(edge.clock.now().timestamp() * 1000)
    good: list[Logged] = []
    errors = []
    for each in objects(body, "values"):
        try:
            good.append(logged(each, now))
        except DrivetrainError as error:
            errors.append(_refused(each, error))
    if good:
        await metrics.log(run, good)
    return {"errors": errors}


def _refused(metric: dict[str, Any], error: DrivetrainError) -> dict[str, Any]:
    name = metric.get("name")
    shown = {"name": name if isinstance(name, str) else "", "columns": {}, "value": []}
    return {"metric": shown, "errorResponse": {"error": {"code": "UserError", "message": error.message}}}


@router.post("/runs/{run}/list")
async def names(metrics: MetricsOf, run: str) -> Any:
    """What is logged."""
    return {"value": await metrics.names(run), "continuationToken": None}


@router.post("/runs/{run}/full")
async def full(metrics: MetricsOf, run: str, body: Document) -> Any:
    """A series from its first value to its last."""
    since, until = milliseconds(body.get("startTime")), milliseconds(body.get("endTime"))
    return await metrics.read(run, text(body, "metricName"), since or 0, _EVER if until is None else until)


@router.post("/runs/{run}/last")
async def last(metrics: MetricsOf, run: str, body: Document) -> Any:
    """The last values of a series."""
    found = await metrics.read(run, text(body, "metricName"), 0, _EVER)
    return {**found, "value": found["value"][-1:]}
