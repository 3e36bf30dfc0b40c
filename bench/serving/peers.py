"""The servers that ours is held against, each as its own documentation starts it, with one worker."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from bench.serving.environments import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bench.serving.environments import Environments

ROW = [0.0381, 0.0507, 0.0617, 0.0219, -0.0442, -0.0348, -0.0434, -0.0026, 0.0199, -0.0176]
COLUMNS = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
UP_SECONDS = 60.0


@dataclass(frozen=True)
class Target:
    """Where a prediction is asked for, and how."""

    url: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Peer:
    """A server; `{python}`, `{bin}`, `{model}`, `{port}` and `{port2}`, `{port3}` are filled in."""

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    path: str
    body: object
    files: str = ""
    """Names of a folder below `files/`, a copy of which it is started in; its texts are filled in likewise."""
    variables: Mapping[str, str] = field(default_factory=dict)


FLOOR = Peer(
    "ONNX Runtime behind bare uvicorn",
    ("onnxruntime", "numpy", "orjson", "uvicorn[standard]"),
    ("{python}", "-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--no-access-log", "floor:app"),
    "/score",
    {"input_data": [ROW]},
    "floor",
    {"MODEL": "{model}/model.onnx"},
)
PEERS = (
    Peer(
        "mlflow models serve",
        ("mlflow==3.17.2", "scikit-learn==1.9.1", "pandas", "skops"),
        ("{bin}/mlflow", "models", "serve", "-m", "{model}/mlflow", "-p", "{port}", "--env-manager", "local"),
        "/invocations",
        {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}},
    ),
    Peer(
        "MLServer",
        ("mlserver", "mlserver-sklearn", "scikit-learn==1.9.1"),
        ("{bin}/mlserver", "start", "."),
        "/v2/models/model/infer",
        {"inputs": [{"name": "x", "shape": [1, len(ROW)], "datatype": "FP64", "data": ROW}]},
        "mlserver",
    ),
    Peer(
        "BentoML",
        ("bentoml", "scikit-learn==1.9.1", "numpy"),
        ("{bin}/bentoml", "serve", "service:Model", "--host", "127.0.0.1", "--port", "{port}"),
        "/predict",
        {"rows": [ROW]},
        "bentoml",
        {"MODEL": "{model}/model.joblib", "BENTOML_DO_NOT_TRACK": "true"},
    ),
    Peer(
        "azureml-inference-server-http",
        ("azureml-inference-server-http", "scikit-learn==1.9.1", "numpy"),
        ("{bin}/azmlinfsrv", "--entry_script", "score.py", "--port", "{port}"),
        "/score",
        {"input_data": [ROW]},
        "azureml",
        {"AZUREML_MODEL_DIR": "{model}", "WORKER_COUNT": "1"},
    ),
)


@contextmanager
def started(peer: Peer, environments: Environments, model: Path) -> Iterator[Target]:
    """The peer, up and answering; ended afterwards."""
    python = environments.python(peer.files or "mlflow", peer.packages)
    ports = _free_ports()
    known = {"python": str(python), "bin": str(python.parent), "model": str(model), **ports}
    folder = _folder(peer, model.parent / peer.name.replace(" ", "-"), known)
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    environ = {**os.environ, "PATH": path, **{name: _filled(text, known) for name, text in peer.variables.items()}}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [_filled(word, known) for word in peer.command],
            cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    target = Target(f"http://127.0.0.1:{ports['port']}{peer.path}", json.dumps(peer.body))
    try:
        _wait(target, process, folder / "log")
        yield target
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it has started: some of them start their workers in sessions of their own."""
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(process.pid)
        for each in [*first.children(recursive=True), first]:
            each.kill()
    process.wait()


def _folder(peer: Peer, folder: Path, known: Mapping[str, str]) -> Path:
    folder.mkdir()
    for each in (FILES / peer.files).iterdir() if peer.files else ():
        if each.suffix == ".json":
            (folder / each.name).write_text(_filled(each.read_text("utf-8"), known), "utf-8")
        elif each.is_file():
            shutil.copy(each, folder)
    return folder


def _filled(text: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _free_ports() -> dict[str, str]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return dict(zip(("port", "port2", "port3"), ports, strict=True))


def _wait(target: Target, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while not answers(target):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{target.url} does not answer:\n{log.read_text('utf-8', 'replace')[-3000:]}")
        time.sleep(0.05)


def answers(target: Target) -> bool:
    """Whether it predicts now."""
    headers = {"Content-Type": "application/json", **target.headers}
    request = urllib.request.Request(target.url, target.body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10):
            return True
    except (urllib.error.URLError, OSError):
        return False
