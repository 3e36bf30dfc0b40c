"""A thousand metrics by each official client from within a job, against the plain client on MLflow's own server.

azure-ai-ml has no call that logs metrics: its jobs log by azureml-mlflow.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.azure import COMMAND, served
from bench.figure import Figure
from bench.tracking import plain_mlflow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.home import Home

CLIENTS = Path(__file__).parents[1] / ".tools" / "azure"
TURN, TURNS = 250, 4
WORKSPACE = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/bench"
    "/providers/Microsoft.MachineLearningServices/workspaces/bench"
)
PIPELINE = """
steps:
- bash: |
    env -0 > '{folder}/unfinished' && mv '{folder}/unfinished' '{folder}/environment'
    until [ -e '{folder}/done' ]; do sleep 0.1; done
"""
BY_MLFLOW = """
import sys, time
from mlflow import MlflowClient

client = MlflowClient(sys.argv[1])
run = client.create_run("0").info.run_id
for line in sys.stdin:
    begin = time.perf_counter()
    for step in range(*map(int, line.split())):
        client.log_metric(run, "loss", 1.0, step=step)
    print(time.perf_counter() - begin, flush=True)
print(len(client.get_metric_history(run, "loss")))
"""
BY_SDK_V1 = """
import os, sys, time
from azureml.core import Experiment, Workspace
from azureml.core.authentication import TokenAuthentication

parts = sys.argv[1].split("/")
workspace = Workspace(parts[2], parts[4], parts[8], auth=TokenAuthentication(lambda _: os.environ["BENCH_TOKEN"]))
run = Experiment(workspace, "bench").start_logging(snapshot_directory=None)
for line in sys.stdin:
    begin = time.perf_counter()
    for step in range(*map(int, line.split())):
        run.log("loss", 1.0, step=step)
    run.flush()
    print(time.perf_counter() - begin, flush=True)
print(len(run.get_metrics("loss")["loss"]))
run.complete()
"""


@dataclass
class Client:
    """One client in a process of its own, which logs when it is told to."""

    name: str
    environment: str
    """Which of the environments of `scripts/azure_clients`."""
    uri: str
    variables: Mapping[str, str] = field(default_factory=dict)
    program: str = BY_MLFLOW
    seconds: float = 0.0
    _process: subprocess.Popen[str] = field(init=False)

    @contextmanager
    def begun(self) -> Iterator[None]:
        """As long as its process runs."""
        python = CLIENTS / self.environment / "bin" / "python"
        words = [str(python), "-W", "ignore", "-c", self.program, self.uri]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, env=self.variables, stdin=pipe, stdout=pipe, text=True) as self._process:
            yield

    def log(self, first: int, count: int) -> float:
        """Log so many metrics; how long that took, in seconds."""
        assert self._process.stdin is not None
        print(first, first + count, file=self._process.stdin, flush=True)
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name} ended with {self._process.wait()}")
        return answer

    def insist_on(self, count: int) -> None:
        """A server that is quick because it keeps nothing would prove nothing."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        kept = int(self._answer())
        if kept != count:
            raise SystemExit(f"{self.name}: of {count} metrics, {kept} are there")


