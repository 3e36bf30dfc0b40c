"""Versions that jobs of Azure Machine Learning have made are made again: by real jobs, with a server and without."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.home import Home
from drivetrain.record.tracking.model import REPRODUCES
from drivetrain.run.azureml.model import JobStatus
from drivetrain.wire.azureml.places import BLOBSTORE, Places
from drivetrain.wire.server_process import find, read_info
from drivetrain.wire.storage import Storage
from tests.azure.conftest import COMMAND, PATIENCE, SUBSCRIPTION, Served
from tests.azure.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.model import AzureJob

BLOBS = f"azureml://datastores/{BLOBSTORE}/paths"
TRAIN = """\
import json, os, pathlib, sys, urllib.error, urllib.request

seed, data, folder = sys.argv[1], pathlib.Path(sys.argv[2]).read_text(), pathlib.Path("outputs/model")
folder.mkdir(parents=True)
(folder / "weights.txt").write_text(data * int(seed))
(folder / "MLmodel").write_text("flavors: {python_function: {loader_module: x}}\\nrun_id: %s\\n" % os.getpid())

def call(url, token, body=None, **more):
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, **more)
    request.add_header("authorization", "Bearer " + token)
    request.add_header("x-identity-header", os.environ["IDENTITY_HEADER"])
    request.add_header("content-type", "application/json")
    return json.load(urllib.request.urlopen(request))

def ask(path, **body):
    where = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + path
    return call(where, os.environ["MLFLOW_TRACKING_TOKEN"], body)

run = os.environ["MLFLOW_RUN_ID"]
ask("runs/log-batch", run_id=run, metrics=[{"key": "rmse", "value": 0.5, "timestamp": 0, "step": 0}],
    params=[{"key": "seed", "value": seed}])
if "register" in sys.argv:
    try:
        ask("registered-models/create", name="again-inside")
    except urllib.error.HTTPError:
        print("it is there")
    place = ask("runs/get?run_id=" + run)["run"]["info"]["artifact_uri"] + "/outputs/model"
    made = ask("model-versions/create", name="again-inside", source=place, run_id=run)["model_version"]
    ask("registered-models/alias", name="again-inside", alias="champion", version=made["version"])
    sign_in = os.environ["IDENTITY_ENDPOINT"]
    token = call(sign_in + "?resource=https://management.azure.com&api-version=2019-08-01", "")["access_token"]
    job = {"jobType": "Command", "command": "true",
           "environmentId": "azureml://registries/azureml/environments/python-3.11/versions/1"}
    jobs = sign_in.removesuffix("/msi/token") + os.environ["AZUREML_WORKSPACE_SCOPE"] + "/jobs/"
    call(jobs + "of-" + run, token, {"properties": job}, method="PUT")
    try:
        call(jobs + run + "/reproduce", token, {"name": "not-mine-" + run, "variables": {}})
    except urllib.error.HTTPError as error:
        print("a job is refused to reproduce:", error.code)
