"""URIs of data in pieces, and those that are refused."""

from __future__ import annotations

import pytest

from drivetrain.errors import UserError
from drivetrain.wire.azureml.uris import InBlob, InDatastore, OfAsset, OfJob, OnTheWeb, WorkspaceName, named

WS = "subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
HERE = WorkspaceName("s", "g", "w")
EDGE = "https://127.0.0.1:8675"


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("azureml://datastores/d/paths/a/b.csv", InDatastore("d", "a/b.csv")),
        ("azureml://datastores/d/paths/a//b/", InDatastore("d", "a/b")),
        ("azureml://datastores/d", InDatastore("d")),
        ("azureml://jobs/happy_dog/outputs/model/paths/m/x", OfJob("happy_dog", "model", "m/x")),
        ("azureml://jobs/happy_dog/outputs/model", OfJob("happy_dog", "model")),
        ("azureml:data:3", OfAsset("", "data", "3")),
        ("azureml:data@latest", OfAsset("", "data", "", "latest")),
        ("azureml:data", OfAsset("", "data")),
        ("azureml://registries/azureml/environments/sk/versions/5", OfAsset("environments", "sk", "5", "", "azureml")),
        ("azureml://registries/azureml/environments/sk/labels/latest",
         OfAsset("environments", "sk", "latest", "latest", "azureml")),
        (f"{EDGE}/acct123.blob.core.local/box/a%20b/c", InBlob("acct123", "box", "a b/c")),
        ("wasbs://box@acct123.blob.core.windows.net/a/b", InBlob("acct123", "box", "a/b")),
        ("abfss://box@acct123.dfs.core.windows.net/a", InBlob("acct123", "box", "a")),
        ("https://example.org/iris.csv", OnTheWeb("https://example.org/iris.csv")),
        ("https://acct123.blob.core.windows.net/box/a", OnTheWeb("https://acct123.blob.core.windows.net/box/a")),
    ],
)  # fmt: skip
def test_names(uri: str, what: object) -> None:
    assert named(uri, EDGE).what == what
    assert named(uri, EDGE).workspace is None


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        (f"/{WS}/environments/e/versions/1", OfAsset("environments", "e", "1")),
        (f"azureml:/{WS}/codes/c/versions/1", OfAsset("codes", "c", "1")),
        (f"azureml://{WS}/datastores/d/paths/a", InDatastore("d", "a")),
        ("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/a", InDatastore("d", "a")),
        (f"azureml://{WS}/data/x/labels/latest", OfAsset("data", "x", "", "latest")),
    ],
)
def test_names_in_a_workspace(uri: str, what: object) -> None:
    assert named(uri).what == what
    assert named(uri).workspace == HERE


@pytest.mark.parametrize(
    "uri",
    [
        "azureml://datastores/d/paths/../../secret.key",
        "azureml://datastores/d/paths/a/./b",
        f"azureml://{WS}/datastores/d/paths/../x",
        "azureml://jobs/j/outputs/o/paths/../x",
        f"{EDGE}/acct123.blob.core.local/box/%2e%2e/x",
        f"{EDGE}/acct123.blob.core.local/box/a%00b",
        "azureml://datastores/d/paths/" + "x" * 300,
        "azureml://nonsense",
        "/etc/passwd",
        "file:///etc/passwd",
        "../x",
        "",
    ],
)
def test_what_is_refused(uri: str) -> None:
    with pytest.raises(UserError):
        named(uri, EDGE)
