"""Versions that jobs of Azure Machine Learning have made are made again: by real jobs, on a server that runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.wire.storage import Storage
from tests.azure.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.azure.conftest import Served

TRAIN = r"""python - <<'END'
import json, os, urllib.error, urllib.request
folder = "outputs/model"
os.makedirs(folder, exist_ok=True)
open(folder + "/weights.txt", "w").write(os.environ["SEED"] + os.environ.get("PIP_CONSTRAINT", "")[:0])
open(folder + "/MLmodel", "w").write("flavors: {python_function: {loader_module: x}}\nrun_id: %s\n" % os.getpid())
open(folder + "/requirements.txt", "w").write("six==1.17.0\n")
run = os.environ["MLFLOW_RUN_ID"]

def ask(method, path, **body):
    asked = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + path, json.dumps(body).encode() if body else None,
        {"content-type": "application/json", "authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]},
        method=method)
    return json.load(urllib.request.urlopen(asked))

ask("POST", "runs/log-batch", run_id=run, metrics=[{"key": "rmse", "value": 0.5, "timestamp": 0, "step": 0}],
    params=[{"key": "seed", "value": os.environ["SEED"]}])
REGISTER
END"""
REGISTER = """
artifacts = ask("GET", "runs/get?run_id=" + run)["run"]["info"]["artifact_uri"]
try:
    ask("POST", "registered-models/create", name="again-inside")
except urllib.error.HTTPError:
    pass
found = ask("POST", "model-versions/create", name="again-inside", source=artifacts + "/outputs/model", run_id=run)
version = found["model_version"]["version"]
ask("POST", "registered-models/alias", name="again-inside", alias="champion", version=version)
"""


@pytest.fixture(scope="module")
def rest(served: Served) -> Iterator[Rest]:
    with Rest(served, "again") as found:
        yield found


def reproduced(served: Served, model: str, status: int = 0) -> Any:
    return json.loads(served.cli("reproduce", model, "--json", status=status))


def test_a_version_that_the_job_registers_is_made_again_by_the_same_job(served: Served, rest: Rest) -> None:
    rest.job("again-inside", TRAIN.replace("REGISTER", REGISTER), environmentVariables={"SEED": "2"}).raise_for_status()
    assert rest.ends("again-inside") == "Completed"
    found = reproduced(served, "again-inside:1")
    assert (found["same"], found["now"]["version"], found["now"]["reproduces"]) == (True, "2", "again-inside:1")
    now = found["now"]["training_run"]
    assert now.startswith("again-inside_again_")
    assert rest.properties(now)["command"] == rest.properties("again-inside")["command"]
    models = Storage(served.home).models
    assert models.find("again-inside@champion").version == "1", "a reproduction takes nobody's place"
