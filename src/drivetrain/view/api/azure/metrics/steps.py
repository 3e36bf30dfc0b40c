"""Steps for metrics that are logged without one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.record.tracking.calls import MlflowCalls

_KEPT_RUNS = 1000


class Steps:
    """The next step of each metric, for clients that say none: MLflow drops a point that is the same as another in
    time, step and value, and orders history by steps. In memory, for the runs last written to.
    """

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[str, str], dict[str, int]] = OrderedDict()
        self._lock = asyncio.Lock()

    def knows(self, workspace: str, run_id: str) -> bool:
        """Whether this run was found to be this workspace's lately."""
        return (workspace, run_id) in self._runs

    async def of(self, calls: MlflowCalls, workspace: str, run_id: str) -> dict[str, int]:
        """The next steps of a run, by metric: to be counted up by whoever writes."""
        key = (workspace, run_id)
        async with self._lock:
            if key not in self._runs:
                found = (await calls.get("runs/get", run_id=run_id))["run"]["data"].get("metrics", [])
                self._runs[key] = {each["key"]: int(each.get("step") or 0) + 1 for each in found}
                while len(self._runs) > _KEPT_RUNS:
                    self._runs.popitem(last=False)
            self._runs.move_to_end(key)
            return self._runs[key]
