"""What callers see of a front: routes, headers, status codes, keys. One front, two deployments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.serve.model import RequestSettings
from tests.serving.live import frames, speaks_http

if TYPE_CHECKING:
    from tests.serving.live import Live

GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"


def test_a_request_is_answered_with_azures_headers(shared: Live) -> None:
    told = shared.ask(body={"do": {"echo": True}}, x_ms_client_request_id="mine", x_request_id="theirs")
    assert told.status == 200
    assert told.json == {"do": {"echo": True}}
    assert told.headers["content-type"] == "application/json"
    assert told.headers["azureml-model-deployment"] == "blue"
    assert re.fullmatch(GUID, told.headers["x-ms-request-id"])
    assert told.headers["x-ms-client-request-id"] == "mine"
    assert told.headers["x-request-id"] == "theirs"


def test_each_request_has_an_id_of_its_own(shared: Live) -> None:
    first, second = shared.ask().headers, shared.ask().headers
    assert first["x-ms-request-id"] != second["x-ms-request-id"]
    assert first["x-request-id"] == first["x-ms-request-id"]
    assert "x-ms-client-request-id" not in first


def test_a_header_names_a_deployment_that_has_no_traffic(shared: Live) -> None:
    told = shared.ask(azureml_model_deployment="Green")
    assert told.json[0] == "green"
    assert told.headers["azureml-model-deployment"] == "green"


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"key": "wrong"}, 401, "a key or a token"),
        ({"key": ""}, 401, "a key or a token"),
        ({"azureml_model_deployment": "red"}, 404, "no deployment 'red'"),
        ({"path": "/nowhere"}, 404, "nothing at this path"),
        ({"method": "GET"}, 405, "POST"),
        ({"x_request_id": "x" * 101}, 431, "at most 100 characters"),
        ({"body": {"do": {"status": 400, "answer": "no"}}}, 424, "no"),
        ({"body": {"do": {"status": 500, "answer": "no"}}}, 424, "no"),
        ({"path": "/invocations", "body": {"do": {"status": 400, "answer": "no"}}}, 400, "no"),
    ],
)
def test_what_cannot_be_answered_is_said_as_azure_says_it(
    shared: Live, asked: dict[str, Any], status: int, words: str
) -> None:
    told = shared.ask(**asked)
    assert (told.status, words in told.body.decode()) == (status, True)


def test_what_the_model_said_is_in_headers_of_its_own(shared: Live) -> None:
    told = shared.ask(body={"do": {"status": 418}})
    assert told.headers["ms-azureml-model-error-statuscode"] == "418"
    assert told.headers["ms-azureml-model-error-reason"] == "model_error"


def test_both_keys_open_it_and_a_new_one_does_at_once(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    live.traffic(blue=100)
    primary, secondary = live.endpoints.keys("taxi")
    assert [live.ask(key=key).status for key in (primary, secondary)] == [200, 200]
    live.endpoints.set_key("taxi", "secondary", "another-key-that-is-long-enough", by="owner")
    live.apply()
    assert [live.ask(key=key).status for key in (secondary, "another-key-that-is-long-enough")] == [401, 200]


def test_liveness_needs_no_key_and_all_else_does(shared: Live) -> None:
    told = shared.ask("/", method="GET", key="none")
    assert (told.status, told.body) == (200, b"Healthy")
    refused = [shared.ask(path, method="GET", key="none").status for path in ("/swagger.json", "/metrics", "/else")]
    assert refused == [401, 401, 401]


def test_the_description_comes_in_both_versions(shared: Live) -> None:
    third = shared.ask("/swagger.json?version=3", method="GET").json
    assert third["openapi"] == "3.0.3"
    second = shared.ask("/swagger.json", method="GET").json
    assert second["swagger"] == "2.0"
    parameter = second["paths"]["/score"]["post"]["parameters"][0]
    assert (parameter["in"], parameter["schema"]) == ("body", {"$ref": "#/definitions/Input"})
    assert second["definitions"] == {"Input": {"type": "object"}}
    assert shared.ask("/swagger.json", method="GET", azureml_model_deployment="green").status == 404


def test_metrics_count_what_was_answered(shared: Live) -> None:
    before = shared.status.tallies["blue"].requests
    shared.ask()
    assert shared.status.tallies["blue"].requests == before + 1
    assert b"drivetrain" in shared.ask("/metrics", method="GET").body


def test_without_traffic_nobody_answers(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    live.apply()
    assert live.ask().status == 404
    assert live.ask(azureml_model_deployment="blue").status == 200


def test_time_limits(live: Live) -> None:
    live.deploy("blue", frames("blue"), request=RequestSettings(timeout_ms=300, concurrent=1, queue_ms=100))
    live.traffic(blue=100)
    live.ready()
    assert live.ask(body={"do": {"sleep": 30}}).status == 408
    told = live.ask()  # the only replica is still busy with what nobody waits for
    assert (told.status, told.headers["ms-azureml-model-error-reason"]) == (429, "too_many_pending_request")
    assert live.status.tallies["blue"].errors == 2


def test_a_server_of_the_users_is_asked_what_the_caller_asked(live: Live) -> None:
    live.deploy("blue", speaks_http("own"))
    live.traffic(blue=100)
    told = live.ask("/score?verbose=1", body=b"\x00raw\xff", content_type="application/octet-stream", x_mine="yes")
    assert (told.status, told.headers["x-own"]) == (200, "kept")
    found = told.json
    assert (found["word"], found["path"], found["bytes"]) == ("own", "/predict?verbose=1", 5)
    assert found["headers"]["x-mine"] == "yes"
    assert found["headers"]["x-ms-request-id"] == told.headers["x-ms-request-id"]
    assert "authorization" not in found["headers"]
    assert live.ask("/predict", body=b"x").json["path"] == "/predict"
    assert live.ask("/score?a=1", method="GET").json == {"path": "/predict?a=1"}
    assert live.ask("/swagger.json?version=3", method="GET").json == {"asked": "/swagger.json?version=3"}
    refused = live.ask(body=b"refuse")
    assert (refused.status, refused.body) == (424, b"that is wrong")
    assert refused.headers["ms-azureml-model-error-statuscode"] == "400"
    assert live.status.tallies["blue"].errors == 0
