"""Datasets of the SDK v1: the service that keeps them, and how a run is told of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.errors import UserError
from drivetrain.view.api.azure.classic.dataset_shape import data_uri
from drivetrain.view.api.azure.execution import script as program
from drivetrain.view.api.azure.execution.datasets import VARIABLE, variables
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from tests.unit.view.azure.conftest import OWNER, WORKSPACES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.view.azure.conftest import Caller, Edges

script: Any = program  # for every Python from 3.5 on, and so without types
STORE = "azureml://subscriptions/sub/resourcegroups/group/workspaces/shelf/datastores/blob/paths/"


def dataflow(*paths: str, key: str = "pattern") -> str:
    lines = [f'  - {key}: "{path}"' for path in paths]
    return json.dumps({"blocks": [], "meta": {"RsDataflow": "\n".join(["type: mltable", "paths:", *lines])}})


def dataset(name: str = "rows", **latest: Any) -> dict[str, Any]:
    flow = {"dataflow": dataflow(f"{STORE}in"), "properties": {}, **latest}
    return {"name": name, "datasetType": "file", "description": "d", "tags": {"a": "b"}, "latest": flow}


class Datasets:
    """The service, asked by somebody."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def ask(self, method: str, path: str, body: Any = None, service: str = "/dataset/v1.0") -> tuple[int, Any]:
        answer = self.caller.client.request(
            method, f"{service}{WORKSPACES}/shelf/{path}", headers=self.caller.headers, json=body
        )
        return answer.status_code, answer.json() if answer.content else None

    def register(self, body: dict[str, Any], *, again: bool = True) -> Any:
        status, found = self.ask("POST", f"datasets?ifExistsOk={str(again).lower()}", body)
        assert status == 200, found
        return found


@pytest.fixture
def asked(owner: Caller) -> Datasets:
    return Datasets(owner)


def test_a_name_has_versions(asked: Datasets, owner: Caller) -> None:
    first, second = asked.register(dataset("my rows")), asked.register(dataset("my rows"))
    assert [each["latest"]["versionId"] for each in (first, second)] == ["1", "2"]
    assert first["latest"]["savedDatasetId"] != second["latest"]["savedDatasetId"]
    assert first["datasetId"] == second["datasetId"]
    assert asked.ask("POST", "datasets?ifExistsOk=false", dataset("my rows"))[0] == 409
    assert asked.ask("GET", "datasets/query/name=my%20rows")[1]["latest"]["versionId"] == "2"
    assert asked.ask("GET", "datasets/query/name=my%20rows?versionId=1")[1]["latest"]["versionId"] == "1"
    assert asked.ask("GET", "datasets/query/name=my%20rows?versionId=3")[0] == 404
    number = first["datasetId"]
    assert asked.ask("GET", f"datasets/{number}")[1]["name"] == "my rows"
    assert [each["versionId"] for each in asked.ask("GET", f"datasets/{number}/definitions")[1]["value"]] == ["2", "1"]
    changed = asked.ask("PUT", f"datasets/{number}", {"tags": {"c": "d"}, "latest": {"versionId": "1"}})[1]
    assert (changed["tags"], changed["latest"]["versionId"]) == ({"c": "d"}, "1")
    assert [each["name"] for each in asked.ask("GET", "datasets")[1]["value"]] == ["my rows"]
    # It is the same list as azure-ai-ml's.
    assert [each["name"] for each in owner.get("data")["value"]] == ["my rows"]
    assert asked.ask("DELETE", "datasets/my%20rows")[0] == 200
    assert asked.ask("GET", "datasets")[1]["value"] == owner.get("data")["value"] == []


def test_a_dataset_without_a_name_is_kept_by_what_it_is(asked: Datasets, owner: Caller) -> None:
    body = {"datasetType": "file", "dataflowJson": dataflow(f"{STORE}in"), "properties": {}}
    saved = asked.ask("POST", "saveddatasets", body)[1]["id"]
    assert asked.ask("POST", "saveddatasets", body)[1]["id"] == saved
    assert asked.ask("POST", "saveddatasets", {**body, "datasetType": "tabular"})[1]["id"] != saved
    assert asked.ask("GET", f"saveddatasets/{saved}")[1] == {"id": saved, **body}
    assert asked.ask("GET", f"datasets/query/savedDatasetId={saved}")[1]["value"] == []
    # Anonymous: in no list.
    assert asked.ask("GET", "datasets")[1]["value"] == owner.get("data")["value"] == []
    named = asked.register(dataset("named", savedDatasetId=saved))
    assert named["latest"]["savedDatasetId"] == saved
    found = asked.ask("GET", f"datasets/query/savedDatasetId={saved}")[1]["value"]
    assert [each["name"] for each in found] == ["named"]
    status, refused = asked.ask("POST", "datasets?ifExistsOk=true", dataset("other", savedDatasetId=saved))
    assert status == 400
    assert "has been registered as named:1 (name:version)" in refused["error"]["message"]


