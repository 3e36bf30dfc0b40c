"""The routes of Azure Resource Manager: what their clients count on, and what the hostile try."""

from __future__ import annotations

import json
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.registry.model import AssetKind
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from tests.unit.view.azure.conftest import ADDRESS, GROUP, OWNER, WORKSPACES

if TYPE_CHECKING:
    from tests.unit.view.azure.conftest import Caller, Edges

IMAGE = {"image": "python:3.11"}
DATA = {"dataType": "uri_file", "dataUri": "https://example.org/x"}


def job(project: str) -> Principal:
    return Principal(PrincipalKind.JOB, "stage.job", project, 1, "stage.job")


def test_a_workspace_is_there_for_whoever_names_it_first(edges: Edges) -> None:
    body = edges.as_(job("blue")).get("")
    assert body["properties"]["mlFlowTrackingUri"].startswith("azureml://127.0.0.1:1/mlflow/v1.0/subscriptions/sub")
    assert body["systemData"]["createdBy"] == "stage.job"
    assert edges.as_(OWNER).status("GET", "") == 200
    refused = edges.as_(job("red")).ask("GET", "")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert edges.as_(job("red")).get(WORKSPACES) == {"value": []}
    assert [each["name"] for each in edges.as_(job("blue")).get(WORKSPACES)["value"]] == ["shelf"]


def test_a_workspace_is_changed_and_forgotten(owner: Caller, edges: Edges) -> None:
    made = owner.ask("PUT", "", {"location": "westeurope", "kind": "Hub", "properties": {"friendlyName": "Our shelf"}})
    assert (made.json()["location"], made.json()["kind"]) == ("westeurope", "Hub")
    body = {"tags": {"a": "b"}, "properties": {"description": "ours", "workspaceId": "stolen"}}
    changed = owner.ask("PATCH", "", body).json()
    assert (changed["tags"], changed["properties"]["description"]) == ({"a": "b"}, "ours")
    assert changed["properties"]["friendlyName"] == "Our shelf"
    assert changed["properties"]["workspaceId"] == edges.storage.workspaces.all()[0].id
    assert [each["name"] for each in owner.get(f"{WORKSPACES}?kind=Hub,Project")["value"]] == ["shelf"]
    assert owner.get(f"{WORKSPACES}?kind=Default")["value"] == []
    owner.put("data/x/versions/1", **DATA)
    assert owner.status("DELETE", "") == 200
    assert not edges.storage.workspaces.all()
    assert owner.status("GET", "data/x/versions/1") == 404


def test_the_discovery_names_every_service(edges: Edges) -> None:
    found = edges.client.request("GET", "/discovery").json()
    assert found["history"] == found["api"] == ADDRESS


@pytest.mark.parametrize("path", ["", "data", "models", "computes", "datastores", "onlineEndpoints/x", "connections"])
def test_nothing_without_a_token(edges: Edges, path: str) -> None:
    assert edges.client.request("GET", f"{WORKSPACES}/shelf/{path}".rstrip("/")).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/..%2f..%2fetc",
        f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/a%00b",
        f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{'x' * 40}",
        f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/-",
        "/subscriptions/a%20b/resourceGroups/group/providers/Microsoft.MachineLearningServices/workspaces/shelf",
        "/subscriptions/sub/resourceGroups/gr%0aoup/providers/Microsoft.MachineLearningServices/workspaces/shelf",
        "data/..%2fx/versions/1",
        "data/x/versions/..%5c..",
        "data/%ff%fe/versions/1",
        f"environments/{'x' * 300}",
        "codes/.hidden/versions/1",
    ],
)
def test_names_that_are_none_are_refused(owner: Caller, edges: Edges, path: str) -> None:
    assert 400 <= owner.status("GET", path) < 405
    assert {each.name for each in edges.storage.workspaces.all()} <= {"shelf"}


@pytest.mark.parametrize("name", ["..%2f..", "1cluster", "x" * 40, "a_b", "%ff"])
@pytest.mark.parametrize("kind", ["computes", "onlineEndpoints", "batchEndpoints"])
def test_names_of_what_is_made_are_refused(owner: Caller, kind: str, name: str) -> None:
    body = {"properties": {"computeType": "AmlCompute", "authMode": "Key"}}
    assert 400 <= owner.status("PUT", f"{kind}/{name}", body) < 405


