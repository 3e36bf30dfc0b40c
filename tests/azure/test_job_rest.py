"""What is said of jobs by REST: queues of computes, limits, failures, and what is refused."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.run.azureml.model import JobStatus
from drivetrain.wire.storage import Storage
from tests.azure.conftest import SUBSCRIPTION, Served
from tests.azure.rest import Rest, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.run.azureml.model import AzureJob


@pytest.fixture(scope="module")
def rest(served: Served) -> Iterator[Rest]:
    with Rest(served, "rest") as found:
        yield found


def kept(served: Served, name: str) -> AzureJob:
    storage = Storage(served.home)
    return storage.azure_jobs.get(storage.workspaces.get(SUBSCRIPTION, "group", "rest").id, name)


def test_jobs_wait_for_the_one_node_of_their_compute(served: Served, rest: Rest, tmp_path: Path) -> None:
    cluster = {"computeType": "AmlCompute", "properties": {"vmSize": "S", "scaleSettings": {"maxNodeCount": 1}}}
    made = rest.http.put(f"{rest.path}/computes/narrow", json={"location": "here", "properties": cluster})
    assert made.is_success, made.text
    # Names of jobs are ids of training runs, of which the server that tests share has one list.
    go = tmp_path / "go"
    waiting = f"while [ ! -e {go} ]; do sleep 0.05; done"
    for name, command in (("first-in-line", waiting), ("second-in-line", "true"), ("third-in-line", "true")):
        answer = rest.job(name, command, computeId=f"{rest.path}/computes/narrow")
        assert answer.status_code == 201, answer.text
    until(lambda: rest.status("first-in-line") == "Running", "the first runs")
    until(
        lambda: [rest.status(name) for name in ("second-in-line", "third-in-line")] == ["Queued", "Queued"],
        "the others wait",
    )
    until(lambda: rest.details("second-in-line")["status"] == "Queued", "MLflow's run says so, too")
    rest.http.post(f"{rest.path}/jobs/third-in-line/cancel").raise_for_status()
    assert rest.ends("third-in-line") == "Canceled"
    go.touch()
    assert (rest.ends("first-in-line"), rest.ends("second-in-line")) == ("Completed", "Completed")
    until(lambda: kept(served, "second-in-line").status is JobStatus.COMPLETED, "its end is kept")
    assert kept(served, "first-in-line").finished_at <= kept(served, "second-in-line").started_at


def test_a_failure_says_its_code_and_the_end_of_its_log(served: Served, rest: Rest) -> None:
    rest.job("broken", "echo '{braces}'; echo last words >&2; exit 7").raise_for_status()
    assert rest.ends("broken") == "Failed"
    until(lambda: kept(served, "broken").status, "its end is kept")
    assert kept(served, "broken").status is JobStatus.FAILED
    reason = kept(served, "broken").reason
    assert "status code 7" in reason
    assert reason.endswith("{braces}\nlast words")
    assert rest.details("broken")["error"]["error"] == {"code": "UserError", "message": reason}


def test_text_of_users_is_no_command_of_ours(rest: Rest) -> None:
    said = "##vso[task.complete result=Failed]no"
    rest.job(
        "harmless", f"echo '{said}'; echo '$(Build.BuildId)'", displayName="$(System.AccessToken)"
    ).raise_for_status()
    assert rest.ends("harmless") == "Completed"
    assert rest.properties("harmless")["displayName"] == "$(System.AccessToken)"
    link = rest.details("harmless")["logFiles"]["user_logs/std_log.txt"]
    assert rest.http.get(link, headers={"authorization": ""}).text == f"{said}\n$(Build.BuildId)\n"


def test_a_limit_of_time_cancels(rest: Rest) -> None:
    rest.job("endless", "sleep 600", limits={"timeout": "PT3S"}).raise_for_status()
    assert rest.ends("endless") == "Canceled"


@pytest.fixture
def web() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path.startswith("/iris.csv") else 404)
            self.end_headers()
            self.wfile.write(b"1,2")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_inputs_from_the_web(served: Served, rest: Rest, web: str) -> None:
    there = {"data": {"jobInputType": "uri_file", "uri": f"{web}/iris.csv?a=b"}}
    gone = {"data": {"jobInputType": "uri_file", "uri": f"{web}/gone.csv"}}
    rest.job("there", "grep 1,2 ${{inputs.data}} && [ $(basename ${{inputs.data}}) = iris.csv ]", inputs=there)
    rest.job("gone", "true", inputs=gone)
    assert (rest.ends("there"), rest.ends("gone")) == ("Completed", "Failed")
    until(lambda: kept(served, "gone").status, "its end is kept")
    assert "gone.csv cannot be fetched" in kept(served, "gone").reason


def test_a_second_put_changes_what_can_be_changed(rest: Rest) -> None:
    assert rest.job("again", "true", tags={"a": "b", "c": "d"}).status_code == 201
    assert rest.ends("again") == "Completed"
    answer = rest.job("again", "false", tags={"a": "x"}, displayName="Other", isArchived=True)
    assert answer.status_code == 200
    found = answer.json()["properties"]
    assert (found["command"], found["tags"], found["displayName"], found["isArchived"]) == (
        "true",
        {"a": "x"},
        "Other",
        True,
    )
    listed = rest.http.get(f"{rest.path}/jobs", params={"listViewType": "ArchivedOnly", "jobType": "Command"}).json()
    assert [each["name"] for each in listed["value"]] == ["again"]
    assert listed["value"][0]["properties"]["displayName"] == "Other"
    rest.http.delete(f"{rest.path}/jobs/again").raise_for_status()
    assert rest.http.get(f"{rest.path}/jobs/again").status_code == 404


@pytest.mark.parametrize(
    ("properties", "status", "words"),
    [
        ({"limits": {"timeout": "5 minutes"}}, 400, "properties.limits.timeout must be a duration"),
        ({"jobType": "AutoML"}, 400, "properties.jobType is 'AutoML'"),
        ({"environmentId": "azureml:nothing:1"}, 404, "there is no nothing"),
        ({"environmentId": "azureml:../../x:1"}, 400, "properties.environmentId"),
        ({"computeId": "nowhere"}, 400, "properties.computeId: there is no compute 'nowhere'"),
        ({"computeId": "cpu-cluster", "resources": {"instanceCount": 9}}, 400, "instanceCount is 9"),
        ({"codeId": "azureml://datastores/workspaceblobstore/paths/../../secret.key"}, 400, "properties.codeId"),
        ({"codeId": "azureml://datastores/workspaceblobstore/paths/nothing"}, 400, "have not been uploaded"),
        ({"inputs": {"a": {"jobInputType": "uri_file", "uri": "file:///etc/passwd"}}}, 400, "properties.inputs.a"),
        ({"inputs": {"a": {"jobInputType": "uri_file", "uri": "azureml:nothing:1"}}}, 404, "there is no nothing"),
        ({"inputs": {"a": {"jobInputType": "uri_folder", "uri": "azureml://jobs/no/outputs/x"}}}, 404, "no job 'no'"),
        ({"inputs": {"a": {"jobInputType": "uri_file", "uri": "wasbs://c@other.blob.x/x"}}}, 400, "not the work"),
        ({"outputs": {"a": {"jobOutputType": "uri_folder", "uri": "https://x.org/x"}}}, 400, "properties.outputs.a"),
        ({"tags": {"drivetrain.project": "other"}}, 400, "drivetrain."),
    ],
)  # fmt: skip
def test_what_is_refused(rest: Rest, properties: dict[str, Any], status: int, words: str) -> None:
    answer = rest.job("refused", "true", **properties)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert rest.http.get(f"{rest.path}/jobs/refused").status_code == 404


@pytest.mark.parametrize("name", ["..%2Fx", "a%20b", "-a", "x" * 256, "a.b", "%00"])
def test_names_of_jobs_that_are_none(rest: Rest, name: str) -> None:
    assert rest.job(name, "true").status_code in (400, 404)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"properties": []}', b'{"properties": {"jobType": ["Command"]}}'])
def test_bodies_that_are_none(rest: Rest, body: bytes) -> None:
    answer = rest.http.put(f"{rest.path}/jobs/refused", content=body)
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


def test_only_with_a_token(rest: Rest) -> None:
    assert rest.http.get(f"{rest.path}/jobs", headers={"authorization": ""}).status_code == 401
