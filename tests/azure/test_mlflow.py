"""azureml-mlflow, unmodified: runs, artifacts and models of a workspace, the same as plain MLflow sees."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import mlflow

from tests.azure.conftest import PATIENCE, SCRIPTS, SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.azure.conftest import Served

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/mlflow-group"


def workspace_path(name: str) -> str:
    return f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{name}"


def edge_token(served: Served, token: str = "", resource: str = "https://ml.azure.com") -> str:
    """A token of the edge for whoever has a token of ours."""
    context = ssl.create_default_context(cafile=str(served.home.azure / "ca.pem"))
    asked = urllib.request.Request(
        f"{served.address}/msi/token?resource={resource}", headers={"X-IDENTITY-HEADER": token or served.owner_token}
    )
    with urllib.request.urlopen(asked, context=context) as answer:
        return str(json.load(answer)["access_token"])


FOUND = {
    "listed": ["data", "notes", "one.txt"],
    "below": ["data/deep", "data/two.txt"],
    "down": ["deep/three.bin", "two.txt"],
    "same": True,
    "read": [{"loss": 0.25}, {"rate": "0.1", "depth": "3"}, "blue", "FINISHED"],
    "history": [0.5, 0.25],
    "search": [True],
    "workspace": True,
    "project": "",
    "version": "1",
    "versions": ["1", "2"],
    "model file": True,
    "second file": True,
}


def address(served: Served, scheme: str, workspace: str, version: str = "v2.0") -> str:
    return f"{scheme}://{served.address.partition('://')[2]}/mlflow/{version}{workspace_path(workspace)}"


def as_in_a_job(uri: str, token: str) -> dict[str, str]:
    """With these, azureml-mlflow takes its token from the environment and starts no Azure CLI."""
    run = {"MLFLOW_RUN_ID": "x", "MLFLOW_EXPERIMENT_ID": "0"}
    return {"MLFLOW_TRACKING_URI": uri, "MLFLOW_TRACKING_TOKEN": token, **run}


def test_runs_artifacts_and_models_of_a_workspace(
    client: Callable[..., Any], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = address(served, "azureml", "one")
    found = client("ml", "mlflow_verbs.py", uri, "verbs-azureml", **as_in_a_job(uri, edge_token(served)))
    run_id = found.pop("run")
    more = {"scheme": "azureml", "again": "BlobAlreadyExists", "models": ["verbs-azureml-model"]}
    assert found == {**FOUND, **more}
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", served.owner_token)
    plain = mlflow.MlflowClient(f"http://127.0.0.1:{served.info.port}/mlflow")
    run = plain.get_run(run_id)
    assert run.data.metrics == {"loss": 0.25}
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
    assert plain.get_model_version("verbs-azureml-model", "2").source.startswith("mlflow-artifacts:/")
    files = served.home.mlflow / "artifacts" / run.info.experiment_id / run_id / "artifacts"
    assert (files / "data" / "two.txt").read_text() == "two"


def test_plain_mlflow_at_the_same_address(served: Served, tmp_path: Path) -> None:
    uri = address(served, "https", "two", "v1.0")
    environment = {
        **served.environment(),
        "MLFLOW_TRACKING_TOKEN": edge_token(served, resource="https://management.azure.com/"),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", SCRIPTS / "mlflow_verbs.py", uri, "verbs-https"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found.pop("run")
    assert found == {**FOUND, "scheme": "mlflow-artifacts", "again": "allowed", "models": ["verbs-https-model"]}
