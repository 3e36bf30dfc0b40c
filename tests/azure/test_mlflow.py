"""azureml-mlflow, unmodified: runs, artifacts and models of a workspace, the same as plain MLflow sees."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import httpx
import mlflow

from drivetrain.clock import SystemClock
from drivetrain.view.api.azure.identity.authority import Authority
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from drivetrain.wire.certificates import Certificates
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
    "read": [{"loss": 0.25, "speed": 2.0}, {"rate": "0.1", "depth": "3"}, "blue", "FINISHED"],
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
    more = {"scheme": "azureml", "again": "BlobAlreadyExists", "models": ["verbs-azureml-model"], "third file": True}
    assert found == {**FOUND, **more}
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", served.owner_token)
    plain = mlflow.MlflowClient(f"http://127.0.0.1:{served.info.port}/mlflow")
    run = plain.get_run(run_id)
    assert run.data.metrics == {"loss": 0.25, "speed": 2.0}
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


def test_a_token_opens_its_own_projects_runs_only(served: Served) -> None:
    authority = Authority(Certificates(served.home.azure).token_key(), served.address, SystemClock())
    context = ssl.create_default_context(cafile=str(served.home.azure / "ca.pem"))

    def token(project: str, audience: str = "https://ml.azure.com") -> str:
        return authority.issue(Principal(PrincipalKind.JOB, "train", project), audience)

    with httpx.Client(base_url=served.address, verify=context, timeout=120) as web:

        def ask(bearer: str, method: str, service: str, workspace: str, path: str, body: Any = None) -> httpx.Response:
            headers = {"authorization": f"Bearer {bearer}"}
            url = f"/{service}{workspace_path(workspace)}{path}"
            return web.request(method, url, headers=headers, json=body)

        runs = "/api/2.0/mlflow/runs"
        made = ask(token("one"), "POST", "mlflow/v2.0", "of-one", f"{runs}/create", {"experiment_id": "0"}).json()[
            "run"
        ]
        run_id = made["info"]["run_id"]
        assert {"key": "drivetrain.project", "value": "one"} in made["data"]["tags"]
        get = f"{runs}/get?run_id={run_id}"
        assert ask(token("one"), "GET", "mlflow/v1.0", "of-one", get).status_code == 200
        assert ask(served.owner_token, "GET", "mlflow/v2.0", "of-one", get).status_code == 200
        assert ask(token("two"), "GET", "mlflow/v2.0", "of-one", get).status_code == 403
        assert ask(token("two"), "GET", "mlflow/v2.0", "of-two", get).status_code == 403
        assert ask(token("one", "https://storage.azure.com"), "GET", "mlflow/v2.0", "of-one", get).status_code == 401
        assert ask("nonsense", "GET", "mlflow/v2.0", "of-one", get).status_code == 401
        later = "/api/2.0/preview/mlflow/runs/log-batch-async"
        batch: dict[str, Any] = {"run_id": run_id, "metrics": [{"key": "a", "value": 1, "timestamp": 1, "step": 0}]}
        assert ask(token("one"), "POST", "mlflow/v2.0", "of-one", later, batch).json() == {}
        assert ask(token("two"), "POST", "mlflow/v2.0", "of-two", later, batch).status_code == 403
        tagged = {**batch, "tags": [{"key": "drivetrain.project", "value": "two"}]}
        assert ask(token("one"), "POST", "mlflow/v2.0", "of-one", later, tagged).status_code == 403
        read = ask(token("one"), "GET", "mlflow/v2.0", "of-one", get).json()["run"]["data"]
        assert [each["value"] for each in read["metrics"]] == [1]
        files = f"/experiments/x/runs/{run_id}/artifacts/batch/metadata"
        asked = {"paths": [{"path": "a.txt"}]}
        assert ask(token("one"), "POST", "history/v1.0", "of-one", files, asked).status_code == 200
        assert ask(token("two"), "POST", "history/v1.0", "of-one", files, asked).status_code == 403
        assert ask(token("two"), "POST", "history/v1.0", "of-two", files, asked).status_code == 404
        wrong: list[dict[str, object]] = [{}, {"paths": []}, {"paths": [1]}, {"paths": [{"path": "../x"}]}]
        for bad in [*wrong, {"paths": [{"path": ""}]}]:
            status = ask(token("one"), "POST", "history/v1.0", "of-one", files, bad).status_code
            assert 400 <= status < 500, bad
