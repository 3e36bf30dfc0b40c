"""InvokeRESTAPI@1 against a real server of HTTP in the test's own process."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.library.model import Connection
from drivetrain.run.tasks.server import calling
from drivetrain.run.tasks.server.calling import headers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.run.runner.job_runs import JobRun

Make = Any
ANSWER = {"status": "Successful", "count": 3, "items": [{"name": "a"}], "deep": {"Er": True}}


class Api(BaseHTTPRequestHandler):
    asked: ClassVar[list[dict[str, Any]]] = []

    def answer(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(size).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path == "/endless":
            self.drip()
            return
        self.asked.append({"method": self.command, "path": self.path, "headers": headers, "body": body})
        code, text = {
            "/missing": (404, "nothing"),
            "/moved": (302, ""),
            "/text": (200, "no json ##vso[task.setvariable variable=evil]x"),
        }.get(self.path, (200, json.dumps(ANSWER)))
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/elsewhere")
        data = b"" if self.command == "HEAD" else text.encode()
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b"x")
                time.sleep(0.01)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815 - names of the library

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Api.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}/"
        made.shutdown()
        thread.join()


@pytest.fixture
def invoke(make_job: Make, task: Make, server: str) -> Make:
    def run(inputs: dict[str, str], *, url: str = "", scheme: str = "UsernamePassword", **options: Any) -> JobRun:
        parameters = options.pop("parameters", {"username": "ada", "password": "swordfish"})
        job: JobRun = make_job(
            task("InvokeRESTAPI@1", {"serviceConnection": "the api", **inputs}, **options.pop("step", {})),
            secrets={"System.AccessToken": "token-of-the-job"},
            variables={"System.JobId": "job-id", "reply": "Successful"},
        )
        secret = frozenset({"password", "apitoken"}) & parameters.keys()
        found = Connection("id", "the api", "generic", url or server, scheme, parameters, {}, secret)
        job.secrets = replace(job.secrets, connections={"the api": found})
        return job.start().wait()

    return run


def test_it_calls_with_the_connections_authorization_and_the_headers_of_azure(invoke: Make) -> None:
    job = invoke({"urlSuffix": "builds?x=1", "body": '{"id": "$(System.JobId)"}'})
    (asked,) = Api.asked
    assert job.result == "Succeeded", job.log()
    assert (asked["method"], asked["path"], asked["body"]) == ("POST", "/builds?x=1", '{"id": "job-id"}')
    headers = asked["headers"]
    assert headers["authorization"] == "Basic YWRhOnN3b3JkZmlzaA=="
    assert headers["content-type"] == "application/json"
    assert (headers["jobid"], headers["authtoken"]) == ("job-id", "token-of-the-job")
    assert "Response Code: 200\nResponse: {" in job.log()
    assert "swordfish" not in job.log()


def test_methods_without_a_body_send_none(invoke: Make) -> None:
    for method in ("GET", "head"):
        assert invoke({"method": method, "body": "no"}).result == "Succeeded"
    assert [(asked["method"], asked["body"]) for asked in Api.asked] == [("GET", ""), ("HEAD", "")]


def test_a_token_is_a_bearer_and_a_header_of_the_step_comes_before_it(invoke: Make) -> None:
    invoke({"headers": "{}"}, scheme="Token", parameters={"apitoken": "secret-token"})
    invoke({"headers": '{"Authorization": "Mine 1", "X": 3}'}, scheme="None", parameters={})
    first, second = (asked["headers"] for asked in Api.asked)
    assert first["authorization"] == "Bearer secret-token"
    assert (second["authorization"], second["x"]) == ("Mine 1", "3")


@pytest.mark.parametrize(
    ("criteria", "good"),
    [
        ("eq(root['status'], 'successful')", True),
        ("eq(root.count, 3)", True),
        ("and(eq(root['deep']['er'], true), eq(root.items[0].name, 'a'))", True),
        ("eq(root['status'], '$(reply)')", True),
        ("eq(root['status'], 'failed')", False),
        ("root['nothing']", False),
    ],
)
def test_what_it_answers_decides_by_the_criteria(invoke: Make, criteria: str, good: bool) -> None:  # noqa: FBT001
    job = invoke({"successCriteria": criteria})
    assert job.result == ("Succeeded" if good else "Failed"), job.log()
    assert (f"Evaluation of expression '{criteria}' failed." in job.issues("error")) is not good


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"urlSuffix": "missing"}, "The remote server returned an error: (404) Not Found."),
        ({"urlSuffix": "moved"}, "The remote server returned an error: (302) Found."),
        ({"urlSuffix": "text", "successCriteria": "root"}, "The response is not JSON, which successCriteria needs"),
        ({"successCriteria": "eq(root, "}, "successCriteria 'eq(root,' cannot be evaluated"),
        ({"successCriteria": "eq(variables.x, 1)"}, "cannot be evaluated"),
        ({"headers": "[]"}, "headers is not a JSON object of texts"),
        ({"headers": '{"X": "a\\r\\nY: b"}'}, "headers has 'X', which cannot be a header"),
        ({"method": "FETCH"}, "Invalid value 'FETCH' of input method"),
        (
            {"waitForCompletion": "true", "urlSuffix": "missing"},
            "The remote server returned an error: (404) Not Found.",
        ),
        ({"connectionType": "connectedServiceNameARM"}, "connectionType connectedServiceNameARM signs in to Azure"),
        ({"serviceConnection": "other"}, "There is no service connection 'other' for this job."),
    ],
)
def test_what_fails_is_said(invoke: Make, inputs: dict[str, str], message: str) -> None:
    job = invoke(inputs)
    assert job.results == ["Failed"]
    assert message in job.issues("error")[0]
    assert "/elsewhere" not in [asked["path"] for asked in Api.asked]


def test_what_it_answers_is_only_shown(invoke: Make) -> None:
    job = invoke({"urlSuffix": "text"})
    assert job.result == "Succeeded"
    assert "##vso[task.setvariable variable=evil]x" in job.log()
    assert not job.entries("variable.set")


def test_what_is_not_there_is_said(invoke: Make) -> None:
    assert "cannot be called: " in invoke({}, url="http://127.0.0.1:1/").issues("error")[0]
    assert "is not a URL of http or https" in invoke({}, url="file:///etc/passwd").issues("error")[0]


def test_an_api_that_does_not_come_to_an_end_has_not_answered(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "SECONDS", 0.3)
    connection = Connection("id", "the api", "generic", server, "None")
    with pytest.raises(calling.NoAnswerError, match="did not answer within"):
        calling.call(calling.Request(connection, "GET", "endless", {}, ""), NeverStopped())  # type: ignore[arg-type]


class NeverStopped:
    def stop(self) -> None:
        return None


@pytest.mark.parametrize("text", ["{", "3", '{"a": []}', '{"a b": "c"}', '{"a": "\\u2028"}', '{"": null}'])
def test_headers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UserError):
        headers_of(text)
