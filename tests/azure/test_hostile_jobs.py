"""Bodies of pipeline jobs, sweeps and schedules that no client would send are refused, and no fault of the server."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.azure.conftest import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.azure.conftest import Served

WORKSPACE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/hostile"
)
ODD: list[Any] = [None, 3, "text", [], {"a": 1}, {"a": {"b": []}}]
PIPELINE = {"jobType": "Pipeline", "jobs": {"a": {"type": "command", "command": "echo", "environment": "azureml:e:1"}}}
SWEEP = {
    "jobType": "Sweep",
    "searchSpace": {"x": ["uniform", [0, 1]]},
    "objective": {"goal": "Maximize", "primaryMetric": "m"},
    "trial": {"command": "echo", "environmentId": "azureml:e:1"},
}
SCHEDULE = {
    "trigger": {"triggerType": "Cron", "expression": "* * * * *"},
    "action": {"actionType": "CreateJob", "jobDefinition": PIPELINE},
}


@pytest.fixture(scope="module")
def edge(served: Served) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=served.home.azure / "bundle.pem")
    with httpx.Client(verify=trust, timeout=60, base_url=served.address) as client:
        token = client.get(
            "/msi/token?resource=https://management.azure.com&api-version=2019-08-01",
            headers={"x-identity-header": served.owner_token},
        ).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def bodies(good: dict[str, Any], *fields: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The body with something odd at each of these places."""
    for path in fields:
        for odd in ODD:
            body = {**good}
            place = body
            for key in path[:-1]:
                inner = place.get(key)
                place[key] = dict(inner) if isinstance(inner, dict) else {}
                place = place[key]
            place[path[-1]] = odd
            yield body


@pytest.mark.parametrize(
    ("kind", "good", "fields"),
    [
        (
            "jobs/odd",
            PIPELINE,
            [
                ("jobs",), ("inputs",), ("outputs",), ("settings",), ("jobs", "a"), ("jobs", "a", "inputs"),
                ("jobs", "a", "componentId"), ("jobs", "a", "component"), ("jobs", "a", "outputs"),
                ("jobs", "a", "inputs", "i"), ("jobs", "a", "outputs", "o"), ("jobs", "a", "resources"),
                ("jobs", "a", "distribution"), ("jobs", "a", "limits"), ("jobs", "a", "environment_variables"),
            ],
        ),
        (
            "jobs/odd",
            SWEEP,
            [
                ("searchSpace",), ("searchSpace", "x"), ("objective",), ("samplingAlgorithm",), ("limits",), ("trial",),
                ("earlyTermination",), ("inputs",), ("trial", "command"), ("trial", "environmentId"),
            ],
        ),
        (
            "schedules/odd",
            SCHEDULE,
            [("trigger",), ("action",), ("isEnabled",), ("trigger", "expression"), ("trigger", "timeZone"),
             ("trigger", "startTime"), ("action", "jobDefinition"), ("action", "actionType")],
        ),
    ],
)  # fmt: skip
def test_odd_bodies_are_refused_or_taken_but_never_fail(
    edge: httpx.Client, kind: str, good: dict[str, Any], fields: list[tuple[str, ...]]
) -> None:
    for body in bodies(good, *fields):
        answer = edge.put(f"{WORKSPACE}/{kind}", json={"properties": body})
        assert answer.status_code < 500, (body, answer.text)
        if not answer.is_success:
            assert answer.json()["error"]["message"]
    edge.delete(f"{WORKSPACE}/schedules/odd")


@pytest.mark.parametrize("path", ["schedules/..%2Fx", "schedules/a.b", "schedules/" + "a" * 300, "schedules/a%00b"])
def test_names_that_cannot_be_are_refused(edge: httpx.Client, path: str) -> None:
    assert edge.put(f"{WORKSPACE}/{path}", json={"properties": SCHEDULE}).status_code in (400, 404, 405)


@pytest.mark.parametrize("body", [{"scheduleTime": []}, {"scheduleTime": "soon"}, {"scheduleTime": "9999-99-99"}])
def test_a_schedule_is_not_fired_at_no_time(edge: httpx.Client, body: dict[str, Any]) -> None:
    edge.put(f"{WORKSPACE}/schedules/never", json={"properties": {**SCHEDULE, "isEnabled": False}}).raise_for_status()
    answer = edge.post(f"{WORKSPACE}/schedules/never/trigger", json=body)
    assert answer.status_code == 400
    assert "scheduleTime must be a moment" in answer.json()["error"]["message"]
