from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from drivetrain.view.keys import key
from tests.browser import story_runs
from tests.browser.story_gates import WAITING_RUN
from tests.browser.story_runs import FAILED_RUN, HOSTILE_RUN, LONG_RUN, REOPENED_RUN, RUNNING_RUN, STAGED_RUN

if TYPE_CHECKING:
    import httpx

    from tests.browser.world import World

LOG = f"/api/v1/runs/{FAILED_RUN}/logs/Train.train.1/4"


def test_runs_come_in_pages_newest_first(client: httpx.Client) -> None:
    first = client.get("/api/v1/runs?limit=3").json()
    second = client.get(f"/api/v1/runs?limit=3&before={first['next_before']}").json()
    ids = [run["id"] for run in first["runs"] + second["runs"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 6


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("result=Failed&branch=experiment/deeper-trees", {FAILED_RUN}),
        ("text=DEEPER", {FAILED_RUN}),
        ("state=running", {RUNNING_RUN, REOPENED_RUN, WAITING_RUN}),
        ("project=nothing", set()),
    ],
)
def test_runs_are_filtered(client: httpx.Client, query: str, expected: set[int]) -> None:
    assert {run["id"] for run in client.get(f"/api/v1/runs?{query}").json()["runs"]} == expected


def test_a_timeline_has_jobs_with_steps_issues_and_artifacts(client: httpx.Client) -> None:
    found = client.get(f"/api/v1/runs/{STAGED_RUN}/timeline").json()
    assert [stage["name"] for stage in found["stages"]] == ["Build", "Train", "Deploy"]
    assert len(found["jobs"][0]["steps"]) == 5
    assert found["issues"][0]["job"] == "Build.test.py313.1"
    assert [artifact["name"] for artifact in found["artifacts"]] == ["model", "report"]
    assert client.get(found["jobs"][0]["steps"][0]["log"]).json()["total"] == 2


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/runs/999", 404, "not_found"),
        ("/api/v1/runs/999/events", 404, "not_found"),
        ("/api/v1/runs/999/stream", 404, "not_found"),
        ("/api/v1/runs/x", 400, "bad_request"),
        ("/api/v1/runs?limit=0", 400, "bad_request"),
        ("/api/v1/nothing", 404, "not_found"),
        (f"/api/v1/runs/{FAILED_RUN}/cancel", 405, "method_not_allowed"),
        (f"/api/v1/runs/{FAILED_RUN}/logs/nobody.1/1/lines", 404, "not_found"),
        (f"/api/v1/runs/{FAILED_RUN}/logs/..%2F..%2Fsecret/1/lines", 404, "not_found"),
        (f"/api/v1/runs/{FAILED_RUN}/logs/Train.train.1/99/lines", 404, "not_found"),
        (f"/api/v1/runs/{STAGED_RUN}/artifacts/nothing", 404, "not_found"),
        (f"/api/v1/runs/{STAGED_RUN}/artifacts/model/file?path=../../../etc/passwd", 404, "not_found"),
        (f"/api/v1/runs/{STAGED_RUN}/artifacts/model/file?path=/etc/passwd", 404, "not_found"),
        (f"/api/v1/runs/{FAILED_RUN}/logs/Train.train.1/1/raw", 404, "not_found"),
    ],
)
def test_what_is_wrong_is_said_as_json_with_a_hint(client: httpx.Client, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]


def test_log_lines_are_kinds_times_and_spans(client: httpx.Client) -> None:
    found = client.get(f"{LOG}/lines?start=3&count=2").json()
    assert (found["start"], found["complete"]) == (3, True)
    assert found["lines"][0][2] == [["turbofan", "b"], [": 20,631 rows, 27 columns", ""]]
    assert found["lines"][1][0] == "group"


def test_a_log_that_is_not_there_is_empty(client: httpx.Client) -> None:
    assert client.get(f"/api/v1/runs/{FAILED_RUN}/logs/Train.train.1/1/lines").json()["total"] == 0


def test_a_log_has_an_outline_and_can_be_searched(client: httpx.Client) -> None:
    found = client.get(f"{LOG}/outline").json()
    assert found["groups"] == [[4, 8]]
    assert len(found["errors"]) == len(found["warnings"]) == 1
    assert client.get(f"{LOG}/search?text=VALUEERROR").json()["lines"] == [found["errors"][0] - 1]