WRONG: list[tuple[str, Any]] = [
    ("environments/e/versions/1", []),
    ("environments/e/versions/1", {"properties": []}),
    ("environments/e/versions/1", {"properties": {"image": 5}}),
    ("environments/e/versions/1", {"properties": {}}),
    ("environments/e/versions/1", {"properties": {**IMAGE, "tags": {"a": {}}}}),
    ("environments/e/versions/1", {"properties": {**IMAGE, "tags": "a"}}),
    ("environments/e/versions/1", {"properties": {**IMAGE, "description": ["a"]}}),
    ("environments/e/versions/1", {"properties": {"build": "x"}}),
    ("data/d/versions/1", {"properties": {"dataType": "table", "dataUri": "x"}}),
    ("data/d/versions/1", {"properties": {"dataType": "uri_file"}}),
    ("components/c/versions/1", {"properties": {"componentSpec": {"type": "parallel"}}}),
    ("components/c/versions/1", {"properties": {"componentSpec": "x"}}),
    ("codes/c/versions/1", {"properties": {"codeUri": None}}),
    ("computes/cluster", {"properties": {"computeType": "VirtualMachine"}}),
    ("computes/cluster", {"properties": {"computeType": "AmlCompute", "properties": {"scaleSettings": 1}}}),
    (
        "computes/cluster",
        {"properties": {"computeType": "AmlCompute", "properties": {"scaleSettings": {"maxNodeCount": -1}}}},
    ),
    (
        "computes/cluster",
        {
            "properties": {
                "computeType": "AmlCompute",
                "properties": {"scaleSettings": {"minNodeCount": 3, "maxNodeCount": 2}},
            }
        },
    ),
    ("datastores/lake", {"properties": {"datastoreType": "Ftp"}}),
    ("datastores/lake", {"properties": {"datastoreType": "AzureBlob", "credentials": {"credentialsType": "Guess"}}}),
    ("onlineEndpoints/ask", {"properties": {"authMode": "None"}}),
    ("onlineEndpoints/ask", {"properties": {"traffic": {"blue": 100}}}),
    ("onlineEndpoints/ask", {"properties": {"traffic": {"blue": "all"}}}),
    ("onlineEndpoints/ask", {"properties": {"traffic": 5}}),
    ("batchEndpoints/ask", {"properties": {"defaults": {"deploymentName": "none"}}}),
    ("connections/git", {"properties": {"category": 5}}),
]


