"""The services of the SDK v1, asked by hand: with what belongs to others, and with what makes no sense."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.azure.conftest import SUBSCRIPTION, Served

if TYPE_CHECKING:
    from collections.abc import Iterator

Ask = Callable[..., tuple[int, Any]]
PLACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group/providers/Microsoft.MachineLearningServices/workspaces/"


@pytest.fixture(scope="module")
def http(served: Served) -> Iterator[httpx.Client]:
    """A client that trusts the home's own authority, without a token."""
    context = ssl.create_default_context(cafile=str(served.home.azure / "bundle.pem"))
    with httpx.Client(base_url=served.address, verify=context, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def ask(served: Served, http: httpx.Client) -> Ask:
    """`ask(service, path, body)`, as the owner: the status, and what the answer says."""
    secret = {"X-IDENTITY-HEADER": served.owner_token}
    asked_for = {"resource": "https://management.azure.com"}
    token = http.get("/msi/token", params=asked_for, headers=secret).json()["access_token"]

    def asked(service: str, path: str, body: Any = None, method: str = "", workspace: str = "withstand") -> Any:
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        how = method or ("GET" if content is None else "POST")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = http.request(how, service + PLACE + workspace + path, content=content, headers=headers)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.status_code, answer.json() if is_json else answer.content

    return asked


HISTORY, METRIC, ARTIFACT = "/history/v1.0", "/metric/v2.0", "/artifact/v2.0"
EXECUTION, CONTENT, MODELS = "/execution/v1.0", "/content/v2.0", "/modelmanagement/v1.0"
ENVIRONMENT, DATASTORE = "/environment/v1.0", "/datastore/v1.0"
RUN = "/experiments/odd/runs/odd-run"
FILES = "/artifacts/content/ExperimentRun/dcid.odd-run/"


def test_a_run_of_another_workspace_is_not_there(ask: Ask) -> None:
    assert ask(HISTORY, "/experiments/mine/runs/of-one", {}, "PATCH", "first-one")[0] == 200
    for path in (
        "/runs/of-one",
        "/experiments/mine/runs/of-one",
        "/runs/of-one/details",
        "/experiments/mine/runs/of-one/token",
    ):
        assert ask(HISTORY, path, workspace="first-one")[0] == 200
        assert ask(HISTORY, path, workspace="second-one")[0] == 404
    assert ask(HISTORY, "/experiments/mine/runs/of-one", {"tags": {"a": "b"}}, "PATCH", "second-one")[0] == 404
    assert ask(METRIC, "/runs/of-one/batch", {"values": [_metric()]}, workspace="second-one")[0] == 404
    assert ask(METRIC, "/runs/of-one/list", {}, workspace="second-one")[0] == 404
    files = "/artifacts/batch/metadata/ExperimentRun/dcid.of-one"
    assert ask(ARTIFACT, files, {"paths": [{"path": "x"}]}, workspace="second-one")[0] == 404
    assert ask(HISTORY, "/experiments/mine/runs:query", {}, workspace="second-one")[1]["value"] == []
    assert len(ask(HISTORY, "/experiments/mine/runs:query", {}, workspace="first-one")[1]["value"]) == 1


def _metric(**more: Any) -> dict[str, Any]:
    return {"name": "m", "columns": {"m": "double"}, "value": [{"data": {"m": 1.0}}], **more}


def test_a_file_of_a_run_never_lies_elsewhere(ask: Ask) -> None:
    assert ask(HISTORY, RUN, {}, "PATCH")[0] == 200
    for name in ("..%2fout", "a/%2e%2e/%2e%2e/out", "%2fetc%2fpasswd", "a%00b", "a//b", "x" * 300):
        assert ask(ARTIFACT, FILES + name, b"content")[0] == 400, name
    assert ask(ARTIFACT, FILES + "good/name.txt", b"content")[0] == 200
    assert ask(ARTIFACT, FILES + "good", b"content")[0] == 409
    assert ask(ARTIFACT, FILES + "good/name.txt/deeper", b"content")[0] == 409
    assert ask(ARTIFACT, FILES + "good/name.txt?append=true", b" and more")[0] == 200
    assert ask(ARTIFACT, FILES + "good/name.txt")[1] == b"content and more"
    assert ask(ARTIFACT, "/artifacts/contentinfo/ExperimentRun/dcid.odd-run/none")[0] == 404
    assert ask(ARTIFACT, "/artifacts/ExperimentRun/dcid.none")[0] == 404
    assert ask(ARTIFACT, "/artifacts/..%2fx/y")[0] in (400, 404)


@pytest.mark.parametrize(
    ("service", "path", "body", "method"),
    [
        (HISTORY, RUN, b"{", "PATCH"),
        (HISTORY, RUN, b"[]", "PATCH"),
        (HISTORY, RUN, b'{"tags": {"a": "\\ud800"}}', "PATCH"),
        (HISTORY, RUN, b'{"tags": {"a": "\\u0000"}}', "PATCH"),
        (HISTORY, RUN, b"\xff\xfe", "PATCH"),
        (HISTORY, RUN, b'{"tags":' + b"[" * 100_000, "PATCH"),
        (HISTORY, RUN, {"tags": [1]}, "PATCH"),
        (HISTORY, RUN, {"tags": {"a" * 300: "b"}}, "PATCH"),
        (HISTORY, RUN, {"tags": {"a\nb": "c"}}, "PATCH"),
        (HISTORY, RUN, {"tags": {"drivetrain.workspace": "other"}}, "PATCH"),
        (HISTORY, RUN, {"properties": {"drivetrain.x": "y"}}, "PATCH"),
        (HISTORY, RUN, {"status": "Dancing"}, "PATCH"),
        (HISTORY, RUN, {"status": 5}, "PATCH"),
        (HISTORY, RUN, {"name": "x" * 9000}, "PATCH"),
        (HISTORY, RUN, {"parentRunId": "../x"}, "PATCH"),
        (HISTORY, RUN, {"options": {"x": "y" * 9000}}, "PATCH"),
        (HISTORY, "/experiments/odd/runs/..%20", {}, "PATCH"),
        (HISTORY, "/experiments/odd/runs/a.b", {}, "PATCH"),
        (HISTORY, "/experiments/odd/runs:query", {"filter": "(("}, "POST"),
        (HISTORY, "/experiments/odd/runs:query", {"filter": 5}, "POST"),
        (HISTORY, "/experiments/odd/runs:query", {"continuationToken": "nonsense"}, "POST"),
        (HISTORY, RUN + "/tags", {"a": 1}, "DELETE"),
        (HISTORY, RUN + "/events", {"name": "Microsoft.MachineLearning.Run.Error", "data": {}}, "POST"),
        (HISTORY, RUN + "/events", {"name": [], "data": {}}, "POST"),
        (HISTORY, "/experiments/" + "x" * 300, b"", "POST"),
        (METRIC, "/runs/odd-run/batch", {"values": 5}, "POST"),
        (METRIC, "/runs/odd-run/full", {"metricName": 7}, "POST"),
        (ARTIFACT, "/artifacts/batch/metadata/ExperimentRun/dcid.odd-run", {"paths": [{"path": "../x"}]}, "POST"),
        (ARTIFACT, "/artifacts/batch/metadata/ExperimentRun/dcid.odd-run", {"paths": [{"path": "a?b"}]}, "POST"),
        (ARTIFACT, "/artifacts/batch/metadata/..%2f/x", {"paths": []}, "POST"),
        (EXECUTION, "/experiments/odd/localrun?runId=odd-local", b"no parts", "POST"),
        (EXECUTION, "/experiments/odd/localrun?runId=odd-local", {"Configuration": {"script": "../x"}}, "POST"),
        (EXECUTION, "/experiments/odd/localrun?runId=..%2fx", {"Configuration": {"script": "x"}}, "POST"),
        (EXECUTION, "/experiments/odd/snapshotrun?runId=odd-far", {"Configuration": {"script": "x"}}, "POST"),
        (EXECUTION, "/experiments/odd/snapshotrun", {}, "POST"),
        (CONTENT, "/snapshots/getblob", {"FileNames": ["../x"]}, "POST"),
        (CONTENT, "/snapshots/getblob", {"FileNames": [5]}, "POST"),
        (CONTENT, "/snapshots/11111111-1111", {"DirTreeNode": {"children": [{"name": "..", "type": "File"}]}}, "POST"),
        (CONTENT, "/snapshots/11111111-1111", {"DirTreeNode": 5}, "POST"),
        (MODELS, "/assets", {"artifacts": []}, "POST"),
        (MODELS, "/assets", {"artifacts": [{"prefix": "x"}]}, "POST"),
        (MODELS, "/models", {"name": "a/b", "url": "aml://asset/x"}, "POST"),
        (MODELS, "/models", {"name": "good", "url": "https://example.org"}, "POST"),
        (MODELS, "/models?count=0", None, "GET"),
        (ENVIRONMENT, "/environments/a%2fb/versions/1", {}, "PUT"),
        (ENVIRONMENT, "/environments/e/versions/1", {"python": 5}, "PUT"),
        (DATASTORE, "/datastores", {"name": "../x"}, "POST"),
        (DATASTORE, "/datastores", {"name": "good", "dataStoreType": "AzureMagic"}, "POST"),
        (DATASTORE, "/datastores", {"name": "workspaceblobstore"}, "POST"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    ask: Ask, service: str, path: str, body: Any, method: str
) -> None:
    assert ask(HISTORY, RUN, {}, "PATCH")[0] == 200
    status, answer = ask(service, path, body, method)
    assert 400 <= status < 500, (status, answer)
    assert answer["error"]["message"]


@pytest.mark.parametrize("path", ["/models/none:1", "/models/none", "/assets/%21%21", "/assets/QQ%20"])
def test_models_that_are_not_there(ask: Ask, path: str) -> None:
    assert ask(MODELS, path)[0] in (200, 404)


def test_a_metric_that_cannot_be_taken_keeps_no_other_out(ask: Ask) -> None:
    assert ask(HISTORY, RUN, {}, "PATCH")[0] == 200
    values = [_metric(), _metric(name=""), _metric(columns=5), _metric(value=[{"data": {"m": 10**400}}])]
    status, answer = ask(METRIC, "/runs/odd-run/batch", {"values": values, "reportErrors": True})
    assert (status, len(answer["errors"])) == (200, 2)
    status, answer = ask(METRIC, "/runs/odd-run/full", {"metricName": "m"})
    assert [each["data"]["m"] for each in answer["value"]] == [1.0, 1.7976931348623157e308]


@pytest.mark.parametrize(
    "path",
    [
        f"{HISTORY}@/runs/x", f"{METRIC}@/runs/x/list", f"{ARTIFACT}@/artifacts/ExperimentRun/dcid.x",
        f"{EXECUTION}@/experiments/x/localrun?runId=x", f"{CONTENT}@/snapshots/getblob", f"{MODELS}@/models",
        f"{ENVIRONMENT}@/environments", f"{DATASTORE}@/datastores", "/rp/workspaces@/computes",
    ],
)  # fmt: skip
def test_nobody_comes_in_without_a_token(http: httpx.Client, path: str) -> None:
    service, _, rest = path.partition("@")
    for method in ("GET", "POST"):
        assert http.request(method, service + PLACE + "withstand" + rest).status_code in (401, 405)
