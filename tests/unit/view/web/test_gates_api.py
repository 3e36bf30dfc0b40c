from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.story_gates import PRODUCTION, WAITING_RUN

if TYPE_CHECKING:
    import httpx

API = "/api/v1"
OTHER_SITE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def test_what_waits_is_listed_with_its_run(client: httpx.Client) -> None:
    found = client.get(f"{API}/approvals").json()["approvals"]
    first = next(each for each in found if each["approval"]["subject"] == "environment:production")
    assert (first["pipeline"], first["branch"]) == ("turbofan", "refs/heads/main")
    assert first["approval"]["waits_for"] == "1 of Mira Lindqvist, cleo"
    assert [(each["by"], each["approve"]) for each in first["approval"]["decisions"]] == [("ben", True)]


def test_a_run_has_its_gates_and_questions(client: httpx.Client) -> None:
    found = client.get(f"{API}/runs/{WAITING_RUN}/approvals").json()
    deploy = next(gate for gate in found["gates"] if gate["stage"] == "Deploy")
    assert [(check["type"], check["state"]) for check in deploy["checks"]] == [
        ("branchControl", "passed"),
        ("approval", "running"),
        ("exclusiveLock", "waiting"),
    ]
    assert client.get(f"{API}/runs/99999/approvals").status_code == 404


def test_a_decision_that_is_not_ones_own_is_a_conflict(client: httpx.Client) -> None:
    answer = {"approve": True, "by": "eve", "stage": "Deploy"}
    refused = client.post(f"{API}/runs/{WAITING_RUN}/approvals", json=answer)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")


def test_checks_are_set_and_removed(client: httpx.Client) -> None:
    wanted = {"resource": "secureFile:key.pem", "type": "approval", "settings": {"approvers": ["ada"]}}
    made = client.post(f"{API}/checks", json=wanted)
    assert (made.status_code, made.json()["description"]) == (201, "by ada, within 30 days")
    query = {"resource": "secure-file:key.pem"}
    assert [each["id"] for each in client.get(f"{API}/checks", params=query).json()["checks"]] == [made.json()["id"]]
    assert client.post(f"{API}/checks/{made.json()['id']}/remove").status_code == 200
    assert client.post(f"{API}/checks/{made.json()['id']}/remove").status_code == 404


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"type": "magic"}, "magic"),
        ({"resource": "pool:x"}, "pool:x"),
        ({"settings": {"approvers": []}}, "approvers"),
        ({"settings": {"approvers": ["a"], "minimum": 5}}, "minimum"),
    ],
)
def test_a_wrong_check_is_refused_by_name(client: httpx.Client, changed: dict[str, object], word: str) -> None:
    wanted = {"resource": "environment:x", "type": "approval", "settings": {"approvers": ["ada"]}, **changed}
    refused = client.post(f"{API}/checks", json=wanted)
    assert refused.status_code == 400
    assert word in refused.json()["error"]["message"]


def test_an_environment_has_resources_checks_and_history(client: httpx.Client) -> None:
    found = client.get(f"{API}/environments/{PRODUCTION}").json()
    assert [each["name"] for each in found["environment"]["resources"]] == ["cluster", "vm1"]
    assert [each["type"] for each in found["checks"]] == ["approval", "branchControl", "exclusiveLock"]
    assert [each["result"] for each in found["deployments"]] == [None, "Failed", "Succeeded"]
    assert client.get(f"{API}/environments/{PRODUCTION}?limit=1").json()["deployments"][0]["run_id"] == 56


def test_an_environment_is_made_changed_and_deleted(client: httpx.Client) -> None:
    made = client.post(f"{API}/environments", json={"name": "made by api"})
    assert made.status_code == 201
    place = f"{API}/environments/{made.json()['id']}"
    assert client.post(f"{API}/environments", json={"name": "Made by API"}).status_code == 409
    assert client.post(f"{API}/environments", json={"name": " "}).status_code == 400
    assert client.post(f"{place}/resources", json={"name": "vm", "tags": ["a"]}).json()["tags"] == ["a"]
    assert client.post(f"{place}/resources/vm/remove").status_code == 204
    assert client.post(f"{place}/resources/vm/remove").status_code == 404
    assert client.post(f"{place}/delete").status_code == 204
    assert client.get(place).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/checks",
        "/checks/1/remove",
        "/environments",
        f"/environments/{PRODUCTION}/delete",
        f"/runs/{WAITING_RUN}/approvals",
    ],
)
def test_a_change_that_another_site_asks_for_is_refused(client: httpx.Client, path: str) -> None:
    assert client.post(f"{API}{path}", json={"approve": True}, headers=OTHER_SITE).status_code == 403


def test_the_page_decides_for_its_own_forms_only(client: httpx.Client) -> None:
    page = f"/runs/{WAITING_RUN}/decide"
    form = {"decision": "approve", "approval": "1"}
    assert client.post(page, data=form, headers=OTHER_SITE).status_code == 403
    assert client.post(page, data={**form, "decision": "maybe"}).status_code == 400
    assert client.post(page, data={**form, "approval": "x"}).status_code == 400
    assert client.post(page, data={**form, "approval": "99"}).status_code == 404