def test_the_raw_log_is_served_in_ranges_and_never_as_a_page(client: httpx.Client, story: World) -> None:
    answer = client.get(f"{LOG}/raw", headers={"range": "bytes=2-11"})
    assert answer.status_code == 206
    assert answer.content == story.log_path(FAILED_RUN, story_runs.TRAIN, 4).read_bytes()[2:12]
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_artifacts_are_listed_and_downloaded_one_by_one_or_all(client: httpx.Client, story: World) -> None:
    base = f"/api/v1/runs/{STAGED_RUN}/artifacts/report"
    files = [file["path"] for file in client.get(base).json()["files"]]
    assert files == ["index.html", "plots/rmse.png"]
    one = client.get(f"{base}/file", params={"path": "index.html"})
    assert one.headers["content-type"] == "application/octet-stream"
    whole = zipfile.ZipFile(io.BytesIO(client.get(f"{base}/zip").content))
    assert whole.testzip() is None
    assert whole.namelist() == files
    assert whole.read("plots/rmse.png") == (story.artifacts_folder(STAGED_RUN) / "report/plots/rmse.png").read_bytes()


def test_all_artifacts_of_a_run_are_one_archive(client: httpx.Client, story: World) -> None:
    answer = client.get(f"/api/v1/runs/{STAGED_RUN}/artifacts.zip")
    whole = zipfile.ZipFile(io.BytesIO(answer.content))
    assert whole.testzip() is None
    assert {"report/index.html", "report/plots/rmse.png"} < set(whole.namelist())
    assert whole.read("report/index.html") == (story.artifacts_folder(STAGED_RUN) / "report/index.html").read_bytes()
    hostile = zipfile.ZipFile(io.BytesIO(client.get(f"/api/v1/runs/{HOSTILE_RUN}/artifacts.zip").content))
    assert hostile.namelist() == ["<b>x</<img src=x>.html"]
    assert client.get(f"/api/v1/runs/{FAILED_RUN}/artifacts.zip").status_code == 404
    assert client.get("/api/v1/runs/999/artifacts.zip").status_code == 404


def test_an_artifact_elsewhere_or_removed_says_so(client: httpx.Client) -> None:
    share, weights = client.get(f"/api/v1/runs/{FAILED_RUN}/artifacts").json()
    assert (share["kind"], share["location"], share["removed_at"]) == ("filepath", "//server/share <b>", "")
    assert weights["removed_at"] == "2026-01-02T03:04:05.000Z"
    model = client.get(f"/api/v1/runs/{STAGED_RUN}/artifacts").json()[0]
    assert model["properties"] == {"user-rmse": "40.12"}


def test_a_run_is_kept_and_let_go(client: httpx.Client) -> None:
    base = f"/api/v1/runs/{STAGED_RUN}"
    assert client.get(f"{base}/leases").json() == []
    kept = client.post(f"{base}/keep", json={"reason": "in production", "days": 3})
    assert kept.status_code == 201
    assert kept.json()["by"] == "Mira Lindqvist"
    assert [lease["reason"] for lease in client.get(f"{base}/leases").json()] == ["in production"]
    assert client.post(f"{base}/unkeep").json() == []
    assert client.get("/api/v1/runs/999/leases").status_code == 404
    assert client.post(f"{base}/keep", json={"days": -1}).status_code == 400
    other = client.post(f"{base}/keep", json={}, headers={"origin": "https://evil.example"})
    assert other.status_code == 403


def test_the_outlook_says_what_goes_when(client: httpx.Client) -> None:
    first, second = client.get("/api/v1/retention").json()
    assert (first["run"], first["what"], first["at"]) == (53, "run", "2026-12-24T00:00:00.000Z")
    assert (second["what"], second["at"]) == ("work", None)


def test_links_in_an_artifact_do_not_exist(client: httpx.Client) -> None:
    base = f"/api/v1/runs/{HOSTILE_RUN}/artifacts/{key('<b>x<')}"
    assert [file["path"] for file in client.get(base).json()["files"]] == ["<img src=x>.html"]
    assert client.get(f"{base}/file?path=out").status_code == 404


def test_an_artifact_named_like_a_way_out_is_not_found(client: httpx.Client) -> None:
    answer = client.get(f"/api/v1/runs/{HOSTILE_RUN}/artifacts/{key('../../etc')}")
    assert answer.status_code == 404


def test_a_run_is_canceled_once(client: httpx.Client, story: World) -> None:
    assert client.post(f"/api/v1/runs/{FAILED_RUN}/cancel").json()["error"]["code"] == "conflict"
    answer = client.post(f"/api/v1/runs/{RUNNING_RUN}/cancel")
    assert (answer.status_code, answer.json()["cancel_requested"]) == (202, True)
    assert f"cancel {RUNNING_RUN} by Mira Lindqvist" in story.asked


