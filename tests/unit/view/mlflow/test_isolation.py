"""A job's token opens its own project's runs, artifacts and models, and no others."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from drivetrain.view.api.mlflow.isolation import Isolation
from drivetrain.view.api.mlflow.operations import owner_of_files
from drivetrain.view.api.mlflow.rules import canonical

if TYPE_CHECKING:
    from tests.unit.view.mlflow.conftest import Front

API = "/api/2.0/mlflow/"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
LOGGED = "m-" + "0" * 32
RUNS = {"mine": "one", "theirs": "two", "homes": ""}


class KnownOwners:
    """`Ownership` with fixed answers."""

    def known_run(self, run_id: str) -> str | None:
        return RUNS.get(run_id)

    async def of_run(self, run_id: str) -> str | None:
        return RUNS.get(run_id)

    async def of_model(self, name: str) -> str | None:
        return RUNS.get(name)

    async def of_logged(self, model_id: str) -> str | None:
        return "two" if model_id == LOGGED else None

    async def holds_others(self, experiment_id: str, project: str) -> bool:
        return experiment_id == "1" and project == "one"


def reason(method: str, path: str, query: str = "", body: Any = None, project: str = "one") -> str:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    judge = Isolation(KnownOwners())  # type: ignore[arg-type]
    return asyncio.run(judge.verdict(project, method, path, query.encode(), raw)).reason


REFUSED: list[tuple[str, str, str, Any]] = [
    ("GET", f"{API}runs/get", "run_id=theirs", None),
    ("GET", f"{API}runs/get", "run_id=homes", None),
    ("GET", f"{API}runs/get", "run_id=mine&run_id=theirs", None),
    ("GET", f"{API}runs/get", "run_uuid=theirs", None),
    ("GET", f"{API}runs/get", "run%5Fid=theirs", None),
    ("GET", f"{API}runs/get", "", {"run_id": "theirs"}),
    ("HEAD", f"{API}runs/get", "run_id=mine", None),
    ("POST", f"{API}runs/update", "", {"run_id": "theirs", "status": "FAILED"}),
    ("POST", f"{API}runs/update", "", {"runId": "theirs"}),
    ("POST", f"{API}runs/update", "", b'{"run_id": "theirs", "run_id": "mine"}'),
    ("POST", f"{API}runs/update", "", json.dumps({"run_id": "theirs"})),
    ("POST", f"{API}runs/update", "", '{"run_id": "theirs"}'.encode("utf-16")),
    ("POST", f"{API}runs/delete", "", {"run_id": "theirs"}),
    ("POST", f"{API}runs/set-tag", "", {"run_uuid": "theirs", "key": "k", "value": "v"}),
    ("POST", f"{API}runs/outputs", "", {"run_id": "mine", "models": [{"model_id": LOGGED}]}),
    ("GET", f"{API}metrics/get-history", "run_id=theirs&metric_key=m", None),
    ("GET", f"{API}metrics/get-history-bulk-interval", "run_ids=mine&run_ids=theirs", None),
    ("GET", f"{API}artifacts/list", "run_id=theirs", None),
    ("GET", "/get-artifact", "run_id=theirs&path=a", None),
    ("GET", f"{FILES}/1/theirs/artifacts/a", "", None),
    ("PUT", f"{FILES}/1/theirs/artifacts/a", "", None),
    ("DELETE", f"{FILES}/1/theirs/artifacts/a", "", None),
    ("GET", f"{FILES}/1/theirs%2fartifacts/a", "", None),
    ("GET", f"{FILES}/1/nobody/artifacts/a", "", None),
    ("GET", f"{FILES}/1/models/{LOGGED}/artifacts/a", "", None),
    ("GET", f"{FILES}/1", "", None),
    ("GET", FILES, "path=1/theirs/artifacts", None),
    ("GET", FILES, "path=1/mine/artifacts&path=1/theirs/artifacts", None),
    ("GET", FILES, "", {"path": "1/theirs/artifacts"}),
    ("GET", FILES, "", None),
    ("POST", "/api/2.0/mlflow-artifacts/mpu/create/1/theirs/artifacts/a", "", {}),
    ("GET", f"{API}logged-models/{LOGGED}", "", None),
    ("PATCH", f"{API}logged-models/{LOGGED}/tags", "", {"tags": []}),
    ("POST", f"{API}logged-models", "", {"experiment_id": "0", "source_run_id": "theirs"}),
    ("GET", f"{API}registered-models/get", "name=theirs", None),
    ("POST", f"{API}registered-models/rename", "", {"name": "mine", "new_name": "theirs"}),
    ("POST", f"{API}registered-models/set-tag", "", {"name": "mine", "key": "drivetrain.project", "value": "two"}),
    ("DELETE", f"{API}registered-models/delete-tag", "", {"name": "mine", "key": "drivetrain.project"}),
    ("GET", f"{API}model-versions/get-download-uri", "name=theirs&version=1", None),
    ("POST", f"{API}model-versions/create", "", {"name": "theirs", "source": "s"}),
    ("POST", f"{API}model-versions/create", "", {"name": "mine", "source": "s", "run_id": "theirs"}),
    *(
        ("POST", f"{API}model-versions/create", "", {"name": "mine", "source": source})
        for source in (
            "mlflow-artifacts:/1/theirs/artifacts/model",
            "MLFLOW-ARTIFACTS:1/theirs/artifacts",
            "mlflow-artifacts:/1/nobody/artifacts",
            "mlflow-artifacts:/1/mine/artifacts/../../theirs/artifacts",
            "mlflow-artifacts:/1/mine/artifacts/%2e%2e/%2e%2e/theirs/artifacts",
            "mlflow-artifacts:/1/t%68eirs/artifacts",
            "mlflow-artifacts://host/1/theirs/artifacts",
            f"mlflow-artifacts:/1/models/{LOGGED}/artifacts",
            f"models:/{LOGGED}",
            "models:/theirs/1",
            "models:/theirs@champion",
            "runs:/theirs/model",
        )
    ),
    ("POST", f"{API}experiments/delete", "", {"experiment_id": "1"}),
    ("POST", f"{API}runs/search", "", b"null"),
    ("POST", f"{API}runs/search", "", {"filter": ["x"]}),
    ("GET", "/graphql", "", None),
    ("POST", f"{API}webhooks", "", {}),
    ("POST", f"{API}artifacts/presigned-download-url", "", {"run_id": "mine"}),
    ("GET", "/api/3.0/mlflow/gateway/secrets/list", "", None),
    ("GET", "/api/3.0/mlflow/traces/get", "", None),
    ("GET", "/an/operation/of/tomorrow", "", None),
]


@pytest.mark.parametrize(("method", "path", "query", "body"), REFUSED)
def test_what_is_anothers_or_unknown_is_refused(method: str, path: str, query: str, body: Any) -> None:
    assert reason(method, path, query, body)


ALLOWED: list[tuple[str, str, str, Any]] = [
    ("GET", f"{API}runs/get", "run_id=mine", None),
    ("GET", f"{API}runs/get", "run_id=absent", None),
    ("POST", f"{API}runs/create", "", {"experiment_id": "0"}),
    ("POST", f"{API}runs/log-batch", "", []),
    ("POST", f"{API}runs/outputs", "", {"run_id": "mine", "models": []}),
    ("GET", f"{FILES}/1/mine/artifacts/theirs/artifacts/x", "", None),
    ("GET", FILES, "path=1/mine/artifacts", None),
    ("POST", f"{API}model-versions/create", "", {"name": "mine", "source": "s", "run_id": "mine"}),
    *(
        ("POST", f"{API}model-versions/create", "", {"name": "mine", "source": source})
        for source in ("mlflow-artifacts:/1/mine/artifacts/model", "models:/mine/1", "runs:/mine/model", "s3://b/c")
    ),
    ("POST", f"{API}registered-models/alias", "", {"name": "mine", "alias": "champion", "version": "1"}),
    ("POST", f"{API}experiments/create", "", {"name": "shared"}),
    ("POST", f"{API}experiments/delete", "", {"experiment_id": "2"}),
    ("GET", f"{API}experiments/get-by-name", "experiment_name=shared", None),
    ("POST", "/v1/traces", "", b"\x0a"),
    ("GET", "/health", "", None),
]


@pytest.mark.parametrize(("method", "path", "query", "body"), ALLOWED)
def test_what_is_its_own_or_nobodys_is_open(method: str, path: str, query: str, body: Any) -> None:
    assert reason(method, path, query, body) == ""


def test_a_search_asks_for_the_own_project_first() -> None:
    judge = Isolation(KnownOwners())  # type: ignore[arg-type]

    def asked(project: str, document: Any) -> Any:
        verdict = asyncio.run(judge.verdict(project, "POST", f"{API}runs/search", b"", json.dumps(document).encode()))
        return json.loads(verdict.body or b"")["filter"]

    assert asked("one", {"filter": "metrics.a > 1"}) == "tags.`drivetrain.project` = 'one' AND metrics.a > 1"
    assert asked("", {"filter": " "}) == "tags.`drivetrain.project` IS NULL"
    assert reason("POST", f"{API}runs/search", "", {}, project="it's") != ""


def test_what_is_made_carries_the_project_whatever_the_job_says() -> None:
    judge = Isolation(KnownOwners())  # type: ignore[arg-type]
    body = json.dumps(
        {"name": "new", "tags": [{"key": "drivetrain.project", "value": "two"}, {"key": "a", "value": "b"}]}
    )
    verdict = asyncio.run(judge.verdict("one", "POST", f"{API}registered-models/create", b"", body.encode()))
    tags = json.loads(verdict.body or b"")["tags"]
    assert tags == [{"key": "a", "value": "b"}, {"key": "drivetrain.project", "value": "one"}]


@pytest.mark.parametrize(
    "path", ["1/r/artifactsx", "1//artifacts", "1/r", "r/artifacts", "1/2/r/artifacts", "1/..%2f/artifacts"]
)
def test_a_place_of_no_run_has_no_owner(path: str) -> None:
    assert owner_of_files(path) is None


def ask(front: Front, token: str, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, f"{front.url}{path}", headers=headers, timeout=60, **more)


def test_two_projects_do_not_see_each_other(front: Front) -> None:
    def made(token: str) -> str:
        answer = ask(front, token, "POST", f"{API}runs/create", json={"experiment_id": "0"})
        return str(answer.json()["run"]["info"]["run_id"])

    runs = {token: made(token) for token in ("one-token", "two-token", "job-token", "user-token")}

    def sees(token: str) -> set[str]:
        answer = ask(front, token, "POST", f"{API}runs/search", json={"experiment_ids": ["0"], "max_results": 1000})
        return {owner for owner, run in runs.items() if run in {r["info"]["run_id"] for r in answer.json()["runs"]}}

    assert sees("one-token") == {"one-token"}
    assert sees("two-token") == {"two-token"}
    assert sees("job-token") == {"job-token", "user-token"}
    assert sees("user-token") == set(runs)

    theirs = runs["two-token"]
    metric = {"run_id": theirs, "key": "m", "value": 1.0, "timestamp": 1, "step": 0}
    place = f"{FILES}/0/{theirs}/artifacts/a.txt"
    assert ask(front, "two-token", "POST", f"{API}runs/log-metric", json=metric).status_code == 200
    assert ask(front, "two-token", "PUT", place, content=b"secret").status_code == 200
    for method, path, more in (
        ("GET", f"{API}runs/get?run_id={theirs}", {}),
        ("POST", f"{API}runs/log-metric", {"json": metric}),
        ("GET", place, {}),
        ("PUT", place, {"content": b"mine"}),
    ):
        assert ask(front, "one-token", method, path, **more).status_code == 403, path
    assert ask(front, "user-token", "GET", place).content == b"secret"

    model = {"name": "of-two"}
    assert ask(front, "two-token", "POST", f"{API}registered-models/create", json=model).status_code == 200
    assert ask(front, "one-token", "GET", f"{API}registered-models/get", params=model).status_code == 403
    assert ask(front, "one-token", "GET", f"{API}registered-models/search").json().get("registered_models", []) == []
    listed = ask(front, "two-token", "GET", f"{API}registered-models/search").json()["registered_models"]
    assert [each["name"] for each in listed] == ["of-two"]

    stranger = ask(front, "fork-token", "POST", f"{API}registered-models/create", json={"name": "of-a-fork"})
    assert (stranger.status_code, "a fork registers no models" in stranger.text) == (403, True)
    alias = {"name": "of-two", "alias": "champion", "version": "1"}
    for method in ("POST", "DELETE"):
        stranger = ask(front, "fork-token", method, f"{API}registered-models/alias", json=alias)
        assert (stranger.status_code, "gives no aliases" in stranger.text) == (403, True)


@pytest.mark.parametrize(
    ("method", "path", "registers"),
    [
        ("POST", f"{API}registered-models/create", True),
        ("POST", f"{API}model-versions/create", True),
        ("POST", "/ajax-api/2.0/mlflow/model-versions/create", True),
        ("POST", f"{API}runs/create", False),
        ("GET", f"{API}registered-models/get", False),
    ],
)
def test_what_makes_models_is_known(method: str, path: str, registers: bool) -> None:  # noqa: FBT001 - a table
    assert Isolation(KnownOwners()).registers(method, canonical(path)) is registers  # type: ignore[arg-type]
