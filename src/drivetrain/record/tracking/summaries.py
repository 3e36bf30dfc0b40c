"""Keeps our own summaries of training runs in step with MLflow.

A run that was written to is marked by an empty file, so that the mark outlives the process; a little later
the run is read back from MLflow and its summary replaced.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any

from drivetrain.record.tracking.model import BUILD_ID_TAG, JOB_TAG, TrainingRun

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from drivetrain.record.tracking.ports import TrainingRuns

    Ask = Callable[[str, dict[str, str]], Awaitable[dict[str, Any] | None]]

_log = logging.getLogger(__name__)
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}", re.ASCII)


class Summaries:
    """Marks, and one task that turns them into summaries."""

    def __init__(self, folder: Path, ask: Ask, training_runs: TrainingRuns | None, *, pause: float) -> None:
        self._folder = folder
        self._ask = ask
        self._training_runs = training_runs
        self._pause = pause
        self._marked: set[str] = set()
        self._wake = asyncio.Event()
        self._experiments: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many summaries are to be renewed; none when nobody wants them."""
        return len(self._marked) if self._training_runs is not None else 0

    def start(self) -> None:
        """Take up the marks of earlier processes and begin to work in the background."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._training_runs is None:
            return
        self._marked.update(path.name for path in self._folder.iterdir() if _RUN_ID.fullmatch(path.name))
        if self._marked:
            self._wake.set()
        self._task = asyncio.create_task(self._run(), name="summaries of training runs")

    async def stop(self) -> None:
        """End the background work; marks stay for the next process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def mark(self, run_id: str) -> None:
        """The run was written to."""
        if run_id in self._marked or not _RUN_ID.fullmatch(run_id):
            return
        self._marked.add(run_id)
        try:
            (self._folder / run_id).touch()
        except OSError as error:
            _log.warning("cannot mark training run %s for its summary: %s", run_id, error)
        self._wake.set()

    async def renew(self) -> None:
        """Renew the summary of every marked run.

        Raises:
            UnavailableError: MLflow cannot be had; the marks stay.
        """
        if self._training_runs is None:
            return
        for run_id in sorted(self._marked):
            self._marked.discard(run_id)  # a write from here on marks it anew
            try:
                await self._renew_one(run_id, self._training_runs)
            except BaseException:
                self._marked.add(run_id)
                raise
            if run_id not in self._marked:
                (self._folder / run_id).unlink(missing_ok=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._pause)
            self._wake.clear()
            try:
                await self.renew()
            except Exception as error:  # noqa: BLE001 - a summary that cannot be kept must not end the task
                _log.warning("summaries of training runs wait: %r", error)
                self._wake.set()
                await asyncio.sleep(max(self._pause, 1.0))

    async def _renew_one(self, run_id: str, training_runs: TrainingRuns) -> None:
        answer = await self._ask("runs/get", {"run_id": run_id})
        if answer is None:
            return
        run = answer["run"]
        experiment = await self._experiment(run["info"]["experiment_id"])
        await asyncio.to_thread(training_runs.upsert, summary(run, experiment))

    async def _experiment(self, experiment_id: str) -> str:
        known = self._experiments.get(experiment_id)
        if known is None:
            answer = await self._ask("experiments/get", {"experiment_id": experiment_id})
            known = answer["experiment"]["name"] if answer else ""
            self._experiments = {**self._experiments, experiment_id: known} if known else self._experiments
        return known

    def forget_experiments(self) -> None:
        """An experiment may have been renamed."""
        self._experiments = {}


def summary(run: dict[str, Any], experiment: str) -> TrainingRun:
    """Our summary of MLflow's answer to runs/get (https://mlflow.org/docs/latest/rest-api.html#get-run)."""
    info, data = run["info"], run.get("data", {})
    tags = {tag["key"]: tag.get("value", "") for tag in data.get("tags", [])}
    build = tags.get(BUILD_ID_TAG, "")
    end = int(info.get("end_time") or 0)
    return TrainingRun(
        id=info["run_id"],
        pipeline_run_id=int(build) if build.isascii() and build.isdigit() else None,
        job=tags.get(JOB_TAG, ""),
        experiment_id=info["experiment_id"],
        experiment=experiment,
        name=info.get("run_name") or tags.get("mlflow.runName", ""),
        status=info.get("status", ""),
        start_time=int(info.get("start_time") or 0),
        end_time=end or None,
        params={param["key"]: param.get("value", "") for param in data.get("params", [])},
        metrics={metric["key"]: float(metric.get("value", 0.0)) for metric in data.get("metrics", [])},
        tags=tags,
        deleted=info.get("lifecycle_stage") == "deleted",
    )
