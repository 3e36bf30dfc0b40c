"""Azure's metrics and MLflow's. Pure.

A scalar or a list of numbers is a metric of MLflow's, with its history. Of a table, numeric columns are metrics called
`table/column`. What no metric can say (rows, texts, images by their address) is kept as rows of a series.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.view.api.azure.documents import milliseconds, utc

SCALAR, LIST, TABLE = "azureml.v1.scalar", "azureml.v1.list", "azureml.v1.table"
_NUMBERS = ("int", "float", "double", "bool", "long")
_INT64 = 2**63
_REFUSED = re.compile(r"[^/\w.\- :]")
_LONGEST_NAME, _MOST_COLUMNS = 250, 500


class Logged(Struct, frozen=True):
    """Values logged under one name in one request."""

    name: str
    kind: str
    columns: Mapping[str, str]
    rows: tuple[Mapping[str, Any], ...]
    """Of each, `data`, and `time` and `step` as far as said."""

    @property
    def is_numbers(self) -> bool:
        """Whether MLflow's metrics can say all of it."""
        if mlflow_name(self.name) != self.name:
            return False
        one = set(self.columns) == {self.name} and self.columns[self.name] in _NUMBERS
        return one and self.kind in (SCALAR, LIST) and all(_is_number(row["data"].get(self.name)) for row in self.rows)

    @property
    def is_text(self) -> bool:
        """Whether it is a single text, as parameters are."""
        return self.kind == SCALAR and len(self.rows) == 1 and isinstance(self.rows[0]["data"].get(self.name), str)


def logged(body: Mapping[str, Any], now: int) -> Logged:
    """What a `MetricV2Dto` says. Raises UserError."""
    name, columns, rows = body.get("name"), body.get("columns"), body.get("value")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise UserError(f"the name of a metric has 1 to {_LONGEST_NAME} characters")
    if not isinstance(columns, dict) or not all(isinstance(kind, str) for kind in columns.values()):
        raise UserError(f"the columns of the metric '{name}' must be an object of texts")
    if len(columns) > _MOST_COLUMNS or not isinstance(rows, list):
        raise UserError(f"the metric '{name}' needs a list of values, in at most {_MOST_COLUMNS} columns")
    properties = body.get("properties")
    kind = properties.get("uxMetricType") if isinstance(properties, dict) else None
    kinds = {column: kind.lower() for column, kind in columns.items()}
    return Logged(name, kind if isinstance(kind, str) else SCALAR, kinds, tuple(_row(name, row, now) for row in rows))


def _row(name: str, row: Any, now: int) -> dict[str, Any]:
    if not isinstance(row, dict) or not isinstance(row.get("data"), dict):
        raise UserError(f"a value of the metric '{name}' has no data")
    step = row.get("step")
    if step is not None and (not isinstance(step, int) or isinstance(step, bool) or abs(step) >= _INT64):
        raise UserError(f"a step of the metric '{name}' is no whole number")
    time = milliseconds(row.get("createdUtc"))
    return {"data": row["data"], "time": now if time is None else time, "step": step}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) or value in ("NaN", "Infinity", "-Infinity")


def numbers(found: Logged) -> Iterable[tuple[str, float, int, int | None]]:
    """What MLflow's metrics are to show of it: name, value, time, and the step where it was said."""
    for row in found.rows:
        for column, value in row["data"].items():
            if _is_number(value):
                name = found.name if column == found.name else f"{found.name}/{column}"
                yield mlflow_name(name), _float(value), row["time"], row["step"]


def mlflow_name(name: str) -> str:
    """The name under which MLflow takes it: with an underscore for what it refuses."""
    return "/".join(part.strip() or "_" for part in _REFUSED.sub("_", name).split("/")).replace("..", "__")[:250]


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def shown_number(value: float, kind: str) -> Any:
    """A metric's value as JSON: of the type it was logged with."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if kind == "bool":
        return bool(value)
    return int(value) if kind in ("int", "long") and value.is_integer() else value


def document(run: str, name: str, kind: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> Any:
    """A series as `MetricV2Dto`."""
    return {
        "dataContainerId": f"dcid.{run}",
        "name": name,
        "columns": dict(columns),
        "properties": {"uxMetricType": kind},
        "namespace": None,
        "standardSchemaId": None,
        "value": [
            {
                "metricId": f"{run}/{name}/{number}",
                "createdUtc": utc(row["time"]),
                "step": row["step"] or 0,
                "data": {key: _plain(value) for key, value in row["data"].items()},
            }
            for number, row in enumerate(rows)
        ],
        "continuationToken": None,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return shown_number(value, "double")
    return value