@pytest.mark.parametrize(("path", "body"), WRONG)
def test_wrong_bodies_are_refused(owner: Caller, path: str, body: Any) -> None:
    answer = owner.ask("PUT", path, body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "BadRequest"
    assert owner.status("GET", path) == 404


@pytest.mark.parametrize(
    "text",
    [b"{", b"[" * 100_000, b'{"properties": NaN}', b'{"properties": {"description": "\\ud800"}}', b"\xff\xfe", b"5"],
)
def test_what_is_no_json_is_refused(owner: Caller, text: bytes) -> None:
    assert owner.ask("PUT", "environments/e/versions/1", content=text).status_code == 400


def test_a_body_that_is_too_large_is_refused(owner: Caller) -> None:
    text = json.dumps({"properties": {**IMAGE, "description": "x" * 5_000_000}}).encode()
    assert owner.ask("PUT", "environments/e/versions/1", content=text).status_code == 413


@pytest.mark.parametrize("query", ["$top=0", "$top=x", "$skip=-1", "listViewType=Some", "$top=99999999999999999999999"])
def test_wrong_questions_are_refused_or_bounded(owner: Caller, query: str) -> None:
    assert owner.status("GET", f"data?{query}") in (200, 400)


def test_a_list_comes_in_pages(owner: Caller) -> None:
    for version in range(1, 6):
        owner.put(f"data/iris/versions/{version}", **DATA)
    page = owner.get("data/iris/versions?$top=2&api-version=2023-04-01")
    found = []
    while True:
        found += [each["name"] for each in page["value"]]
        if "nextLink" not in page:
            break
        assert page["nextLink"].startswith(f"{ADDRESS}{WORKSPACES}/shelf/data/iris/versions?")
        page = owner.get(page["nextLink"].removeprefix(ADDRESS))
    assert found == ["5", "4", "3", "2", "1"]
    oldest = owner.get("data/iris/versions?$top=1&$orderBy=createdtime asc")["value"]
    assert [each["name"] for each in oldest] == ["1"]


def test_what_a_version_is_cannot_change_but_what_is_said_of_it_can(owner: Caller) -> None:
    first = owner.put("environments/e/versions/1", **IMAGE, tags={"a": "b"})
    assert first["id"].endswith("/workspaces/shelf/environments/e/versions/1")
    assert first["type"] == "Microsoft.MachineLearningServices/workspaces/environments/versions"
    assert owner.put("environments/e/versions/1", **IMAGE, tags={"a": "c"})["properties"]["tags"] == {"a": "c"}
    refused = owner.ask("PUT", "environments/e/versions/1", {"properties": {"image": "python:3.12"}})
    assert refused.status_code == 409
    assert "cannot be changed" in refused.json()["error"]["message"]


def test_a_name_says_its_newest_and_its_next_version(owner: Caller) -> None:
    for version in ("1", "9", "rc"):
        owner.put(f"data/iris/versions/{version}", **DATA)
    found = owner.get("data/iris")["properties"]
    assert (found["latestVersion"], found["nextVersion"], found["dataType"]) == ("rc", "10", "uri_file")
    owner.put("data/iris", description="flowers", isArchived=True)
    assert owner.get("data")["value"] == []
    assert owner.get("data?listViewType=ArchivedOnly")["value"][0]["properties"]["description"] == "flowers"
    assert owner.status("DELETE", "data/iris") == 200
    assert owner.status("GET", "data/iris") == 404


def test_a_component_has_a_default_version(owner: Caller) -> None:
    for version in ("1", "2"):
        owner.put(
            f"components/prep/versions/{version}", componentSpec={"type": "command", "command": f"echo {version}"}
        )
    found = owner.get("components/prep/versions/azureml_default")
    assert found["properties"]["componentSpec"]["version"] == "2"
    assert owner.put("components/prep/versions/2", **found["properties"])["name"] == "2"


def test_secrets_are_sealed_and_not_shown(owner: Caller, edges: Edges) -> None:
    key = {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": "aGVsbG8="}}
    owner.put("datastores/lake", datastoreType="AzureBlob", accountName="a", containerName="c", credentials=key)
    workspace = edges.storage.workspaces.all()[0]
    kept = str(edges.storage.assets.get(workspace.id, AssetKind.DATASTORE, "lake").body)
    assert "aGVsbG8=" not in kept + str(owner.get("datastores/lake")) + str(owner.get("datastores"))
    assert "sealed" not in owner.get("datastores/lake")
    assert owner.ask("POST", "datastores/lake/listSecrets", {}).json()["key"] == "aGVsbG8="
    owner.put("computes/box", computeType="ComputeInstance", properties={"userAccountCredentials": {"password": "pw1"}})
    assert "pw1" not in str(edges.storage.assets.get(workspace.id, AssetKind.COMPUTE, "box").body)


def test_another_datastore_can_be_the_default(owner: Caller) -> None:
    def default() -> list[str]:
        return [each["name"] for each in owner.get("datastores?isDefault=true")["value"]]

    assert default() == ["workspaceblobstore"]
    for name in ("lake", "sea"):
        owner.put(f"datastores/{name}", datastoreType="AzureBlob", isDefault=True)
        assert default() == [name]
    assert owner.status("DELETE", "datastores/workspaceblobstore") == 409
    assert owner.status("PUT", "datastores/workspaceblobstore", {"properties": {"datastoreType": "AzureBlob"}}) == 409


def test_pending_uploads_have_places_of_their_own(owner: Caller) -> None:
    def upload() -> Any:
        return owner.ask("POST", "codes/c/versions/1/startPendingUpload", {}).json()["blobReferenceForConsumption"]

    first, second = upload(), upload()
    assert first["blobUri"] != second["blobUri"]
    assert first["credential"]["sasUri"].startswith(f"{first['blobUri']}?")


def test_keys_of_a_batch_endpoint_stay_until_they_are_changed(owner: Caller) -> None:
    owner.put("batchEndpoints/ask", keys={"primaryKey": "mine"})
    before = owner.ask("POST", "batchEndpoints/ask/listkeys").json()
    owner.put("batchEndpoints/ask")
    assert before["primaryKey"] == "mine"
    assert owner.ask("POST", "batchEndpoints/ask/listKeys").json() == before
    change = {"keyType": "Primary", "keyValue": "other"}
    assert owner.status("POST", "batchEndpoints/ask/regenerateKeys", change) == 200
    after = owner.ask("POST", "batchEndpoints/ask/listKeys").json()
    assert after == {**before, "primaryKey": "other"}
    assert owner.status("POST", "batchEndpoints/ask/regenerateKeys", {"keyType": "Third"}) == 400
    assert "other" not in str(owner.get("batchEndpoints/ask"))


def test_a_batch_endpoint_says_that_it_is_not_served_yet(edges: Edges, owner: Caller) -> None:
    shown = owner.put("batchEndpoints/ask")["properties"]
    assert shown["properties"]["drivetrain.served"] == "false"
    answer = edges.client.request("POST", shown["scoringUri"].removeprefix(ADDRESS), json={})
    assert answer.status_code == 503
    assert "not served" in answer.json()["error"]["message"]


def test_a_compute_keeps_its_type(owner: Caller) -> None:
    owner.put("computes/mine", computeType="AmlCompute", properties={"vmSize": "Standard_DS3_v2"})
    assert owner.status("PUT", "computes/mine", {"properties": {"computeType": "ComputeInstance"}}) == 409
    scale = {"properties": {"properties": {"scaleSettings": {"maxNodeCount": 8}}}}
    assert owner.ask("PATCH", "computes/mine", scale).json()["properties"]["properties"]["scaleSettings"] == {
        "maxNodeCount": 8,
        "minNodeCount": 0,
        "nodeIdleTimeBeforeScaleDown": "PT120S",
    }
    assert owner.status("POST", "computes/mine/stop") == 409
    assert owner.status("DELETE", "computes/cpu-cluster") == 409
    assert "use one of these: cpu-cluster, mine" in owner.ask("GET", "computes/none").json()["error"]["message"]


BODIES: list[Any] = [
    None,
    {"properties": {"properties": {"properties": []}, "tags": [], "traffic": [1], "credentials": "x", "keys": 5}},
    {
        "properties": {
            "computeType": "AmlCompute",
            "properties": {"scaleSettings": {"maxNodeCount": 1e300}},
            "datastoreType": "AzureBlob",
            "credentials": {"secrets": []},
            "category": "Git",
            "metadata": 1,
            "componentSpec": {"type": {}},
            "dataType": {},
            "image": {},
            "build": {"contextUri": 1},
        }
    },
    {"identity": 1, "sku": [], "kind": {}, "location": {}, "keyType": {}, "expirableSecret": "yes"},
]
OURS = {"workspaces", "computes", "connections", "datastores", "endpoints", "registries"} | {
    str(kind) for kind in AssetKind
}


def routes(edges: Edges) -> list[tuple[str, str]]:
    """Every method and path of Azure Resource Manager, filled in; models are MLflow's, and have tests with it."""
    assert edges.api is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # operations of other parts have ids that are not their own
        paths = edges.api.openapi()["paths"]
    found = []
    for path, operations in paths.items():
        for method, operation in operations.items():
            ours = OURS & set(operation.get("tags", [])) and path.startswith(("/subscriptions/{", "/mferp/"))
            if ours and "models" not in operation["tags"]:
                filled = re.sub(r"\{(\w+)\}", lambda name: NAMES.get(name[1], "cpu-cluster"), path)
                found.append((method.upper(), filled))
    return found


NAMES = {"subscription": "sub", "resource_group": "group", "workspace": "shelf", "version": "1"}


def test_no_route_fails_whatever_it_is_sent(owner: Caller, edges: Edges) -> None:
    asked = routes(edges)
    assert len(asked) > 100
    owner.ask("PUT", f"{GROUP}/providers/Microsoft.MachineLearningServices/registries/shelf", {})
    sent = [(*each, body) for each in asked for body in (BODIES if each[0] in ("PUT", "POST", "PATCH") else BODIES[:1])]
    answers = owner.client.requests(sent, owner.headers)
    failed = [
        (each, answer.text)
        for each, answer in zip(sent, answers, strict=True)
        if answer.status_code >= 500 and "not served" not in answer.text
    ]
    assert not failed
