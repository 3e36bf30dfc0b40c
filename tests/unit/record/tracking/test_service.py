"""Tracking without its front: MLflow's process, the journal and the summaries together."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from drivetrain.errors import UnavailableError
from drivetrain.record.tracking.memory import MemoryTrainingRuns
from drivetrain.record.tracking.model import HotWrite
from drivetrain.record.tracking.service import Tracking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

BUILD = {"key": "drivetrain.build_id", "value": "7"}


@pytest.fixture(autouse=True)
def _not_seen_as_a_test_by_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")


@asynccontextmanager
async def started(folder: Path, runs: MemoryTrainingRuns | None = None) -> AsyncIterator[Tracking]:
    tracking = Tracking(folder, runs, linger=0.02, pause=0.02)
    await tracking.start()
    try:
        yield tracking
    finally:
        await tracking.stop()


async def create(tracking: Tracking, **more: Any) -> str:
    client = await tracking.client()
    made = await client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0", **more})
    run_id = str(made.json()["run"]["info"]["run_id"])
    await tracking.created(run_id)
    return run_id


def metric(run_id: str, step: int) -> HotWrite:
    return HotWrite(run_id, metrics=(("m", float(step), 1000 + step, step),))


async def come_true(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(240):
        while not condition():  # noqa: ASYNC110 - the condition is about files and processes
            await asyncio.sleep(0.01)


async def flushed(tracking: Tracking) -> None:
    while True:
        try:
            await tracking.flush()
        except UnavailableError:
            await asyncio.sleep(0.05)  # killed, but not dead yet
        else:
            return


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def test_mlflow_is_started_only_when_first_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with started(tmp_path) as tracking:
            assert tracking.worker_pid is None
            await tracking.client()
            assert tracking.worker_pid is not None

    run(scenario())
    assert list((tmp_path / "journal").iterdir()) == []


def test_summaries_follow_what_is_logged_without_being_asked(tmp_path: Path) -> None:
    async def scenario() -> None:
        runs = MemoryTrainingRuns()
        async with started(tmp_path, runs) as tracking:
            run_id = await create(tracking, run_name="first", start_time=5, tags=[BUILD])
            write = HotWrite(run_id, (("rmse", 0.5, 1, 0),), (("depth", "3"),), (("drivetrain.job", "Train"),))
            assert await tracking.accept(write)
            await come_true(lambda: "rmse" in getattr(runs.get(run_id), "metrics", {}))
            (seen,) = runs.of_pipeline_run(7)
            assert (seen.name, seen.job, seen.experiment, seen.status) == ("first", "Train", "Default", "RUNNING")
            assert (dict(seen.metrics), dict(seen.params)) == ({"rmse": 0.5}, {"depth": "3"})
            assert (seen.start_time, seen.end_time, seen.deleted) == (5, None, False)
            client = await tracking.client()
            await client.post(
                "/api/2.0/mlflow/runs/update", json={"run_id": run_id, "status": "FINISHED", "end_time": 9}
            )
            await tracking.touched(run_id)
            await tracking.settled()
            (seen,) = runs.of_pipeline_run(7)
            assert (seen.status, seen.end_time) == ("FINISHED", 9)

    run(scenario())
    assert list((tmp_path / "summaries").iterdir()) == []


def test_summaries_that_nobody_took_wait_for_the_next_process(tmp_path: Path) -> None:
    runs = MemoryTrainingRuns()
    found: list[str] = []

    async def without() -> None:
        async with started(tmp_path) as tracking:
            found.append(await create(tracking, tags=[BUILD]))
            assert await tracking.accept(metric(found[0], 1))

    async def later() -> None:
        async with started(tmp_path, runs) as tracking:
            await come_true(lambda: tracking.worker_pid is not None)
            await come_true(lambda: runs.get(found[0]) is not None)

    run(without())
    run(later())
    assert [dict(seen.metrics) for seen in runs.of_pipeline_run(7)] == [{"m": 1.0}]


def test_a_summary_that_cannot_be_kept_is_tried_again(tmp_path: Path) -> None:
    class Locked(MemoryTrainingRuns):
        times = 0

        def upsert(self, run: Any) -> None:
            self.times += 1
            if self.times == 1:
                raise OSError("database is locked")
            super().upsert(run)

    async def scenario() -> None:
        runs = Locked()
        async with started(tmp_path, runs) as tracking:
            run_id = await create(tracking)
            await come_true(lambda: runs.get(run_id) is not None)
            assert runs.times >= 2

    run(scenario())


def test_a_write_to_a_run_seen_for_the_first_time_asks_mlflow_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with started(tmp_path) as tracking:
            client = await tracking.client()
            made = await client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})
            run_id = made.json()["run"]["info"]["run_id"]
            taken = {"run_id": run_id, "key": "p", "value": "1"}
            await client.post("/api/2.0/mlflow/runs/log-parameter", json=taken)
            answers = await asyncio.gather(
                tracking.accept(HotWrite(run_id, params=(("p", "1"),))),
                tracking.accept(HotWrite(run_id, params=(("p", "2"),))),
                tracking.accept(metric(run_id, 1)),
                tracking.accept(metric("0" * 32, 1)),
            )
            assert list(answers) == [True, False, True, False]

    run(scenario())


def test_many_writes_reach_mlflow_in_few_batches_and_in_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with started(tmp_path) as tracking:
            run_id = await create(tracking)
            for step in range(3000):
                assert await tracking.accept(metric(run_id, step))
            for value in ("1", "2", "3"):
                assert await tracking.accept(HotWrite(run_id, tags=(("t", value),)))
            assert await tracking.accept(HotWrite(run_id, params=tuple((f"p{i}", "v") for i in range(100))))
            assert await tracking.accept(HotWrite(run_id, params=tuple((f"q{i}", "v") for i in range(100))))
            await tracking.flush()
            client = await tracking.client()
            answer = await client.get("/api/2.0/mlflow/runs/get", params={"run_id": run_id})
            data = answer.json()["run"]["data"]
            assert {tag["key"]: tag["value"] for tag in data["tags"]}["t"] == "3"
            assert len(data["params"]) == 200
            assert data["metrics"][0]["value"] == 2999.0

    run(scenario())
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        assert database.execute("SELECT count(*), count(DISTINCT step) FROM metrics").fetchone() == (3000, 3000)


def test_what_mlflow_refuses_is_kept_aside_and_blocks_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with started(tmp_path) as tracking:
            run_id = await create(tracking)
            client = await tracking.client()
            await tracking.flush()
            gone = {"run_id": run_id}
            await client.post("/api/2.0/mlflow/runs/delete", json=gone)  # behind our back
            other = await create(tracking)
            assert await tracking.accept(metric(run_id, 1))
            assert await tracking.accept(metric(other, 2))
            await tracking.flush()
            answer = await client.get("/api/2.0/mlflow/runs/get", params={"run_id": other})
            assert answer.json()["run"]["data"]["metrics"][0]["value"] == 2.0

    run(scenario())
    (refused,) = (tmp_path / "refused.jsonl").read_text().splitlines()
    assert "must be in the 'active' state" in json.loads(refused)["error"]
    assert json.loads(json.loads(refused)["line"])["m"] == [["m", 1.0, 1001, 1]]


def test_requests_to_a_worker_that_was_killed_just_now_do_not_wait_for_nobody(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with started(tmp_path) as tracking:
            run_id = await create(tracking)
            for step in range(3):
                client = await tracking.client()
                assert tracking.worker_pid is not None
                os.kill(tracking.worker_pid, signal.SIGKILL)
                assert await tracking.accept(metric(run_id, step))
                with contextlib.suppress(UnavailableError):  # it may have been killed while it was asked
                    await tracking.flush()
                with contextlib.suppress(httpx.TransportError, RuntimeError):  # it may be closed by now
                    await client.get("/health")
                await flushed(tracking)

    run(scenario())
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        assert database.execute("SELECT step FROM metrics ORDER BY step").fetchall() == [(0,), (1,), (2,)]


def test_a_stopped_tracking_says_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        tracking = Tracking(tmp_path)
        await tracking.start()
        await tracking.stop()
        with pytest.raises(UnavailableError, match="was stopped"):
            await tracking.accept(metric("0" * 32, 1))

    run(scenario())


def test_a_worker_that_cannot_start_is_tried_anew_when_asked_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        (tmp_path / "mlflow.db").write_bytes(b"nonsense" * 1000)
        async with started(tmp_path) as tracking:
            with pytest.raises(UnavailableError, match="not a database of the installed MLflow"):
                await tracking.client()
            (tmp_path / "mlflow.db").unlink()
            assert await create(tracking)

    run(scenario())
