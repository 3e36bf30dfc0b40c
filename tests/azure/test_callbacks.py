"""A service that a task waits for calls back, as Azure documents it: with what the headers of the call gave it."""

from __future__ import annotations

import base64
import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.azure.devops_projects import add_project, ask, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.azure.conftest import Served

PIPELINE = """
trigger: none
jobs:
- job: Good
  pool: server
  steps:
  - task: InvokeRESTAPI@1
    inputs: {serviceConnection: callbacks, urlSuffix: succeeded, waitForCompletion: true}
- job: Bad
  pool: server
  dependsOn: Good
  steps:
  - task: InvokeRESTAPI@1
    inputs: {serviceConnection: callbacks, urlSuffix: failed, waitForCompletion: true}
- job: Late
  pool: server
  dependsOn: []
  steps:
  - task: InvokeRESTAPI@1
    timeoutInMinutes: 1
    inputs: {serviceConnection: callbacks, urlSuffix: silent, waitForCompletion: true}
"""


def post(headers: dict[str, str], *, token: str = "", **changed: Any) -> int:
    """Call back; the status of the answer."""
    given = {name.lower(): value for name, value in headers.items()}
    body = {"name": "TaskCompleted", "taskId": given["taskinstanceid"], "jobId": given["jobid"], **changed}
    where = f"{given['planurl']}{given['projectid']}/_apis/distributedtask/hubs/{given['hubname']}/plans"
    password = base64.b64encode(f":{token or given['authtoken']}".encode()).decode()
    request = urllib.request.Request(
        f"{where}/{given['planid']}/events?api-version=2.0-preview.1",
        json.dumps(body).encode(),
        {"Authorization": f"Basic {password}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


class Service(BaseHTTPRequestHandler):
    """Takes every call, and calls back at once, before it has answered."""

    calls: dict[str, dict[str, str]]
    answers: dict[str, list[int]]

    def do_POST(self) -> None:
        what, headers = self.path.rpartition("/")[2], dict(self.headers.items())
        if what == "succeeded":
            nobody = "00000000-0000-0000-0000-000000000000"
            type(self).answers["refused"] = [
                post(headers, result="succeeded", taskId=nobody),
                post(headers, result="succeeded", jobId=nobody),
                post({**headers, "planid": nobody}, result="succeeded"),
                post({**headers, "projectid": "Nowhere"}, result="succeeded"),
                post(headers, result="well done"),
                post(headers, name="TaskDanced"),
                post(headers, result="succeeded", token="wrong"),
                post(headers, name="TaskStarted"),
            ]
        if what != "silent":
            type(self).answers[what] = [post(headers, result=what), post(headers, result="failed")]
        type(self).calls[what] = {name.lower(): value for name, value in headers.items()}
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        pass


@pytest.fixture
def service() -> Iterator[str]:
    Service.calls, Service.answers = {}, {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}/"
        made.shutdown()
        thread.join()


def test_a_service_calls_back(served: Served, tmp_path: Path, service: str) -> None:
    served.cli("connection", "add", "callbacks", "--type", "generic", "--scheme", "None", "--url", service, "--open")
    add_project(served, tmp_path / "caller", "Caller", PIPELINE)
    build = ask(served, "POST", "/Caller/_apis/build/builds", {"definition": {}})["id"]
    where = f"/Caller/_apis/build/builds/{build}"
    wait_for(lambda: {"succeeded", "failed", "silent"} <= set(Service.calls), "all calls")
    # The token of a job speaks for that job only.
    late, good = Service.calls["silent"], Service.calls["succeeded"]
    assert post(late, result="succeeded", token=good["authtoken"]) in {401, 404}
    assert post(late, result="succeeded", token=served.owner_token) == 200

    def ended() -> bool:
        return bool(ask(served, "GET", where)["status"] == "completed")

    wait_for(ended, "the run ends")
    records = ask(served, "GET", f"{where}/timeline")["records"]
    assert {each["name"]: each["result"] for each in records if each["type"] == "Job"} == {
        "Good": "succeeded", "Bad": "failed", "Late": "succeeded",
    }  # fmt: skip
    assert Service.answers["refused"] == [404, 404, 404, 404, 400, 400, 401, 200]
    assert Service.answers["succeeded"] == Service.answers["failed"] == [200, 200]
    assert post(late, result="succeeded", token=served.owner_token) in {404, 409}
    said = served.cli("logs", str(build))
    assert "The API has called back: the task has failed." in said
    assert good["authtoken"] not in said
