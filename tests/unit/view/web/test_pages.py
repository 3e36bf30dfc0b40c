from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from msgspec.structs import replace
from starlette.responses import PlainTextResponse

from drivetrain.run.model import HELD, StageRecord
from drivetrain.view.keys import job_key, key
from drivetrain.view.web.app import create_app
from tests.browser import story_runs, storybook
from tests.browser.story_runs import EMPTY_RUN, FAILED_RUN, HOSTILE, HOSTILE_RUN, LONG_RUN, RUNNING_RUN, STAGED_RUN
from tests.browser.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from starlette.types import ASGIApp, Receive, Scope, Send

    ClientOf = Callable[[ASGIApp], httpx.Client]

PAGES = [
    "/runs",
    "/runs?text=nothing-has-this",
    "/runs?before=20",
    f"/runs/{RUNNING_RUN}",
    f"/runs/{FAILED_RUN}",
    f"/runs/{STAGED_RUN}",
    f"/runs/{HOSTILE_RUN}",
    f"/runs/{EMPTY_RUN}",
    f"/runs/{FAILED_RUN}/logs/Train.train.1/4",
    f"/runs/{STAGED_RUN}/artifacts/model",
    "/projects",
    "/projects/turbofan",
    f"/projects/{quote(key(HOSTILE))}",
    "/training",
    "/training?sort=metric.rmse&order=asc",
    "/about",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_and_allows_nothing_foreign(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.text.rstrip().endswith("</html>")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(
        r"<script(?![^>]*\bsrc=)|\son\w+=\"[^\"]*\"(?=[^<]*>)|style=\"|javascript:", _without_text(answer.text)
    )


def _without_text(page: str) -> str:
    return "".join(re.findall(r"<[^>]*>", page))


@pytest.mark.parametrize(
    "path", [f"/runs/{HOSTILE_RUN}", "/runs", "/projects", "/training", f"/runs?text={quote(HOSTILE)}"]
)
def test_hostile_texts_stay_text(client: httpx.Client, path: str) -> None:
    page = client.get(path).text
    assert "&lt;script&gt;" in page
    assert "<script>document" not in page
    assert "\u202e" not in page


def test_a_hostile_log_stays_text(client: httpx.Client, story: World) -> None:
    job = story.timeline(HOSTILE_RUN).jobs[0]
    page = client.get(f"/runs/{HOSTILE_RUN}/logs/{job_key(job.ref, 1)}/1").text
    assert "<script>" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/runs/999",
        "/runs/x",
        "/runs/99999999999999999999",
        "/projects/nothing",
        f"/runs/{FAILED_RUN}/logs/x/1",
        f"/runs/{FAILED_RUN}/logs/Train.train.1/x",
    ],
)
def test_what_is_not_there_is_said_on_a_page(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert 'class="status-code">404' in answer.text


def test_a_job_leads_to_the_step_that_failed(client: httpx.Client) -> None:
    answer = client.get(f"/runs/{FAILED_RUN}/logs/Train.train.1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{FAILED_RUN}/logs/Train.train.1/4")


def test_without_scripts_a_log_is_read_in_pages(client: httpx.Client) -> None:
    address = f"/runs/{LONG_RUN}/logs/Train.train.1/4"
    page = client.get(address).text
    assert "Lines 1 to 500 of 200000" in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    assert "Lines 501 to 1000 of 200000" in client.get(address + following[1]).text


def test_without_scripts_a_running_page_refreshes_itself(client: httpx.Client) -> None:
    assert '<noscript><meta http-equiv="refresh"' in client.get(f"/runs/{RUNNING_RUN}").text
    assert "http-equiv" not in client.get(f"/runs/{FAILED_RUN}").text


def test_forms_cancel_and_start_runs(tmp_path: Path, client_of: ClientOf) -> None:
    story = storybook.build(tmp_path)
    client = client_of(create_app(story.site()))
    assert client.post(f"/runs/{RUNNING_RUN}/cancel").headers["location"] == f"/runs/{RUNNING_RUN}"
    assert client.post(f"/runs/{FAILED_RUN}/rerun").headers["location"] == "/runs/62"
    assert client.post("/projects/turbofan/queue", data={"branch": "main"}).headers["location"] == "/runs/63"
    assert story.asked[-1] == "queue turbofan main by Mira Lindqvist"
    refused = client.post("/projects/turbofan/queue", data={"branch": "nowhere"})
    assert refused.status_code == 400
    assert "the branches are" in refused.text.lower()


def test_forms_keep_a_run_and_let_it_go(tmp_path: Path, client_of: ClientOf) -> None:
    story = storybook.build(tmp_path)
    client = client_of(create_app(story.site()))
    evil = {"origin": "https://evil.example"}
    assert client.post(f"/runs/{FAILED_RUN}/keep", data={"reason": "x"}, headers=evil).status_code == 403
    assert client.post(f"/runs/{FAILED_RUN}/unkeep", headers=evil).status_code == 403
    kept = client.post(f"/runs/{FAILED_RUN}/keep", data={"reason": "<b>why</b>"})
    assert kept.headers["location"] == f"/runs/{FAILED_RUN}"
    assert [lease.by for lease in story.desk.leases(FAILED_RUN)] == ["Mira Lindqvist"]
    assert "&lt;b&gt;why&lt;/b&gt;" in client.get(f"/runs/{FAILED_RUN}").text
    client.post(f"/runs/{FAILED_RUN}/unkeep")
    assert list(story.desk.leases(FAILED_RUN)) == []


def test_forms_run_again_what_failed_or_a_stage(tmp_path: Path, client_of: ClientOf) -> None:
    story = storybook.build(tmp_path)
    client = client_of(create_app(story.site()))
    page = client.get(f"/runs/{FAILED_RUN}").text
    assert f'action="/runs/{FAILED_RUN}/rerun-failed"' in page
    assert client.post(f"/runs/{FAILED_RUN}/rerun-failed").headers["location"] == f"/runs/{FAILED_RUN}"
    assert story.asked[-1] == f"rerun what failed of {FAILED_RUN} by Mira Lindqvist"
    assert "rerun-failed" not in client.get(f"/runs/{story_runs.STAGED_RUN}").text, "nothing has failed"
    client.post(f"/runs/{story_runs.STAGED_RUN}/stages/Build/rerun")
    assert story.asked[-1] == f"rerun stages Build of {story_runs.STAGED_RUN} by Mira Lindqvist"


def test_earlier_attempts_are_folded_away_with_their_issues(client: httpx.Client) -> None:
    page = client.get(f"/runs/{story_runs.REOPENED_RUN}").text
    now, _, earlier = page.partition("Earlier attempts")
    assert "job-Build.test.py312.2" in now
    assert "job-Build.test.py312.1" in earlier
    assert "Bash exited with code 1" not in now
    assert "rejected by Mira" not in page, "of the attempt before"
    assert "Waiting for approval by Mira Lindqvist" in earlier


def test_a_stage_that_waits_for_a_hand_has_a_button_on_the_runs_page(tmp_path: Path, client_of: ClientOf) -> None:
    story = storybook.build(tmp_path)
    waiting = StageRecord("Prod", "To production", reason=HELD)
    story.happen(RUNNING_RUN, "stage.waiting", lambda t: replace(t, stages=(*t.stages, waiting)))
    client = client_of(create_app(story.site()))
    action = f"/runs/{RUNNING_RUN}/stages/Prod/start"
    page = client.get(f"/runs/{RUNNING_RUN}").text
    assert f'action="{action}"' in page
    assert "Start To production" in page
    assert client.post(action).headers["location"] == f"/runs/{RUNNING_RUN}"
    assert story.asked[-1] == f"start Prod of {RUNNING_RUN} by Mira Lindqvist"


def test_an_empty_home_tells_the_first_command(tmp_path: Path, client_of: ClientOf) -> None:
    client = client_of(create_app(World(tmp_path).site()))
    for path in ("/runs", "/projects"):
        assert "drivetrain project add" in client.get(path).text
    assert "mlflow.log_metric" in client.get("/training").text


def test_the_guard_keeps_all_but_health_and_shipped_files(story: World, client_of: ClientOf) -> None:
    def guard(app: ASGIApp) -> ASGIApp:
        del app

        async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse("no", 401)(scope, receive, send)

        return refuse

    client = client_of(create_app(story.site(), guard=guard))
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/static/app.css").status_code == 200
    assert {
        client.get(path).status_code for path in ("/", "/runs", "/api/v1/runs", "/api/v1/openapi.json", "/mlflow/")
    } == {401}


def test_mlflow_brings_its_own_headers(story: World, client_of: ClientOf) -> None:
    async def mlflow(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("mlflow")(scope, receive, send)

    answer = client_of(create_app(story.site(), mlflow=mlflow)).get("/mlflow/anything")
    assert answer.text == "mlflow"
    assert "content-security-policy" not in answer.headers


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"])
def test_static_files_never_leave_their_folder(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
