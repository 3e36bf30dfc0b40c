"""The metrics of a run as Azure's clients log and read them, kept where MLflow has them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drivetrain.errors import NotFoundError
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.history.runs import History, Run
from drivetrain.view.api.azure.metrics.values import SCALAR, Logged, document, mlflow_name, numbers, shown_number

NAMES = "names"
"""The series that says what is known of each name: its kind and its columns."""
_BATCH = 1000


class Metrics:
    """The metrics of the runs that a history shows."""

    def __init__(self, edge: Edge, history: History) -> None:
        self._edge = edge
        self._history = history
        self._files = edge.run_files

    async def log(self, run_id: str, found: Sequence[Logged]) -> None:
        """Log values. Raises NotFoundError, UserError."""
        workspace = self._history.workspace.id
        if not self._edge.steps.knows(workspace, run_id):
            await self._history.run(run_id)
        steps = await self._edge.steps.of(self._history.mlflow, workspace, run_id)
        metrics = [_metric(point, steps) for each in found for point in numbers(each)]
        params = {each.name: each.rows[0]["data"][each.name] for each in found if each.is_text}
        for start in range(0, len(metrics), _BATCH):
            await self._history.write({"run_id": run_id, "metrics": metrics[start : start + _BATCH]})
        await self._keep_params(run_id, params)
        await asyncio.to_thread(self._keep, run_id, found)

    async def _keep_params(self, run_id: str, texts: Mapping[str, str]) -> None:
        """A text is shown as a parameter too. One that is there already keeps its value."""
        if not texts:
            return
        data = (await self._history.run(run_id))["data"]
        there = {each["key"] for each in data.get("params", [])}
        params = [{"key": name, "value": value[:500]} for name, value in texts.items() if name not in there]
        if params:
            await self._history.write({"run_id": run_id, "params": params})

    def _keep(self, run_id: str, found: Iterable[Logged]) -> None:
        known = self._known(run_id)
        for each in found:
            whole = {"kind": each.kind, "columns": dict(each.columns), "rows": not each.is_numbers}
            before = known.get(each.name)
            if before is None or not _covers(before, whole):
                known[each.name] = _both(before, whole)
                self._files.append(run_id, NAMES, [{"name": each.name, **known[each.name]}])
            if not each.is_numbers:
                self._files.append(run_id, each.name, each.rows)

    def _known(self, run_id: str) -> dict[str, dict[str, Any]]:
        return {str(row["name"]): dict(row) for row in self._files.rows(run_id, NAMES)}

    async def names(self, run_id: str) -> list[dict[str, Any]]:
        """What is logged: `MetricDefinitionDto` each. Raises NotFoundError."""
        metrics = _latest(await self._history.run(run_id))
        known = await asyncio.to_thread(self._known, run_id)
        columns = {name: each["columns"] for name, each in known.items()}
        part_of = {mlflow_name(f"{name}/{column}") for name, each in columns.items() for column in each}
        part_of |= {mlflow_name(name) for name in columns}
        for name in metrics:
            if name not in part_of:
                columns.setdefault(name, {name: "double"})
        return [
            {"metricKey": {"namespace": None, "name": name}, "columns": dict(each)} for name, each in columns.items()
        ]

    async def read(self, run_id: str, name: str, since: int, until: int) -> Any:
        """A series as a whole: `MetricV2Dto`. Raises NotFoundError."""
        run = await self._history.run(run_id)
        known = (await asyncio.to_thread(self._known, run_id)).get(name)
        if known is None and name not in _latest(run):
            raise NotFoundError(f"the run {run_id} has no metric '{name}'")
        kind, columns = (known["kind"], known["columns"]) if known else (SCALAR, {name: "double"})
        if known and known["rows"]:
            rows = await asyncio.to_thread(lambda: list(self._files.rows(run_id, name)))
        else:
            rows = await self._points(run_id, name, columns.get(name, "double"))
        return document(run_id, name, kind, columns, [row for row in rows if since <= row["time"] <= until])

    async def _points(self, run_id: str, name: str, kind: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        token = ""
        while True:
            asked = {"run_id": run_id, "metric_key": name, "max_results": "25000"}
            if token:
                asked["page_token"] = token
            page = await self._history.mlflow.get("metrics/get-history", **asked)
            found += page.get("metrics", [])
            token = page.get("next_page_token", "")
            if not token:
                break
        ordered = sorted(found, key=lambda each: (int(each.get("step") or 0), int(each["timestamp"])))
        return [
            {
                "data": {name: shown_number(float(each["value"]), kind)},
                "time": int(each["timestamp"]),
                "step": int(each.get("step") or 0),
            }
            for each in ordered
        ]


def _metric(point: tuple[str, float, int, int | None], steps: dict[str, int]) -> dict[str, Any]:
    name, value, time, step = point
    used = steps.get(name, 0) if step is None else step
    steps[name] = max(steps.get(name, 0), used + 1)
    return {"key": name, "value": shown_number(value, "double"), "timestamp": time, "step": used}


def _latest(run: Run) -> set[str]:
    return {each["key"] for each in run.get("data", {}).get("metrics", [])}


def _covers(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    same = before["kind"] == now["kind"] and (before["rows"] or not now["rows"])
    return bool(same and now["columns"].items() <= before["columns"].items())


def _both(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any]:
    """A name keeps the kind it was first logged with; whole numbers become plain ones when one of them is none."""
    if before is None:
        return dict(now)
    columns = dict(before["columns"])
    for column, kind in now["columns"].items():
        columns[column] = kind if columns.get(column, kind) == kind else "double"
    return {"kind": before["kind"], "columns": columns, "rows": before["rows"] or now["rows"]}
