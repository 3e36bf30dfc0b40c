"""Where versions of models are live, and were: read from the history of endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from drivetrain.registry.versions.model import Deployed
from drivetrain.store.rows import plain_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.store.database import Database

_HISTORY = "SELECT at, endpoint, kind, by, data FROM endpoint_history ORDER BY endpoint COLLATE NOCASE, id"
_IDLE = "SELECT endpoint, name, spec, created_at, created_by FROM online_deployments ORDER BY endpoint, name"


class SqliteModelDeployments:
    """The Deployments port on SQLite; any thread may call it."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def of_model(self, name: str) -> Sequence[Deployed]:
        """Those of all versions of a model, the newest first."""
        with self._database.reading() as connection:
            history = [(*row[:4], plain_json(row["data"])) for row in connection.execute(_HISTORY)]
            there = [(row["endpoint"], row["name"], plain_json(row["spec"])) for row in connection.execute(_IDLE)]
        spans = _Spans()
        for at, endpoint, kind, by, data in history:
            spans.see(at, endpoint, kind, by, data if isinstance(data, dict) else {})
        found = [each for each in spans.all() if _name(each.model) == name]
        live = {(each.endpoint, each.deployment) for each in found if each.live}
        idle = [
            Deployed(spec["model"], endpoint, deployment, 0)
            for endpoint, deployment, spec in there
            if isinstance(spec, dict)
            and _name(str(spec.get("model", ""))) == name
            and (endpoint, deployment) not in live
        ]
        return [*sorted(found, key=lambda each: each.since, reverse=True), *idle]


def _name(reference: str) -> str:
    return reference.rpartition(":")[0]


class _Spans:
    """For how long which model had traffic."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Deployed] = {}
        self._closed: list[Deployed] = []

    def see(self, at: str, endpoint: str, kind: str, by: str, data: Mapping[str, Any]) -> None:
        """An entry of the history: what has traffic after it. What does not say so changes nothing."""
        traffic, models = data.get("traffic"), data.get("models")
        if kind == "endpoint.deleted":
            traffic, models = {}, {}
        if not isinstance(traffic, dict) or not isinstance(models, dict):
            return
        now = {each: (int(share), str(models.get(each, ""))) for each, share in traffic.items() if share}
        for key in [key for key in self._open if key[0] == endpoint.lower()]:
            if now.get(key[1], (0, ""))[1] != self._open[key].model:
                self._closed.append(replace(self._open.pop(key), until=at))
        for deployment, (share, model) in now.items():
            before = self._open.get((endpoint.lower(), deployment))
            opened = before or Deployed(model, endpoint, deployment, 0, at, by=by)
            self._open[endpoint.lower(), deployment] = replace(opened, percent=max(share, opened.percent))

    def all(self) -> list[Deployed]:
        """Those that are over, and those that are live."""
        return [*self._closed, *self._open.values()]