"""
"""Trains; where it is asked to, registers what it has made, and submits another job."""


class Lab(Rest):
    """A workspace with code and data."""

    def __init__(self, served: Served, workspace: str) -> None:
        super().__init__(served, workspace)
        self.home = served.home
        self.http.put(self.path, json={"location": "here"}).raise_for_status()
        for name, text in (("code/train.py", TRAIN), ("data/x.txt", "1,2\n")):
            place = self.place(f"again/{name}")
            place.parent.mkdir(parents=True)
            place.write_text(text)

    @property
    def workspace(self) -> Workspace:
        return Storage(self.home).workspaces.get(SUBSCRIPTION, "group", self.path.rpartition("/")[2])

    def place(self, path: str) -> Path:
        places = Places(self.home, Storage(self.home).assets, lambda *_: False)
        return places.in_datastore(self.workspace, BLOBSTORE, path)

    def train(self, name: str, *words: str) -> None:
        data = {"jobInputType": "uri_file", "uri": f"{BLOBS}/again/data/x.txt"}
        seed = {"jobInputType": "literal", "value": "2"}
        line = f"python train.py ${{{{inputs.seed}}}} ${{{{inputs.data}}}} {' '.join(words)}"
        self.job(name, line, codeId=f"{BLOBS}/again/code", inputs={"data": data, "seed": seed}).raise_for_status()
        assert self.ends(name) == "Completed"

    def component(self, name: str, line: str, **inputs: Any) -> None:
        spec = {
            "name": name,
            "version": "1",
            "type": "command",
            "command": f"mkdir -p ${{{{outputs.m}}}} && {line}",
            "environment": "azureml://registries/azureml/environments/python-3.11/versions/1",
            "inputs": inputs,
            "outputs": {"m": {"type": "uri_folder"}},
        }
        body = {"properties": {"componentSpec": spec}}
        self.http.put(f"{self.path}/components/{name}/versions/1", json=body).raise_for_status()

    def register(self, model: str, uri: str) -> None:
        body = {"properties": {"modelUri": uri, "modelType": "custom_model"}}
        self.http.put(f"{self.path}/models/{model}/versions/1", json=body).raise_for_status()

    def versions(self, model: str) -> list[str]:
        return [each.version for each in Storage(self.home).models.versions(model)]

    def kept(self, name: str) -> AzureJob:
        return Storage(self.home).azure_jobs.get(self.workspace.id, name)

    def variables(self, name: str) -> Mapping[str, str]:
        return Storage(self.home).runs.get(self.kept(name).run_id or 0).variables


@pytest.fixture(scope="module")
def lab(served: Served) -> Iterator[Lab]:
    with Lab(served, "again") as found:
        yield found


def reproduce(served: Served, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DRIVETRAIN_HOME": str(served.home.root)}
    return subprocess.run(
        [COMMAND, "reproduce", *words], env=environment, capture_output=True, text=True, check=False,
        timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def reproduced(served: Served, model: str, code: int = 0) -> Any:
    done = reproduce(served, model, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_version_that_a_job_registers_is_made_again_by_the_same_job(served: Served, lab: Lab) -> None:
    lab.train("again-inside", "register")
    found = reproduced(served, "again-inside:1")
    assert (found["differences"], found["notes"]) == ([], [])
    now = found["now"]
    assert (now["version"], now["reproduces"], now["params"]) == ("2", "again-inside:1", {"seed": "2"})
    assert found["before"]["packages"] == now["packages"] != {}
    job, name = lab.kept("again-inside"), now["training_run"]
    assert name.startswith("again-inside_again_")
    assert {key: lab.kept(name).body[key] for key in ("command", "codeId", "inputs")} == {
        key: job.body[key] for key in ("command", "codeId", "inputs")
    }
    assert lab.properties(name)["displayName"] == "again-inside"
    assert [lab.variables(f"of-{each}") for each in ("again-inside", name)] == [{}, {REPRODUCES: "again-inside:1"}]
    log = served.cli("logs", str(now["run_id"]))
    assert "a job is refused to reproduce: 403" in log
    models = Storage(served.home).models
    assert models.find("again-inside@champion").version == "1", "a reproduction takes nobody's place"


def test_files_that_a_client_has_registered_are_compared_and_not_registered(
    served: Served, lab: Lab, tmp_path: Path
) -> None:
    line = f"test ! -e {tmp_path}/fail && mkdir -p outputs/model && date +%s%N > outputs/model/weights.txt"
    lab.job("again-outside", line).raise_for_status()
    assert lab.ends("again-outside") == "Completed"
    lab.register("again-outside", "azureml://jobs/again-outside/outputs/artifacts/paths/outputs/model/")
    other = reproduce(served, "again-outside:1")
    assert other.returncode == 1, other.stderr
    assert "_again_" in other.stdout
    assert "has made is not the same as again-outside:1" in other.stdout
    assert [line.split()[:2] for line in other.stdout.splitlines()[-2:]] == [["what", "name"], ["file", "weights.txt"]]
    (tmp_path / "fail").touch()
    failed = reproduce(served, "again-outside:1")
    assert failed.returncode == 2, failed.stdout
    assert "again-outside:1 was not made again: the job of run" in failed.stderr
    assert "ended as Failed" in failed.stderr
    assert lab.versions("again-outside") == ["1"]


def test_a_step_of_a_pipeline_job_is_run_again_alone(served: Served, lab: Lab) -> None:
    lab.component("again-make", "echo 1 > ${{outputs.m}}/x")
    lab.component("again-train", "cat ${{inputs.m}}/x > ${{outputs.m}}/w", m={"type": "uri_folder"})
    jobs: Any = {
        "make": {"type": "command", "componentId": "azureml:again-make:1"},
        "train": {
            "type": "command",
            "componentId": "azureml:again-train:1",
            "inputs": {"m": {"value": "${{parent.jobs.make.outputs.m}}", "job_input_type": "literal"}},
            "outputs": {"m": {"value": "${{parent.outputs.model}}", "type": "literal"}},
        },
    }
    body = {"jobType": "Pipeline", "jobs": jobs, "outputs": {"model": {"jobOutputType": "uri_folder"}}}
    lab.http.put(f"{lab.path}/jobs/again-pipe", json={"properties": body}).raise_for_status()
    assert lab.ends("again-pipe") == "Completed"
    lab.register("again-pipe", "azureml://jobs/again-pipe/outputs/model")
    found = reproduced(served, "again-pipe:1")
    assert (found["same"], found["now"]["version"], list(found["now"]["files"])) == (True, "", ["w"])
    part = "again-pipe_train is part of again-pipe: it is run again alone, with the same inputs and parameters"
    assert part in found["notes"]
    again = lab.kept(found["now"]["training_run"])
    assert (again.parent, again.body["inputs"]) == ("", lab.kept("again-pipe_train").body["inputs"])


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A home whose server may be stopped."""
    home = Home(tmp_path / "home")
    environment = {**os.environ, "DRIVETRAIN_HOME": str(home.root), "DRIVETRAIN_AZURE_PORT": "0"}
    subprocess.run([COMMAND, "up", "--port", "0"], env=environment, check=True, capture_output=True, timeout=PATIENCE)
    info = read_info(home)
    assert info is not None
    yield Served(home, info)
    subprocess.run([COMMAND, "down"], env=environment, check=False, capture_output=True, timeout=PATIENCE)


@pytest.mark.slow
def test_without_a_server_a_process_of_its_own_carries_the_job_out(own: Served) -> None:
    with Lab(own, "again") as lab:
        lab.train("again-alone")
        lab.register("again-alone", "runs:/again-alone/outputs/model")
        own.cli("down")
        assert find(own.home) is None
        found = reproduced(own, "again-alone:1")
        assert (found["same"], found["now"]["metrics"]) == (True, {"rmse": 0.5})
        assert lab.kept(found["now"]["training_run"]).status is JobStatus.COMPLETED
        lab.place("again/data/x.txt").unlink()
        gone = reproduce(own, "again-alone:1")
        assert (gone.returncode, "the data data of its job again-alone is gone" in gone.stderr) == (2, True)
