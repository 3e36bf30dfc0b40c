"""What clients of 2019 ask in a form of its own: snapshots with their files, metrics of the run history."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.errors import UserError
from drivetrain.view.api.azure.metrics.older import newer, older
from drivetrain.view.api.azure.metrics.values import document, logged
from drivetrain.view.api.azure.paths import with_canonical_paths
from tests.unit.view.azure.conftest import WORKSPACES, Client

if TYPE_CHECKING:
    from drivetrain.view.api.mlflow.asgi import Receive, Scope, Send
    from tests.unit.view.azure.conftest import Caller

NONE = "00000000-0000-0000-0000-000000000000"


def tree(*names: str) -> dict[str, Any]:
    """A tree of files, as a client says it."""
    root: dict[str, Any] = {"name": "", "type": "Directory", "children": {}}
    for name in names:
        *folders, last = name.split("/")
        node = root
        for folder in folders:
            node = node["children"].setdefault(folder, {"name": folder, "type": "Directory", "children": {}})
        node["children"][last] = {"name": last, "type": "File"}
    return root


class Snapshots:
    def __init__(self, owner: Caller) -> None:
        self.owner = owner
        self.base = f"/content/v1.0{WORKSPACES}/shelf/snapshots/"

    def send(self, names: dict[str, Any], files: dict[str, bytes], parent: str = NONE) -> tuple[int, str]:
        number = str(uuid.uuid4())
        sent = [("files", (name, content)) for name, content in files.items()]
        sent.append(("files", ("dirTreeRootFile", json.dumps(names).encode())))
        answer = self.owner.client.request(
            "POST", f"{self.base}{number}?parentSnapshotId={parent}", headers=self.owner.headers, files=sent
        )
        return answer.status_code, number

    def files(self, number: str) -> Any:
        answer = self.owner.client.request("GET", f"{self.base}{number}/metadata", headers=self.owner.headers)
        return answer.json()["files"]


@pytest.fixture
def snapshots(owner: Caller) -> Snapshots:
    return Snapshots(owner)


def test_a_snapshot_comes_with_its_new_files(snapshots: Snapshots) -> None:
    status, first = snapshots.send(tree("train.py", "lib/a.py"), {"train.py": b"1", "lib/a.py": b"2"})
    assert (status, snapshots.files(first)) == (200, ["lib/a.py", "train.py"])
    status, second = snapshots.send(tree("train.py", "lib/b.py"), {"lib/b.py": b"3"}, first)
    assert (status, snapshots.files(second)) == (200, ["lib/b.py", "train.py"])
    answer = snapshots.owner.client.request("GET", snapshots.base + second, headers=snapshots.owner.headers)
    assert isinstance(answer.json(), str)
    assert f"archives/{second}.zip?" in answer.json()


def test_odd_snapshots_are_refused(snapshots: Snapshots) -> None:
    climbing = {"name": "", "type": "Directory", "children": {"x": {"name": "..", "type": "File"}}}
    assert snapshots.send(climbing, {"..": b"1"})[0] == 400
    assert snapshots.send({}, {})[0] == 400
    assert snapshots.send(tree("a"), {"a": b"1"}, str(uuid.uuid4()))[0] == 404
    assert snapshots.send(tree("a"), {"a": b"1"}, "../../x")[0] == 400
    answer = snapshots.owner.client.request(
        "POST", f"{snapshots.base}{uuid.uuid4()}", headers=snapshots.owner.headers, content=b"{}"
    )
    assert answer.status_code == 400


def metric(kind: str, cells: list[dict[str, Any]], **columns: str) -> dict[str, Any]:
    properties = [{"propertyId": name, "name": name, "type": of} for name, of in columns.items()]
    return {"name": "m", "metricType": f"azureml.v1.{kind}", "cells": cells, "schema": {"properties": properties}}


@pytest.mark.parametrize(
    ("given", "cells", "location"),
    [
        (metric("scalar", [{"m": 1.5}], m="double"), [{"m": 1.5}], None),
        (metric("list", [{"m": 1}, {"m": 2}], m="int"), [{"m": 1}, {"m": 2}], None),
        (metric("table", [{"x": 1, "y": "a"}], x="int", y="string"), [{"x": 1, "y": "a"}], None),
        ({**metric("image", []), "metricType": "azureml.v2.image", "dataLocation": "aml://a"}, [], "aml://a"),
    ],
)
def test_a_metric_there_and_back(given: dict[str, Any], cells: Any, location: str | None) -> None:
    said = logged(newer(given), 5)
    shown = older("run", document("run", said.name, said.kind, said.columns, said.rows))
    assert (shown["runId"], shown["name"], shown["metricType"]) == ("run", "m", given["metricType"])
    assert (shown["cells"], shown["dataLocation"], shown["numCells"]) == (cells, location, len(cells))
    types = {each["propertyId"]: each["type"] for each in shown["schema"]["properties"]}
    assert types == (dict(said.columns) if cells else {"m": "string"})


@pytest.mark.parametrize("more", [{"cells": "x"}, {"cells": [1]}, {"schema": 7}, {"name": 1}, {"name": ""}])
def test_odd_metrics_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        logged(newer({**metric("scalar", [{"m": 1}], m="int"), **more}), 5)


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("/acct.blob.core.windows.net/box/a", "/acct.blob.core.local/box/a"),
        ("/acct.blob.core.windows.net", "/acct.blob.core.local"),
        ("/acct.blob.core.local/box/x.blob.core.windows.net", "/acct.blob.core.local/box/x.blob.core.windows.net"),
        ("/other/acct.blob.core.windows.net", "/other/acct.blob.core.windows.net"),
    ],
)
def test_an_account_in_the_form_of_the_public_cloud(asked: str, seen: str) -> None:
    paths = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        paths.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    Client(with_canonical_paths(application)).request("GET", asked)
    assert paths == [seen]
