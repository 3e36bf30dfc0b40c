"""Workspaces and what they hold, by azure-ai-ml, read back from our own store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.registry.model import AssetKind
from drivetrain.wire.storage import Storage
from tests.azure.conftest import SUBSCRIPTION, Served

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group/providers/Microsoft.MachineLearningServices/workspaces"


def test_workspaces_computes_environments_and_data(served: Served, client: Callable[..., Any]) -> None:
    said = client("ml", "ml_workspace.py", SUBSCRIPTION, "group", "shelf")
    host = served.address.removeprefix("https://")
    assert said == {
        "workspace": [
            "shelf", "local", f"azureml://{host}/mlflow/v2.0{PATH}/shelf", f"{served.address}/discovery", "group",
        ],
        "second": ["shelf-2", "Second", {"team": "blue"}],
        "workspaces": ["shelf", "shelf-2"],
        "left": ["shelf"],
        "computes": ["cpu-cluster"],
        "cluster": ["gpu-cluster", "STANDARD_NC6S_V3", 4, "Succeeded", {"of": "us"}],
        "bigger": 6,
        "stopped": "Stopped",
        "started": "Running",
        "nodes": 0,
        "sizes": True,
        "usage": 0,
        "all": [["cpu-cluster", "amlcompute"], ["gpu-cluster", "amlcompute"], ["my-box", "computeinstance"]],
        "gone": "ResourceNotFound",
        "environments": ["1", "1", "2"],
        "latest": ["2", "python:3.12", "by image"],
        "conda": "python=3.11",
        "fixed": 409,
        "active": ["1"],
        "archived": ["2"],
        "restored": ["2", "1"],
        "names": [],
        "names_again": [["train", "2"]],
        "data": ["iris", "2024-01", "https://example.org/iris.csv", "uri_file", {"a": "b"}],
        "counted": "2",
        "newest": "2",
        "data_names": ["counted", "iris"],
        "other_path": "ResourceExistsError",
        "data_active": ["counted"],
    }  # fmt: skip
    storage = Storage(served.home)
    workspace = storage.workspaces.get(SUBSCRIPTION, "group", "shelf")
    assert [each.name for each in storage.assets.names(workspace.id, AssetKind.COMPUTE)] == ["gpu-cluster"]
    assert storage.assets.get(workspace.id, AssetKind.DATA, "iris", "2024-01").archived


def test_uploads_datastores_components_and_endpoints(served: Served, client: Callable[..., Any]) -> None:
    said = client("ml", "ml_assets.py", SUBSCRIPTION, "group", "desk")
    assert said.pop("file").startswith("workspaceblobstore/paths/LocalUpload/")
    assert said == {
        "datastores": [
            ["workspaceartifactstore", "AzureBlob"],
            ["workspaceblobstore", "AzureBlob"],
            ["workspacefilestore", "AzureFile"],
            ["workspaceworkingdirectory", "AzureFile"],
        ],
        "default": ["workspaceblobstore", True],
        "lake": ["ours", "account_key"],
        "secret": "c2VjcmV0",
        "deleted": False,
        "folder": ["1", "2", True],
        "code": [True, False, True],
        "built": ["1", "Dockerfile", True],
        "component": [
            "3",
            "python train.py ${{inputs.raw}} ${{inputs.ratio}} ${{outputs.out}}",
            ["ratio", "raw"],
            True,
        ],
        "numbered": ["1", "2"],
        "components": ["numbered", "prep"],
        "components_left": ["numbered"],
        "no_component": "ResourceNotFound",
        "endpoint": ["iris-online", "Succeeded", True],
        "wrong_traffic": 400,
        "keys": [True, False],
        "endpoints": ["iris-online"],
        "endpoints_left": [],
        "batch": ["nightly"],
        "batch_endpoints": ["iris-batch"],
        "connection": ["git", "git", "https://example.org/r.git", None],
        "connections": ["git"],
        "registries": ["desk-shared"],
        "shared": ["azureml://registries/desk-shared/environments/base/versions/1", "python:3.12", ["base"]],
        "azureml": True,
    }
    storage = Storage(served.home)
    workspace = storage.workspaces.get(SUBSCRIPTION, "group", "desk")
    [tree] = [each for each in storage.assets.names(workspace.id, AssetKind.DATA) if each.name == "tree"]
    uploaded = served.home.azure.glob(
        f"blobs/*/*/{tree.body['properties']['dataUri'].partition('/paths/')[2]}/deep/x.txt"
    )
    assert [path.read_text() for path in uploaded] == ["x"]
    kept = storage.assets.get(workspace.id, AssetKind.BATCH_ENDPOINT, "iris-batch")
    assert "primaryKey" not in str(kept.body)


def test_models_of_azure_and_of_mlflow_are_one_list(served: Served, client: Callable[..., Any]) -> None:
    flow = {"MLFLOW_TRACKING_URI": f"{served.info.url}/mlflow", "MLFLOW_TRACKING_TOKEN": served.owner_token}
    said = client("ml", "ml_models.py", SUBSCRIPTION, "group", "models", **flow)
    assert said == {
        "plain": ["1", "custom_model", "a file", {"k": "v"}, {"rows": "10"}, True],
        "flavors": [{"python_function": {"loader_module": "mlflow.sklearn", "python_version": "3.11"}}, "1"],
        "word": ["2024.rc1", "2024.rc1"],
        "versions": ["3", "2024.rc1", "1"],
        "latest": "3",
        "mlflow": [["plain", "1"], ["plain", "2"], ["plain", "3"]],
        "mlflow_tags": ["v", "a file"],
        "mlflow_files": ["MLmodel", "model.pkl", "registered_model_meta"],
        "tuned": ["mlflow_model", {"a": "b"}, True, ["python_function"]],
        "tuned_files": ["MLmodel", "model.pkl"],
        "plain_files": ["weights.bin"],
        "names": ["flowers", "plain", "tuned"],
        "of_job": ["2", True, True],
        "no_files": "ResourceNotFound",
        "logged": [True, ["MLmodel", "model.pkl"]],
        "changed": ["w", "1", "better"],
        "active": ["3", "2024.rc1"],
        "archived": ["1"],
        "gone": False,
        "back": True,
        "fixed": 409,
        "no_version": "ResourceNotFound",
    }


def test_jobs_make_models_and_read_them(served: Served, client: Callable[..., Any]) -> None:
    flow = {"MLFLOW_TRACKING_URI": f"{served.info.url}/mlflow", "MLFLOW_TRACKING_TOKEN": served.owner_token}
    said = client("ml", "ml_model_jobs.py", SUBSCRIPTION, "group", "trees", **flow)
    assert said == {"made": ["1", "custom_model", True, True], "downloaded": ["leaf\n"], "read": True}
