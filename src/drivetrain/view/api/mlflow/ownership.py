"""Which project training runs and models belong to, as their tags say. Asked once, then remembered: the hot path looks
into a dictionary.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from drivetrain.record.tracking.model import PROJECT_TAG

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from drivetrain.record.tracking.service import Tracking

_MOST = 10_000
LOGGED_MODEL = re.compile(r"m-[0-9a-f]{32}")
"""The id of a logged model; those of runs have no hyphen, or other letters before it."""


class Ownership:
    """What is known of it. Only the owner, or we, can change it: whoever does says `forget`."""

    def __init__(self, tracking: Tracking) -> None:
        self._tracking = tracking
        self._runs: dict[str, str] = {}
        self._logged: dict[str, str] = {}

    def known_run(self, run_id: str) -> str | None:
        """The project of a run, if it was asked for already."""
        return self._runs.get(run_id)

    async def of_artifacts(self, run_id: str) -> str | None:
        """The project of what has artifacts: a run, or a logged model. Raises UnavailableError."""
        return await (self.of_logged(run_id) if LOGGED_MODEL.fullmatch(run_id) else self.of_run(run_id))

    async def of_run(self, run_id: str) -> str | None:
        """The project of a run; None when there is no such run. Raises UnavailableError."""
        return await self._of(self._runs, run_id, self._ask_run)

    async def of_model(self, name: str) -> str | None:
        """The project of a registered model; None when there is none. Raises UnavailableError."""
        await self._tracking.flush()
        found = await self._tracking.ask("registered-models/get", {"name": name})  # a name may be another's next time
        return None if found is None else project_in(found["registered_model"].get("tags", []))

    async def of_logged(self, model_id: str) -> str | None:
        """The project of a logged model; None when there is none. Raises UnavailableError."""
        return await self._of(self._logged, model_id, self._ask_logged)

    async def holds_others(self, experiment_id: str, project: str) -> bool:
        """Whether an experiment holds runs, deleted ones too, that are not this project's. Raises UnavailableError."""
        await self._tracking.flush()
        client = await self._tracking.client()
        tag = f"tags.`{PROJECT_TAG}`"
        others = [f"{tag} IS NULL", f"{tag} != '{project}'"] if project else [f"{tag} IS NOT NULL"]
        for wanted in others:
            asked = {"experiment_ids": [experiment_id], "filter": wanted, "run_view_type": "ALL", "max_results": 1}
            answer = await client.post("/api/2.0/mlflow/runs/search", json=asked)
            if not answer.is_success or answer.json().get("runs"):
                return True
        return False

    def learn_run(self, run_id: str, project: str) -> None:
        """A run was made for a project."""
        _remember(self._runs, run_id, project)

    def forget(self) -> None:
        """Something may belong to another project now."""
        self._runs, self._logged = {}, {}

    async def _of(self, known: dict[str, str], key: str, ask: Callable[[str], Awaitable[Any]]) -> str | None:
        if key in known:
            return known[key]
        await self._tracking.flush()
        tags = await ask(key)
        if tags is not None:
            _remember(known, key, project_in(tags))
        return known.get(key)

    async def _ask_run(self, run_id: str) -> Any:
        found = await self._tracking.ask("runs/get", {"run_id": run_id})
        return None if found is None else found["run"].get("data", {}).get("tags", [])

    async def _ask_logged(self, model_id: str) -> Any:
        found = await self._tracking.ask(f"logged-models/{quote(model_id, safe='')}", {})
        return None if found is None else found["model"]["info"].get("tags", [])


def _remember(known: dict[str, str], key: str, project: str) -> None:
    if len(known) >= _MOST:
        known.clear()
    known[key] = project


def project_in(tags: list[Mapping[str, str]]) -> str:
    """The project that tags name."""
    return next((tag.get("value", "") for tag in tags if tag.get("key") == PROJECT_TAG), "")
