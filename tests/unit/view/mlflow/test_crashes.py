"""kill -9 at any moment: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.view.mlflow.conftest import Front

pytestmark = pytest.mark.filterwarnings("ignore")
JOB = {"Authorization": "Bearer job-token"}


class Writer(threading.Thread):
    """Logs metrics one by one, each again until it is acknowledged, and keeps count of what was."""

    def __init__(self, front: Front, run_id: str, count: int) -> None:
        super().__init__()
        self.front = front
        self.run_id = run_id
        self.count = count
        self.acknowledged = 0

    def run(self) -> None:
        with httpx.Client(base_url=f"{self.front.url}/api/2.0/mlflow/", headers=JOB, timeout=60) as client:
            for step in range(self.count):
                body = {"run_id": self.run_id, "key": "m", "value": step, "timestamp": 1000 + step, "step": step}
                while not self._sent(client, body):
                    time.sleep(0.02)
                self.acknowledged += 1

    @staticmethod
    def _sent(client: httpx.Client, body: dict[str, Any]) -> bool:
        try:
            return client.post("runs/log-metric", json=body).status_code == 200
        except httpx.TransportError:
            return False


def create(front: Front) -> str:
    with httpx.Client(base_url=f"{front.url}/api/2.0/mlflow/", headers=JOB, timeout=60) as client:
        made = client.post("runs/create", json={"experiment_id": "0", "start_time": 1})
    return str(made.json()["run"]["info"]["run_id"])


def history(front: Front, run_id: str) -> list[int]:
    """The steps that MLflow has, as often as it has them, by a read through the front."""
    asked = {"run_id": run_id, "metric_key": "m", "max_results": "25000"}
    url = f"{front.url}/api/2.0/mlflow/metrics/get-history"
    points = httpx.get(url, params=asked, headers=JOB, timeout=60).json().get("metrics", [])
    return sorted(int(point.get("step", 0)) for point in points)


def kill_worker(front: Front) -> None:
    worker = front.worker()
    if worker is not None:
        worker.kill()


def kill_front(front: Front) -> None:
    front.kill()
    front.start()


@pytest.mark.slow
@pytest.mark.parametrize("kill", [kill_worker, kill_front])
def test_a_client_in_a_loop_loses_nothing_and_doubles_nothing(
    fresh_front: Front, until: Callable[..., Any], kill: Callable[[Front], None]
) -> None:
    run_id = create(fresh_front)
    writer = Writer(fresh_front, run_id, 600)
    writer.start()
    moments = random.Random(7)
    for round_ in range(1, 5):
        until(lambda: writer.acknowledged > round_ * 100 + moments.randrange(40), 120)  # noqa: B023
        kill(fresh_front)
    writer.join(120)
    assert writer.acknowledged == 600
    assert history(fresh_front, run_id) == list(range(600))


def test_what_a_killed_front_acknowledged_is_read_after_its_restart(fresh_front: Front) -> None:
    run_id = create(fresh_front)
    writer = Writer(fresh_front, run_id, 50)
    writer.run()
    kill_front(fresh_front)
    assert history(fresh_front, run_id) == list(range(50))
    assert list((fresh_front.folder / "journal").glob("*.journal")) == []


def test_a_killed_front_takes_its_worker_with_it(fresh_front: Front, until: Callable[..., Any]) -> None:
    create(fresh_front)
    worker = fresh_front.worker()
    assert worker is not None
    fresh_front.kill()
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    fresh_front.start()


def test_an_end_of_stdin_brings_everything_to_mlflow_and_ends_every_process(fresh_front: Front) -> None:
    run_id = create(fresh_front)
    Writer(fresh_front, run_id, 20).run()
    worker = fresh_front.worker()
    assert worker is not None
    assert fresh_front.end() == 0
    assert not worker.is_running()
    with closing(sqlite3.connect(fresh_front.folder / "mlflow.db")) as database:
        (count,) = database.execute("SELECT count(*) FROM metrics WHERE run_uuid = ?", [run_id]).fetchone()
    assert count == 20
    assert list((fresh_front.folder / "journal").iterdir()) == []


def test_writes_are_acknowledged_while_the_worker_hangs(fresh_front: Front) -> None:
    run_id = create(fresh_front)
    Writer(fresh_front, run_id, 5).run()
    worker = fresh_front.worker()
    assert worker is not None
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        Writer(fresh_front, run_id, 50).run()
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    assert history(fresh_front, run_id) == list(range(50))


def test_two_fronts_of_one_home_do_not_disturb_each_other(fresh_front: Front) -> None:
    other = type(fresh_front)(fresh_front.folder)
    other.start()
    try:
        run_id = create(fresh_front)
        writers = [Writer(fresh_front, run_id, 60), Writer(other, run_id, 60)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(60)
        assert [writer.acknowledged for writer in writers] == [60, 60]
        assert history(other, run_id)[-1] == 59
    finally:
        assert other.end() == 0
        other.listening.close()
    assert history(fresh_front, run_id) == list(range(60))


def test_a_database_that_is_none_is_a_clear_error_and_not_a_hang(fresh_front: Front) -> None:
    fresh_front.folder.mkdir(parents=True, exist_ok=True)
    (fresh_front.folder / "mlflow.db").write_bytes(b"this is no database" * 1000)
    answer = httpx.post(
        f"{fresh_front.url}/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}, headers=JOB, timeout=60
    )
    assert answer.status_code == 503
    assert "MLflow's server did not start" in answer.json()["message"]
    assert "not a database of the installed MLflow" in answer.json()["message"]
