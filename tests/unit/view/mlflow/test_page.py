"""MLflow's own page below our prefix, in a real browser that has only our cookie."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import Page, Response, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVER = """
import pathlib, socket, sys
import uvicorn
from drivetrain.record.tracking.service import Tracking
from drivetrain.view.api.mlflow.asgi import below
from drivetrain.view.api.mlflow.front import MlflowFront
from drivetrain.view.api.mlflow.ports import Identity

RUN = {"drivetrain.build_number": "20260101.1", "drivetrain.run_url": sys.argv[3]}

def authenticate(scope):
    headers = dict(scope["headers"])
    if headers.get(b"authorization") == b"Bearer job":
        return Identity("job", RUN, 7)
    return Identity("user") if b"session=known" in headers.get(b"cookie", b"").split(b"; ") else None

front = below("/mlflow", MlflowFront(Tracking(pathlib.Path(sys.argv[2])), authenticate))
config = uvicorn.Config(front, log_level="error", lifespan="on", timeout_graceful_shutdown=2)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        shutil.which(CHROMIUM) is None and os.environ.get("CI") != "true", reason="there is no Chromium here"
    ),
]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        own = f"http://127.0.0.1:{listening.getsockname()[1]}/mlflow"
        number = listening.fileno()
        command = [sys.executable, "-c", SERVER, str(number), str(tmp_path / "mlflow"), f"{own}/version"]
        process = subprocess.Popen(command, pass_fds=[number])
    yield own
    process.terminate()
    process.wait(30)


@pytest.fixture
def page(url: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context()
        context.add_cookies([{"name": "session", "value": "known", "url": url}])
        yield context.new_page()
        browser.close()


def create(url: str) -> str:
    with httpx.Client(
        base_url=f"{url}/api/2.0/mlflow/runs/", headers={"Authorization": "Bearer job"}, timeout=60
    ) as job:
        made = job.post("create", json={"experiment_id": "0", "start_time": 1700000000000})
        run_id = str(made.json()["run"]["info"]["run_id"])
        job.post("log-metric", json={"run_id": run_id, "key": "loss", "value": 0.25, "timestamp": 1}).raise_for_status()
    return run_id


def test_the_page_of_a_run_shows_the_tags_and_leads_back_in_one_click(url: str, page: Page) -> None:
    run_id = create(url)
    outside: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(url) else None)
    page.on("response", lambda response: _note_failure(response, failed))
    page.goto(f"{url}/#/experiments/0/runs/{run_id}")
    page.get_by_text("drivetrain.build_number").first.wait_for(timeout=20_000)
    page.get_by_text("0.25").first.wait_for(timeout=20_000)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="pipeline run 20260101.1").click()
    opened.value.wait_for_url(f"{url}/version", timeout=20_000)
    assert outside == []
    assert failed == []


def _note_failure(response: Response, failed: list[str]) -> None:
    expected = ("/assistant/", "/users/current")  # we do not offer the one; the other needs MLflow's own accounts
    if response.status >= 400 and not any(part in response.url for part in expected):
        failed.append(f"{response.status} {response.url}")


def test_a_browser_without_the_cookie_sees_nothing(url: str, page: Page) -> None:
    page.context.clear_cookies()
    answer = page.goto(f"{url}/")
    assert answer is not None
    assert answer.status == 401
    assert "MLFLOW_TRACKING_TOKEN" in page.content()