def test_how_it_is_read(asked: Datasets, owner: Caller) -> None:
    saved = asked.register(dataset())["latest"]["savedDatasetId"]
    for path in (f"unregistered-{saved}/versions/1", "rows/versions/1", "rows/versions/None"):
        found = asked.ask("GET", f"dataversion/{path}?includeSavedDatasets=true", service="/data/v1.0")[1]
        assert found["legacyDataflow"].startswith("type: mltable")
        assert found["dataVersion"]["dataUri"] == "azureml://datastores/blob/paths/in"
    owner.put("data/newer/versions/7", dataType="uri_file", dataUri="https://example.org/x")
    found = asked.ask("GET", "dataversion/newer/versions/None", service="/data/v1.0")[1]
    assert found["dataVersion"]["dataUri"] == "https://example.org/x"
    assert "legacyDataflow" not in found
    assert asked.ask("GET", "datasets/query/name=newer")[0] == 404
    assert asked.ask("GET", "dataversion/none/versions/1", service="/data/v1.0")[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        dataset(""),
        dataset("a/b"),
        dataset("../x"),
        dataset("x" * 300),
        dataset(dataflow=None),
        dataset(dataflow="{}"),
        dataset(dataflow="{"),
        dataset(dataflow="[" * 100_000),
        dataset(dataflow='{"meta": {"RsDataflow": "paths: ["}}'),
        dataset(dataflow=7),
        dataset(properties="x"),
        dataset(savedDatasetId=7),
        {**dataset(), "tags": 7},
        {**dataset(), "latest": "x"},
    ],
)
def test_what_is_no_dataset_is_refused(asked: Datasets, body: dict[str, Any]) -> None:
    assert asked.ask("POST", "datasets", body)[0] == 400
    assert asked.ask("GET", "datasets")[1]["value"] == []


def test_another_project_sees_none(edges: Edges) -> None:
    blue, red = (edges.as_(Principal(PrincipalKind.JOB, "job", project, 1, "job")) for project in ("blue", "red"))
    saved = Datasets(blue).register(dataset())["latest"]["savedDatasetId"]
    for path in ("datasets", "datasets/query/name=rows", f"saveddatasets/{saved}"):
        assert Datasets(edges.as_(OWNER)).ask("GET", path)[0] == 200
        assert Datasets(red).ask("GET", path)[0] == 403


@pytest.mark.parametrize(
    ("paths", "uri"),
    [
        ([f"{STORE}in/2019"], "azureml://datastores/blob/paths/in/2019"),
        ([f"{STORE}in/*.csv", f"{STORE}other"], "azureml://datastores/blob/paths/in"),
        ([f"{STORE}**"], "azureml://datastores/blob/paths/"),
        (["https://example.org/a.csv"], "https://example.org/a.csv"),
        ([], ""),
    ],
)
def test_where_newer_clients_find_it(paths: list[str], uri: str) -> None:
    assert data_uri(dataflow(*paths)) == uri


def given(**more: Any) -> dict[str, Any]:
    dataset = {"dataset": {"id": "an id", "name": None, "version": None}}
    return {"dataLocation": dataset, "mechanism": "mount", "environmentVariableName": "x", **more}


def test_a_run_is_told_of_its_datasets() -> None:
    assert variables({"reference": {"dataStoreName": "blob"}}) == {}
    found = json.loads(variables({"x": given(pathOnCompute="/data")})[VARIABLE])
    assert found["x"]["DataLocation"]["Dataset"]["Id"] == "an id"
    assert (found["x"]["Mechanism"], found["x"]["PathOnCompute"]) == ("mount", "/data")
    for wrong in (given(mechanism="hdfs"), given(dataLocation={"dataPath": {}}), given(dataLocation={"dataset": 1})):
        with pytest.raises(UserError):
            variables({"x": wrong})


def test_where_a_dataset_is_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "HERE", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for name in ("x", "AZUREML_DATAREFERENCE_x"):
        monkeypatch.setenv(name, "")
    told = json.loads(variables({"x": given()})[VARIABLE])["x"]
    monkeypatch.setattr(script, "mounts", lambda: False)
    assert script.placed("x", told)["Mechanism"] == "download"
    assert script.replaced("DatasetConsumptionConfig:x", {"x": told}) == str(tmp_path / "data" / "x")
    assert script.replaced("DatasetConsumptionConfig:y", {"x": told}) == "DatasetConsumptionConfig:y"
    assert script.replaced("--x", {"x": told}) == "--x"
    monkeypatch.setattr(script, "mounts", lambda: True)
    assert script.placed("x", told)["Mechanism"] == "mount"
    assert not script.replaced("DatasetConsumptionConfig:x", {"x": told}).startswith(str(tmp_path / "data"))
    direct = json.loads(variables({"x": given(mechanism="direct")})[VARIABLE])["x"]
    assert script.placed("x", direct) == direct
    assert script.replaced("DatasetConsumptionConfig:x", {"x": direct}) == "an id"