def measure() -> list[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home, _ = stack.enter_context(served())
        inside = stack.enter_context(_job(home, folder))
        plain = stack.enter_context(plain_mlflow(folder))
        clients = [each for each in _clients(inside, plain) if (CLIENTS / each.environment).exists()]
        for each in clients:
            stack.enter_context(each.begun())
        _take_turns(clients)
    known = {each.environment: each.seconds for each in clients if each.uri == plain}
    return [_figure(each, known.get(each.environment, known.get("ml", 0.0))) for each in clients if each.uri != plain]


def _figure(client: Client, baseline: float) -> Figure:
    named = "plain client, MLflow's own server"
    return Figure(f"1,000 metrics: {client.name}", client.seconds, "s", named, baseline, limit=1.0)


def _take_turns(clients: Sequence[Client]) -> None:
    for each in clients:
        each.log(-TURN, TURN)
    for turn in range(TURNS):
        for each in clients:
            each.seconds += each.log(turn * TURN, TURN)
    for each in clients:
        each.insist_on(TURN * (TURNS + 1))


def _clients(inside: Mapping[str, str], plain: str) -> list[Client]:
    edge = inside["IDENTITY_ENDPOINT"].removesuffix("/msi/token")
    below = f"{edge.partition('://')[2]}/mlflow/v2.0{WORKSPACE}"
    token, of_azure = (_token(inside, name) for name in ("https://ml.azure.com", "https://management.azure.com"))
    _get(inside, WORKSPACE, {"Authorization": f"Bearer {of_azure}"})  # a subscription is there from its first mention
    of_run = {**inside, "MLFLOW_TRACKING_TOKEN": token, "MLFLOW_RUN_ID": "x", "MLFLOW_EXPERIMENT_ID": "0"}
    signed_in = {name: value for name, value in inside.items() if not name.startswith("MLFLOW_TRACKING_")}
    classic = {**inside, "BENCH_TOKEN": of_azure}
    return [
        Client("plain", "ml", plain, inside),
        Client("plain, two years old", "ml_old", plain, inside),
        Client("azureml-mlflow 1.62 in an Azure ML job", "ml", f"azureml://{below}", of_run),
        Client("azureml-mlflow 1.62, signed in", "ml", f"azureml://{below}", signed_in),
        Client("azureml-mlflow 1.57 in an Azure ML job", "ml_old", f"azureml://{below}", of_run),
        Client("mlflow 3.15 at the Azure edge", "ml", f"https://{below}", inside),
        Client("mlflow 3.15 at /mlflow", "ml", inside["MLFLOW_TRACKING_URI"], inside),
        Client("mlflow 2.16 at /mlflow", "ml_old", inside["MLFLOW_TRACKING_URI"], inside),
        Client("azureml-core 1.61, `Run.log`", "v1", WORKSPACE, classic, BY_SDK_V1),
        Client("azureml-core 1.57, `Run.log`", "v1_old", WORKSPACE, classic, BY_SDK_V1),
    ]


def _token(inside: Mapping[str, str], resource: str) -> str:
    """A token as a job gets it."""
    found = _get(inside, f"/msi/token?resource={resource}", {"X-IDENTITY-HEADER": inside["IDENTITY_HEADER"]})
    token: str = found["access_token"]
    return token


def _get(inside: Mapping[str, str], path: str, headers: dict[str, str]) -> Any:
    edge = inside["IDENTITY_ENDPOINT"].removesuffix("/msi/token")
    context = ssl.create_default_context(cafile=inside["SSL_CERT_FILE"])
    with urllib.request.urlopen(urllib.request.Request(edge + path, headers=headers), context=context) as answer:
        return json.load(answer)


@contextmanager
def _job(home: Home, folder: Path) -> Iterator[dict[str, str]]:
    """A job that runs on, and the environment of its step."""
    environment = {**os.environ, "DRIVETRAIN_HOME": str(home.root)}
    code = folder / "code"
    subprocess.run(["git", "init", "--quiet", "-b", "main", code], check=True)
    (code / "azure-pipelines.yml").write_text(PIPELINE.format(folder=folder))
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    commit = ["git", *who, "commit", "--quiet", "-m", "x"]
    for words in (["git", "add", "."], commit, [str(COMMAND), "project", "add", str(code)]):
        subprocess.run(words, cwd=code, env=environment, check=True, capture_output=True)
    running = subprocess.Popen([COMMAND, "run", "--project", "code"], env=environment, stdout=subprocess.DEVNULL)
    kept = folder / "environment"
    while not kept.exists():
        if running.poll() is not None:
            raise SystemExit("the job ended before it had begun")
        time.sleep(0.05)
    pairs = (line.partition("=") for line in kept.read_text().split("\0") if line)
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    try:
        yield {name: value for name, _, value in pairs} | quiet
    finally:
        (folder / "done").touch()
        running.wait()
