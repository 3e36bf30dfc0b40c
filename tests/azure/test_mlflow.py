"""azureml-mlflow, unmodified: runs, artifacts and models of a workspace, the same as plain MLflow sees."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.azure.conftest import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.azure.conftest import Served

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/mlflow-group"


def workspace_path(name: str) -> str:
    return f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{name}"


def edge_token(served: Served, token: str = "", resource: str = "https://ml.azure.com") -> str:
    """A token of the edge for whoever has a token of ours."""
    import ssl  # noqa: PLC0415 - a context with our own authority

    context = ssl.create_default_context(cafile=str(served.home.azure / "ca.pem"))
    asked = urllib.request.Request(
        f"{served.address}/msi/token?resource={resource}", headers={"X-IDENTITY-HEADER": token or served.owner_token}
    )
    with urllib.request.urlopen(asked, context=context) as answer:
        return str(json.load(answer)["access_token"])


@pytest.mark.parametrize("version", ["azureml", "https"])
def test_runs_artifacts_and_models_of_a_workspace(client: Callable[..., Any], served: Served, version: str) -> None:
    host = served.address.partition("://")[2]
    token = edge_token(served)
    uri = f"{version}://{host}/mlflow/v2.0{workspace_path('one')}"
    job = {
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_RUN_ID": "x",
        "MLFLOW_EXPERIMENT_ID": "0",
    }
    found = client("ml", "mlflow_verbs.py", uri, f"verbs-{version}", **job)
    assert found.pop("run")
    assert found == {
        "scheme": "azureml",
        "listed": ["data", "notes", "one.txt"],
        "below": ["data/deep", "data/two.txt"],
        "down": ["deep/three.bin", "two.txt"],
        "same": True,
        "again": "ResourceExistsError",
        "read": [{"loss": 0.25}, {"rate": "0.1", "depth": "3"}, "blue", "FINISHED"],
        "history": [0.5, 0.25],
        "search": [True],
        "workspace": True,
        "project": "",
        "version": "1",
        "models": [f"verbs-{version}-model"],
        "versions": ["1", "2"],
        "model file": True,
        "second file": True,
    }
