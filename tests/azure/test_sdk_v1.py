"""Azure's SDK v1, azureml-core, unmodified: what it logs is read back from MLflow, which has it all."""

from __future__ import annotations

import json
import os
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from drivetrain.registry.model import AssetKind, Workspace
from drivetrain.wire.storage import Storage
from tests.azure.conftest import SUBSCRIPTION, Served, python_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHERE = (SUBSCRIPTION, "group", "classic")


def at_home(folder: Path) -> dict[str, str]:
    """A user whose folders are empty, and whose `python` is the one with the SDK, as after UsePythonVersion."""
    path = f"{python_of('v1').parent}{os.pathsep}{os.environ['PATH']}"
    return {"HOME": str(folder), "TMPDIR": str(folder), "PATH": path, "AZURE_CONFIG_DIR": str(folder / "az")}


def mlflow(served: Served, operation: str, body: dict[str, Any] | None = None, **asked: str) -> Any:
    """What MLflow's own REST API says, asked at our front door."""
    query = f"?{urllib.parse.urlencode(asked)}" if asked else ""
    url = f"http://127.0.0.1:{served.info.port}/mlflow/api/2.0/mlflow/{operation}{query}"
    headers = {"Authorization": f"Bearer {served.owner_token}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, content, headers), timeout=60) as answer:
        return json.load(answer)


def workspace_of(served: Served, name: str) -> Workspace:
    return Storage(served.home).workspaces.get(SUBSCRIPTION, "group", name)


def history(served: Served, run: str, metric: str) -> list[float]:
    found = mlflow(served, "metrics/get-history", run_id=run, metric_key=metric)["metrics"]
    return [each["value"] for each in sorted(found, key=lambda each: each.get("step", 0))]


def test_runs_are_mlflows_runs(served: Served, client: Callable[..., Any], tmp_path: Path) -> None:
    said = client("v1", "v1_runs.py", *WHERE, "classic-runs", **at_home(tmp_path))
    run = said.pop("id")
    assert said == {
        "workspace": ["classic", "local", "classic"],
        "config": True,
        "list": ["classic"],
        "began": ["NotStarted", "Running", "first one"],
        "reserved": 400,
        "children": True,
        "parent": [True, True],
        "metrics": {
            "steps": [3, 1, 4, 1],
            "rmse": 0.25,
            "ready": True,
            "nothing": "nan",
            "solver": "lbfgs",
            "share (%)": 12.5,
            "curve": [0.5, 1.0, 0.25],
            "rows": {"x": [1, 2], "note": ["a", "b"]},
            "table": {"x": [1, 2], "y": [0.5, 0.75]},
            "confusion": f"aml://artifactId/ExperimentRun/dcid.{run}/confusion",
            "picture": f"aml://artifactId/ExperimentRun/dcid.{run}/dot.png",
        },
        "types": {"steps": "list", "rmse": "float", "ready": "bool"},
        "one": {"rmse": 0.25},
        "files": [
            "confusion", "dot.png", "folder/deep/two é.txt", "folder/one.txt", "outputs/big.bin", "outputs/model.txt",
        ],
        "tags": {"color": "blue", "empty": "", "build number": "20260101.1"},
        "properties": {"origin": "here"},
        "status": "Completed",
        "down": ["a model", True, ["folder/deep/two é.txt", "folder/one.txt"]],
        "details": ["Completed", ["endTimeUtc", "startTimeUtc"], {"origin": "here"}],
        "failed": ["Failed", "it broke"],
        "canceled": "Canceled",
        "by_tag": [True],
        "by_key": 1,
        "by_property": 1,
        "by_status": 1,
        "equal": True,
        "with_children": 6,
        "without": 3,
        "none": 0,
        "by_id": True,
        "experiments": True,
        "experiment_tags": {"team": "red", "more": "one"},
        "archived": False,
        "reactivated": True,
        "missing": 404,
    }  # fmt: skip
    found = mlflow(served, "runs/get", run_id=run)["run"]
    assert (found["info"]["status"], found["info"]["run_name"]) == ("FINISHED", "first one")
    tags = {each["key"]: each.get("value", "") for each in found["data"]["tags"]}
    assert (tags["build number"], tags["color"]) == ("20260101.1", "blue")
    assert history(served, run, "steps") == [3, 1, 4, 1]
    assert history(served, run, "curve") == [0.5, 1, 0.25]
    assert history(served, run, "table/y") == [0.5, 0.75]
    assert history(served, run, "share ___") == [12.5]
    assert {"key": "solver", "value": "lbfgs"} in found["data"]["params"]
    files = mlflow(served, "artifacts/list", run_id=run)["files"]
    assert [each["path"] for each in files] == ["confusion", "dot.png", "folder", "outputs"]
    by_parent = {"experiment_ids": [found["info"]["experiment_id"]], "filter": f"tags.`mlflow.parentRunId` = '{run}'"}
    assert len(mlflow(served, "runs/search", by_parent)["runs"]) == 3


def test_the_training_of_2019_runs_here_unchanged(served: Served, client: Callable[..., Any], tmp_path: Path) -> None:
    said = client("v1", "v1_submit.py", *WHERE, "20191010.2", **at_home(tmp_path))
    run, remote = said.pop("id"), said["remote"].pop(0)
    tags = {"build number": "20191010.2", "script": "train.py"}
    assert said == {
        "printed": [True, True],
        "details": ["Completed", "local", "train.py"],
        "snapshot": True,
        "metrics": {"rate": 0.5, "rows": 20631},
        "files": ["azureml-logs/70_driver_log.txt", "model.pkl", "outputs/kept.txt"],
        "model": "the model",
        "source": True,
        "broken": ["Failed", True],
        "canceled": "Canceled",
        "found": True,
        "remote": ["Completed", {"rows": 2}, ["outputs/kept.txt", "user_logs/std_log.txt"], "azureml.scriptrun"],
        "log": True,
        "later": ["Run", "azureml.scriptrun", tags],
        "left": False,
    }
    asked = {
        "experiment_ids": [mlflow(served, "runs/get", run_id=run)["run"]["info"]["experiment_id"]],
        "filter": "tags.`build number` = '20191010.2'",
    }
    found = {each["info"]["run_id"]: each for each in mlflow(served, "runs/search", asked)["runs"]}
    assert sorted(each["info"]["status"] for each in found.values()) == ["FAILED", "FINISHED", "FINISHED", "KILLED"]
    jobs = Storage(served.home).azure_jobs
    assert [each.name for each in jobs.list(workspace_of(served, WHERE[2]).id).jobs] == [remote]
    assert {each["key"]: each["value"] for each in found[run]["data"]["metrics"]} == {"rate": 0.5, "rows": 20631}


def test_models_environments_and_datastores(served: Served, client: Callable[..., Any], tmp_path: Path) -> None:
    said = client("v1", "v1_shelf.py", SUBSCRIPTION, "group", "classic-shelf", **at_home(tmp_path))
    run = said.pop("run")
    assert said == {
        "of_run": ["turbofan:1", {"build number": "1", "stage": "dev"}, {"p": "q"}, True, True],
        "of_folder": [2, "by hand", "ScikitLearn"],
        "list": [["single-file", 1], ["turbofan", 2], ["turbofan", 1]],
        "named": [2, 1],
        "latest": ["single-file:1", "turbofan:2"],
        "tagged": ["turbofan:1"],
        "of_that_run": ["turbofan:1"],
        "newest": [2, 1, "turbofan:1"],
        "down": ["one/model.pkl", "two/folder", "three/model.pkl"],
        "files": ["three/model.pkl", "two/folder/deep/more", "two/folder/weights", "a model"],
        "path": "azureml-models/turbofan/1/model.pkl",
        "changed": [{"build number": "1", "more": "1"}, {"p": "q", "z": "1"}, "said later"],
        "gone": True,
        "registered": ["1", "1"],
        "second": "2",
        "environment": [["azureml-defaults", "pandas==2.0.0"], {"A": "1"}, "1"],
        "labelled": "1",
        "environments": ["training"],
        "stores": [
            "workspaceblobstore",
            ["workspaceartifactstore", "workspaceblobstore", "workspacefilestore", "workspaceworkingdirectory"],
        ],
        "count": 2,
        "content": "m",
        "default": ["mine", True],
        "left": "workspaceblobstore",
        "computes": {"cpu-cluster": ["AmlCompute", "Succeeded"]},
    }
    found = mlflow(served, "model-versions/get", name="turbofan", version="1")["model_version"]
    assert (found["run_id"], found["description"]) == (run, "said later")
    assert {"key": "build number", "value": "1"} in found["tags"]
    where = mlflow(served, "model-versions/get-download-uri", name="turbofan", version="1")["artifact_uri"]
    assert where.endswith(f"/{run}/artifacts/outputs/model.pkl")
    workspace = workspace_of(served, "classic-shelf")
    kept = Storage(served.home).assets.get(workspace.id, AssetKind.ENVIRONMENT, "training", "1").body["properties"]
    assert "pandas==2.0.0" in kept["condaFile"]
