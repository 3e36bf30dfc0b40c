"""Personal access tokens, shown to a running server: to our own API, the Azure DevOps API and MLflow."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.azure.devops_projects import Answer, add_project, ask, wait_for

if TYPE_CHECKING:
    from tests.azure.conftest import Served

PIPELINE = """
trigger: none
steps:
- checkout: none
- bash: echo done
"""
MLFLOW = "/mlflow/api/2.0/mlflow"


@pytest.fixture(scope="module")
def projects(served: Served, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("Alder", "Birch"):
        add_project(served, tmp_path_factory.mktemp("tokens") / name, name, PIPELINE)


def create(served: Served, name: str, *more: str) -> str:
    return str(json.loads(served.cli("token", "create", name, "--json", *more))["token"])


def plain(served: Served, method: str, path: str, token: str, body: object = None) -> Any:
    """By Bearer, as our own API's and MLflow's clients send it: the status, and what was said."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{served.info.url}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.usefixtures("projects")
def test_a_token_for_reading_reads_everything_and_changes_nothing(served: Served) -> None:
    token = create(served, "reader")
    assert plain(served, "GET", "/api/v1/runs", token)[0] == 200
    assert plain(served, "POST", "/api/v1/projects/Alder/runs", token, {})[0] == 403
    names = [each["name"] for each in ask(served, "GET", "/_apis/projects", token=token)["value"]]
    assert {"Alder", "Birch"} <= set(names)
    with pytest.raises(Answer, match=r"403.*for reading only"):
        ask(served, "POST", "/Alder/_apis/build/builds", {"definition": {}}, token=token)
    status, found = plain(served, "POST", f"{MLFLOW}/experiments/search", token, {"max_results": 1000})
    assert (status, "0" in {each["experiment_id"] for each in found["experiments"]}) == (200, True)
    for operation, body in (("runs/create", {"experiment_id": "0"}), ("experiments/create", {"name": "mine"})):
        status, told = plain(served, "POST", f"{MLFLOW}/{operation}", token, body)
        assert (status, told["error_code"], told["message"]) == (
            403, "PERMISSION_DENIED", "this token is for reading only",
        )  # fmt: skip


@pytest.mark.usefixtures("projects")
def test_a_token_that_manages_does_what_the_owner_does(served: Served) -> None:
    token = create(served, "manager", "--scope", "manage")
    build = ask(served, "POST", "/Birch/_apis/build/builds", {"definition": {}}, token=token)
    where = f"/Birch/_apis/build/builds/{build['id']}"
    wait_for(lambda: ask(served, "GET", where, token=token)["status"] == "completed", "the run ends")
    group = {"name": "by-token", "variables": {"a": {"value": "1"}}}
    assert ask(served, "POST", "/Birch/_apis/distributedtask/variablegroups", group, token=token)["name"] == "by-token"
    assert plain(served, "POST", f"{MLFLOW}/runs/create", token, {"experiment_id": "0"})[0] == 200
    assert plain(served, "POST", f"/api/v1/runs/{build['id']}/keep", token, {})[0] == 201
    assert plain(served, "GET", "/api/v1/tokens", token)[0] == 403


@pytest.mark.usefixtures("projects")
def test_a_token_of_one_project_knows_no_other(served: Served) -> None:
    token = create(served, "alder", "--scope", "manage", "--project", "Alder")
    assert [each["name"] for each in ask(served, "GET", "/_apis/projects", token=token)["value"]] == ["Alder"]
    with pytest.raises(Answer, match=r"404.*TF200016"):
        ask(served, "GET", "/Birch/_apis/build/builds", token=token)
    with pytest.raises(Answer, match=r"403.*a token for one project"):
        ask(served, "POST", "/_apis/distributedtask/variablegroups", {"name": "x"}, token=token)
    assert ask(served, "POST", "/Alder/_apis/build/builds", {"definition": {}}, token=token)["id"]
    assert plain(served, "GET", "/api/v1/runs", token)[0] == 403
    status, made = plain(served, "POST", f"{MLFLOW}/runs/create", token, {"experiment_id": "0"})
    assert status == 200
    assert {"key": "drivetrain.project", "value": "Alder"} in made["run"]["data"]["tags"]
    other = create(served, "birch", "--project", "Birch")
    run = made["run"]["info"]["run_id"]
    assert plain(served, "GET", f"{MLFLOW}/runs/get?run_id={run}", token)[0] == 200
    assert plain(served, "GET", f"{MLFLOW}/runs/get?run_id={run}", other)[0] == 403


def test_a_revoked_token_is_refused_at_once(served: Served) -> None:
    token = create(served, "short")
    assert plain(served, "GET", "/api/v1/runs", token)[0] == 200
    assert served.cli("token", "revoke", "short") == "revoked short\n"
    assert plain(served, "GET", "/api/v1/runs", token)[0] == 401
    assert plain(served, "GET", "/mlflow/version", token)[0] == 401
    with pytest.raises(Answer, match=r"401"):
        ask(served, "GET", "/_apis/projects", token=token)


def test_tokens_open_nothing_at_the_azure_edge(served: Served) -> None:
    token = create(served, "edge", "--scope", "manage")
    context = ssl.create_default_context(cafile=str(served.bundle))
    request = urllib.request.Request(
        f"{served.address}/subscriptions?api-version=2022-12-01", headers={"Authorization": f"Bearer {token}"}
    )
    with pytest.raises(urllib.error.HTTPError, match=r"401"):
        urllib.request.urlopen(request, context=context)


def test_our_own_api_makes_lists_and_revokes_them_for_the_owner(served: Served) -> None:
    owner = served.owner_token
    status, made = plain(served, "POST", "/api/v1/tokens", owner, {"name": "by/api", "scope": "manage", "days": 2})
    assert status == 201
    token = made.pop("token")
    assert plain(served, "GET", "/api/v1/runs", token)[0] == 200
    status, listed = plain(served, "GET", "/api/v1/tokens", owner)
    assert made in listed
    assert token not in json.dumps(listed)
    assert plain(served, "POST", "/api/v1/tokens", owner, {"name": "by/api"})[0] == 409
    assert plain(served, "POST", "/api/v1/tokens", owner, {"name": "long", "days": 400})[0] == 400
    assert plain(served, "DELETE", "/api/v1/tokens/by%2Fapi", owner)[0] == 204
    assert plain(served, "DELETE", "/api/v1/tokens/by%2Fapi", owner)[0] == 404
    assert plain(served, "GET", "/api/v1/runs", token)[0] == 401


def test_the_command_shows_a_token_once(served: Served) -> None:
    token = served.cli("token", "create", "shown", "--days", "7").strip()
    assert token.startswith("dtp_")
    listed = served.cli("token", "list")
    assert "shown" in listed
    assert token not in listed + served.cli("token", "list", "--json")
    served.cli("token", "create", "shown", status=2)
    served.cli("token", "create", "other", "--days", "367", status=2)
    served.cli("token", "revoke", "nobody", status=2)
