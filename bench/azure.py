"""The Azure edge: metrics through azureml-mlflow against MLflow's own server, and what a gigabyte costs in memory."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil

from bench.figure import Figure
from bench.tracking import plain_mlflow
from drivetrain.home import Home
from drivetrain.registry.model import Workspace
from drivetrain.wire.azure import blob_accounts
from drivetrain.wire.azure_variables import edge_variables
from drivetrain.wire.certificates import Certificates
from drivetrain.wire.server_process import ServerInfo, read_info
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT = Path(__file__).parents[1] / ".tools" / "azure" / "ml" / "bin" / "python"
COMMAND = Path(sys.executable).with_name("drivetrain")
WORKSPACE = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/bench"
    "/providers/Microsoft.MachineLearningServices/workspaces/bench"
)
GIGABYTE = 1 << 30
PIECE = bytes(range(256)) * 4096
METRICS = """
import json, sys, time
from mlflow import MlflowClient

def log(client, run, steps):
    begin = time.perf_counter()
    for step in steps:
        client.log_metric(run, "loss", 1.0, step=step)
    return time.perf_counter() - begin

clients = [MlflowClient(uri) for uri in sys.argv[1:]]
runs = [client.create_run("0").info.run_id for client in clients]
times = [0.0, 0.0]
for first in range(-50, 1000, 50):
    for slot, (client, run) in enumerate(zip(clients, runs)):
        spent = log(client, run, range(first, first + 50))
        times[slot] += spent if first >= 0 else 0.0
kept = [len(client.get_metric_history(run, "loss")) for client, run in zip(clients, runs)]
assert kept == [1050, 1050], kept
print(json.dumps(times))
"""


@contextmanager
def served() -> Iterator[tuple[Home, ServerInfo]]:
    """A home of its own with its server."""
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name) / "home")
        environment = {**os.environ, "DRIVETRAIN_HOME": str(home.root), "DRIVETRAIN_AZURE_PORT": "0"}
        subprocess.run([COMMAND, "up", "--port", "0"], env=environment, check=True, capture_output=True)
        try:
            info = read_info(home)
            assert info is not None
            yield home, info
        finally:
            subprocess.run([COMMAND, "down"], env=environment, check=True, capture_output=True)


def measure() -> list[Figure]:
    with served() as (home, info):
        figures = [_memory(home, info)]
        if CLIENT.exists():
            figures.append(_metrics(home, info))
    return figures


def _memory(home: Home, info: ServerInfo) -> Figure:
    """Warm, then a gigabyte up and down."""
    address = f"https://127.0.0.1:{info.azure_port}"
    accounts = blob_accounts(Storage(home), address, Certificates(home.azure).storage_key())
    workspace = Storage(home).workspaces.put(Workspace("00000000-0000-0000-0000-000000000001", "s", "g", "bench"))
    account, container = accounts.account_of(workspace), accounts.blobstore(workspace)
    server = psutil.Process(info.pid)
    context = ssl.create_default_context(cafile=str(home.azure / "ca.pem"))
    with httpx.Client(verify=context, timeout=600) as web:
        _there_and_back(web, accounts.sas(account, container, "warm", permissions="rw"), 16 * len(PIECE))
        before = server.memory_info().rss
        _there_and_back(web, accounts.sas(account, container, "large", permissions="rw"), GIGABYTE)
    grown = max(server.memory_info().rss - before, 0) / 1e6
    return Figure("the server's memory after a blob of 1 GB, up and down", grown, "MB", "the promise", 40.0, limit=1.0)


def _there_and_back(web: httpx.Client, address: str, size: int) -> None:
    pieces = (PIECE for _ in range(size // len(PIECE)))
    headers = {"content-length": str(size), "x-ms-blob-type": "BlockBlob"}
    web.put(address, content=pieces, headers=headers).raise_for_status()
    with web.stream("GET", address) as answer:
        received = sum(len(piece) for piece in answer.iter_bytes(1 << 20))
    if received != size:
        raise SystemExit(f"of {size} bytes, {received} came back")


def _metrics(home: Home, info: ServerInfo) -> Figure:
    """A thousand `log_metric` each, taking turns."""
    owner = home.token.read_text().strip()
    address = f"https://127.0.0.1:{info.azure_port}"
    context = ssl.create_default_context(cafile=str(home.azure / "ca.pem"))
    asked = urllib.request.Request(
        f"{address}/msi/token?resource=https://ml.azure.com", headers={"X-IDENTITY-HEADER": owner}
    )
    with urllib.request.urlopen(asked, context=context) as answer:
        token = json.load(answer)["access_token"]
    uri = f"azureml://{address.partition('://')[2]}/mlflow/v2.0{WORKSPACE}"
    job = {
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_RUN_ID": "x",
        "MLFLOW_EXPERIMENT_ID": "0",
    }
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    environment = {**os.environ, **edge_variables(address, home.azure, owner), **job, **quiet}
    with tempfile.TemporaryDirectory() as folder, plain_mlflow(Path(folder)) as plain:
        done = subprocess.run(
            [CLIENT, "-W", "ignore", "-c", METRICS, uri, plain],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    ours, theirs = json.loads(done.stdout.strip().splitlines()[-1])
    return Figure(
        "1,000 `log_metric` through azureml-mlflow", ours, "s", "plain client, MLflow's own server", theirs, limit=1.0
    )
