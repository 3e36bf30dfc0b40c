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
