"""What is wrong with a request is said by MLflow, in the words of its own server."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.view.mlflow.conftest import Front

JOB = {"Authorization": "Bearer job-token", "Content-Type": "application/json"}
METRIC: dict[str, Any] = {"key": "m", "value": 1.0, "timestamp": 1, "step": 0}
PAIR = {"key": "k", "value": "v"}

BAD: list[tuple[str, Any]] = [
    ("log-metric", {**METRIC, "key": ""}),
    ("log-metric", {**METRIC, "key": "a//b"}),
    ("log-metric", {**METRIC, "key": "a?b"}),
    ("log-metric", {**METRIC, "key": "../up"}),
    ("log-metric", {**METRIC, "key": "k" * 300}),
    ("log-metric", {**METRIC, "value": "much"}),
    ("log-metric", {**METRIC, "value": None}),
    ("log-metric", {**METRIC, "value": True}),
    ("log-metric", {**METRIC, "timestamp": -5}),
    ("log-metric", {**METRIC, "timestamp": "soon"}),
    ("log-metric", {**METRIC, "step": 1.5}),
    ("log-metric", {**METRIC, "step": 2**64}),
    ("log-metric", {"key": "m"}),
    ("log-metric", {**METRIC, "run_id": "0" * 32}),
    ("log-metric", {**METRIC, "run_id": "not/a/run"}),
    ("log-metric", {**METRIC, "run_id": 5}),
    ("log-metric", {**METRIC, "surprise": 1}),
    ("log-metric", {**METRIC, "model_id": "m-none"}),
    ("log-parameter", {**PAIR, "key": "a\nb"}),
    ("log-parameter", {**PAIR, "value": "v" * 7000}),
    ("log-parameter", {**PAIR, "value": 5}),
    ("log-parameter", {**PAIR, "value": ""}),
    ("log-parameter", {"key": "empty"}),
    ("log-parameter", {"key": "taken", "value": "other"}),
    ("log-parameter", {**PAIR, "run_id": "0" * 32}),
    ("set-tag", {**PAIR, "key": None}),
    ("set-tag", {**PAIR, "key": "t" * 300}),
    ("set-tag", {**PAIR, "value": "v" * 9000}),
    ("set-tag", {"key": "mlflow.runName", "value": "n"}),
    ("log-batch", {"metrics": [{"key": "m"}]}),
    ("log-batch", {"metrics": [METRIC] * 1001}),
    ("log-batch", {"metrics": "m"}),
    ("log-batch", {"params": [PAIR, {**PAIR, "value": "w"}]}),
    ("log-batch", {"params": [{"key": "taken", "value": "other"}]}),
    ("log-batch", {"params": [{"key": f"p{i}", "value": "v"} for i in range(101)]}),
    ("log-batch", {"tags": [{"value": "v"}]}),
    ("log-batch", {"run_id": "0" * 32, "tags": [PAIR]}),
    ("log-batch", {}),
    ("log-metric", []),
    ("log-metric", "text"),
    ("log-batch", None),
]


@pytest.fixture(scope="module")
def plain_server(tmp_path_factory: pytest.TempPathFactory, until: Callable[..., Any]) -> Iterator[str]:
    """MLflow's own server, as its users start it."""
    folder = tmp_path_factory.mktemp("plain")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder)]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **quiet})
    url = f"http://127.0.0.1:{port}"
    until(lambda: _answers(url), 120)
    yield url
    process.terminate()
    process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def _fresh_run(url: str) -> str:
    api = f"{url}/api/2.0/mlflow/runs"
    made = httpx.post(f"{api}/create", headers=JOB, json={"experiment_id": "0", "start_time": 1}, timeout=60)
    run_id = str(made.json()["run"]["info"]["run_id"])
    taken = {"run_id": run_id, "key": "taken", "value": "first"}
    assert httpx.post(f"{api}/log-parameter", headers=JOB, json=taken).status_code == 200
    return run_id


def _ask(url: str, run_id: str, operation: str, body: Any, who: dict[str, str] = JOB) -> tuple[int, Any]:
    if isinstance(body, dict):
        body = {"run_id": run_id, **body}
    answer = httpx.post(f"{url}/api/2.0/mlflow/runs/{operation}", headers=who, content=json.dumps(body), timeout=60)
    said = re.sub(r"[0-9a-f]{32}", "RUN", answer.text)
    return answer.status_code, json.loads(said) if said.startswith("{") else said


@pytest.mark.slow
def test_every_bad_request_gets_mlflows_own_answer(front: Front, plain_server: str) -> None:
    ours, theirs = _fresh_run(front.url), _fresh_run(plain_server)
    different = []
    failed = 0
    for operation, body in BAD:
        mine = _ask(front.url, ours, operation, body)
        other = _ask(plain_server, theirs, operation, body)
        failed += mine[0] >= 400
        if mine != other:
            different.append((operation, body, mine, other))
    owner = {**JOB, "Authorization": "Bearer user-token"}
    unknown: tuple[str, Any] = ("no-such-operation", {})
    assert _ask(front.url, ours, *unknown, owner) == _ask(plain_server, theirs, *unknown)
    assert _ask(front.url, ours, *unknown)[0] == 403  # what nobody has looked at is closed to jobs
    assert different == []
    assert failed > len(BAD) / 2


def test_a_good_write_is_answered_as_mlflow_answers_it(front: Front, plain_server: str) -> None:
    api = "api/2.0/mlflow/runs"
    for operation, body in (("log-metric", METRIC), ("log-parameter", PAIR), ("set-tag", PAIR), ("log-batch", {})):
        mine, other = (
            httpx.post(f"{url}/{api}/{operation}", headers=JOB, json={"run_id": _fresh_run(url), **body})
            for url in (front.url, plain_server)
        )
        assert (mine.status_code, mine.json()) == (other.status_code, other.json())
        assert mine.headers["content-type"] == other.headers["content-type"]
