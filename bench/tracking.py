"""Single `log_metric` calls by MLflow's own client: through our front, against a server that stores nothing."""

from __future__ import annotations

import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS = 400
BATCH = 20
PLAIN_CALLS = 60
WARM = 30
TOKEN = secrets.token_urlsafe(32)

NOTHING = """
import json, socket, sys
import uvicorn

RUN = {"run": {"info": {"run_id": "0" * 32, "run_uuid": "0" * 32, "experiment_id": "0", "status": "RUNNING",
       "lifecycle_stage": "active", "artifact_uri": "mlflow-artifacts:/", "start_time": 1}, "data": {}}}

async def application(scope, receive, send):
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    body = json.dumps(RUN).encode() if scope["path"].endswith("/create") else b"{}"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

config = uvicorn.Config(application, log_level="warning", access_log=False, lifespan="off", timeout_keep_alive=60)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


@contextmanager
def running(prefix: str, first_line: bytes, *command: str) -> Iterator[str]:
    """A server program on a socket that we bind; FD in the command is its number."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, number = listening.getsockname()[1], listening.fileno()
        arguments = [str(number) if part == "FD" else part for part in command]
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, pass_fds=[number])
    assert process.stdin is not None
    process.stdin.write(first_line)
    process.stdin.flush()
    try:
        yield f"http://127.0.0.1:{port}{prefix}"
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(30)


@contextmanager
def plain_mlflow(folder: Path) -> Iterator[str]:
    """MLflow's own server, one worker: for the record."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/plain.db", "--artifacts-destination", str(folder)]
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


class Logger:
    """Logs one metric by MLflow's client and says how long that took, in seconds."""

    def __init__(self, url: str) -> None:
        import mlflow  # noqa: PLC0415 - after the environment is set

        self.client = mlflow.MlflowClient(tracking_uri=url)
        self.run_id = self.client.create_run("0").info.run_id
        for step in range(WARM):
            self(step)

    def __call__(self, step: int) -> float:
        begin = time.perf_counter()
        self.client.log_metric(self.run_id, "loss", 1.0 / (step + 1), step=step)
        return time.perf_counter() - begin

    def insist_on(self, count: int) -> None:
        """A server that is quick because it keeps nothing would prove nothing."""
        kept = [point.step for point in self.client.get_metric_history(self.run_id, "loss")]
        if sorted(kept) != list(range(count)):
            raise SystemExit(f"of {count} metrics, {len(set(kept))} are there")


def interleaved(calls: int, *loggers: Callable[[int], float]) -> list[float]:
    """The median of each in milliseconds; they take turns, twenty calls at a time."""
    times: list[list[float]] = [[] for _ in loggers]
    for first in range(WARM, WARM + calls, BATCH):
        for slot, log in zip(times, loggers, strict=True):
            slot.extend(log(step) for step in range(first, first + BATCH))
    return [statistics.median(slot) * 1000 for slot in times]


def measure() -> list[Figure]:
    os.environ.update(MLFLOW_TRACKING_TOKEN=TOKEN, MLFLOW_DISABLE_TELEMETRY="true")
    front = (sys.executable, "-m", "drivetrain.view.api.mlflow", "--fd", "FD", "--folder")
    tokens = json.dumps({TOKEN: {"kind": "job", "pipeline_run_id": 1}}).encode() + b"\n"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        ours_url = stack.enter_context(running("/mlflow", tokens, *front, str(folder / "mlflow")))
        nothing_url = stack.enter_context(running("", b"", sys.executable, "-c", NOTHING, "FD"))
        start = _first_answer(ours_url)
        logger = Logger(ours_url)
        ours, nothing = interleaved(CALLS, logger, Logger(nothing_url))
        logger.insist_on(WARM + CALLS)
        plain_url = stack.enter_context(plain_mlflow(folder))
        (plain,) = interleaved(PLAIN_CALLS, Logger(plain_url))
    note = f"MLflow's own server: {plain:.3g} ms; ours starts MLflow with a new database in {start:.1f} s"
    baseline = "the client against a server that stores nothing"
    return [Figure("one `log_metric`", ours, "ms", baseline, nothing, limit=1.5, note=note)]


def _first_answer(url: str) -> float:
    begin = time.perf_counter()
    asked: Any = urllib.request.Request(
        f"{url}/api/2.0/mlflow/experiments/get?experiment_id=0", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    urllib.request.urlopen(asked, timeout=120).close()
    return time.perf_counter() - begin