def test_a_stage_that_waits_is_started(client: httpx.Client, story: World) -> None:
    answer = client.post(f"/api/v1/runs/{RUNNING_RUN}/stages/Prod/start")
    assert (answer.status_code, answer.json()["id"]) == (202, RUNNING_RUN)
    assert f"start Prod of {RUNNING_RUN} by Mira Lindqvist" in story.asked


def test_runs_are_rerun_and_queued(client: httpx.Client) -> None:
    again = client.post(f"/api/v1/runs/{FAILED_RUN}/rerun")
    assert (again.status_code, again.json()["state"]) == (201, "pending")
    queued = client.post("/api/v1/projects/turbofan/runs", json={"branch": "main"})
    assert queued.status_code == 201
    refused = client.post("/api/v1/projects/turbofan/runs", json={"branch": "nowhere"})
    assert refused.json()["error"]["hint"] == "the branches are: main, next"


def test_stages_may_be_left_out_of_a_run(client: httpx.Client, story: World) -> None:
    wanted = {"branch": "main", "stages_to_skip": ["Train", "Deploy"]}
    assert client.post("/api/v1/projects/turbofan/runs", json=wanted).status_code == 201
    assert story.asked[-1] == "queue turbofan main by Mira Lindqvist without Train, Deploy"


def test_what_failed_or_a_stage_is_run_again_in_the_same_run(client: httpx.Client, story: World) -> None:
    failed = client.post(f"/api/v1/runs/{FAILED_RUN}/rerun-failed")
    assert (failed.status_code, failed.json()["id"]) == (202, FAILED_RUN)
    assert story.asked[-1] == f"rerun what failed of {FAILED_RUN} by Mira Lindqvist"
    assert client.post(f"/api/v1/runs/{FAILED_RUN}/stages/Train/rerun").status_code == 202
    assert story.asked[-1] == f"rerun stages Train of {FAILED_RUN} by Mira Lindqvist"


def test_a_timeline_has_earlier_attempts(client: httpx.Client) -> None:
    found = client.get(f"/api/v1/runs/{REOPENED_RUN}/timeline").json()
    assert found["run"]["waiting"] is True
    assert [(each["attempt"], each["result"]) for each in found["stages"][0]["earlier"]] == [(1, "Failed")]
    assert [(job["leg"], job["attempt"], job["stage_attempt"]) for job in found["jobs"]] == [
        ("", 1, 1),
        ("py312", 1, 1),
        ("py312", 2, 2),
    ]


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
def test_changes_asked_for_by_other_sites_are_refused(
    client: httpx.Client, story: World, headers: dict[str, str]
) -> None:
    asked = len(story.asked)
    for path in (
        f"/api/v1/runs/{FAILED_RUN}/rerun",
        f"/runs/{FAILED_RUN}/rerun",
        f"/runs/{FAILED_RUN}/rerun-failed",
        f"/runs/{FAILED_RUN}/stages/Train/rerun",
        f"/api/v1/runs/{FAILED_RUN}/rerun-failed",
        f"/api/v1/runs/{FAILED_RUN}/stages/Train/rerun",
        f"/runs/{RUNNING_RUN}/cancel",
        f"/runs/{RUNNING_RUN}/stages/Prod/start",
        "/projects/turbofan/queue",
    ):
        assert client.post(path, headers=headers).status_code == 403
    assert len(story.asked) == asked


def test_training_runs_have_numbers_that_json_knows(client: httpx.Client) -> None:
    found = client.get("/api/v1/training-runs").json()["training_runs"]
    hostile = next(run for run in found if run["experiment_id"] == "2")
    assert hostile["metrics"]["rmse"] is None
    assert found[0]["url"].startswith("/mlflow/#/experiments/1/runs/")


def test_a_finished_run_streams_its_events_and_ends(client: httpx.Client, story: World) -> None:
    story.happen(LONG_RUN, "run.started", lambda timeline: timeline)
    story.happen(LONG_RUN, "variable.set", lambda timeline: timeline, name="token", secret=True, value="sealed")
    story.happen(LONG_RUN, "run.completed", lambda timeline: timeline, result="Succeeded")
    with client.stream("GET", f"/api/v1/runs/{LONG_RUN}/stream", headers={"last-event-id": "1"}) as answer:
        text = "".join(answer.iter_text())
    frames = [frame for frame in text.split("\n\n") if "event:" in frame]
    assert [frame.splitlines()[0] for frame in frames] == ["id: 2", "id: 3", "event: end"]
    assert "value" not in json.loads(frames[0].splitlines()[2].removeprefix("data: "))["data"]


def test_the_api_describes_itself(client: httpx.Client) -> None:
    found = client.get("/api/v1/openapi.json").json()
    assert "/runs/{run_id}/timeline" in found["paths"]
    assert "TimelineShape" in found["components"]["schemas"]
