from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.model import Result, Timeline
from drivetrain.view.web.app import create_app
from drivetrain.view.web.summaries import LONGEST, to_html
from tests.browser.story_runs import TRAIN, a_run
from tests.browser.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from starlette.types import ASGIApp

RUN = 7
SUMMARY = "DistributedTask.Core.Summary"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "[click](JaVaScRiPt&#58;alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        "[click](vbscript:x)",
        "![x](https://example.com/pixel.png)",
        "<a href='javascript:alert(1)'>x</a>",
        "`<b>`",
        "a\u202eb",
    ],
)
def test_nothing_of_a_summary_is_carried_out(hostile: str) -> None:
    shown = str(to_html(hostile)).lower()
    for sign in (
        "<script",
        "<img",
        '<a href="javascript',
        '<a href="data',
        "<a href='",
        "<b>",
        'vbscript:x"',
        "\u202e",
    ):
        assert sign not in shown


def test_a_summary_is_markdown() -> None:
    shown = str(to_html("# Title\n\n- *one*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[web](https://example.com)\n"))
    for sign in ("<h1>Title</h1>", "<em>one</em>", "<td>2</td>", '<a href="https://example.com">web</a>'):
        assert sign in shown


@pytest.fixture
def client(tmp_path: Path, client_of: Callable[[ASGIApp], httpx.Client]) -> httpx.Client:
    """A run with a summary, a file, and what a job's journal may say that is not so."""
    world = World(tmp_path)
    folder = world.run_folder(RUN) / TRAIN.folder(1) / "attachments"
    folder.mkdir(parents=True)
    (folder / "001-report.md").write_text("## All *well*\n<script>no</script>\n" + "x" * LONGEST)
    (folder / "002-data.bin").write_bytes(b"data")
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link").symlink_to(folder.parent / "secret.txt")
    add(world, RUN)
    return client_of(create_app(world.site()))


def add(story: World, run_id: int) -> None:
    story.add(Timeline(a_run(run_id, "With attachments", Result.SUCCEEDED)))
    where = {"stage": TRAIN.stage, "job": TRAIN.job, "leg": "", "attempt": 1, "step": 2}
    for kind, path in (
        (SUMMARY, "attachments/001-report.md"),
        ("my.type", "attachments/002-data.bin"),
        ("my.type", "attachments/link"),
        ("my.type", "attachments/../secret.txt"),
        ("my.type", "../../../../etc/passwd"),
    ):
        story.happen(run_id, "attachment", lambda timeline: timeline, **where, type_=kind, name="a <name>", path=path)
    story.happen(run_id, "attachment", lambda timeline: timeline, nonsense=1)


def test_attachments_are_listed_and_downloaded_by_number(client: httpx.Client) -> None:
    found = client.get(f"/api/v1/runs/{RUN}/attachments").json()
    assert [(each["type"], each["size"], each["step"], each["job"]) for each in found] == [
        (SUMMARY, found[0]["size"], 2, "Train.train"),
        ("my.type", 4, 2, "Train.train"),
    ]
    answer = client.get(f"/api/v1/runs/{RUN}/attachments/{found[1]['number']}")
    assert answer.content == b"data"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    missing = client.get(f"/api/v1/runs/{RUN}/attachments/{found[1]['number'] + 1}")
    assert missing.status_code == 404
    assert "has no attachment" in missing.json()["error"]["message"]


def test_the_page_shows_summaries_and_names_other_files(client: httpx.Client) -> None:
    page = client.get(f"/runs/{RUN}").text
    assert "<h2>All <em>well</em></h2>" in page
    assert "<script>no</script>" not in page
    assert "The rest is in the file." in page
    assert "Attached files <span" in page
    assert "a &lt;name&gt;" in page
