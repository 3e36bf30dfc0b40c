from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.model import JobRecord, JobRef, State, Timeline
from drivetrain.run.reports.model import Attachment, CaseOutcome, CaseResult, ReportTitle
from drivetrain.view.web.app import create_app
from tests.browser.story_runs import EMPTY_RUN, FAILED_RUN, HOSTILE_RUN, LONG_RUN, a_run
from tests.browser.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

JOB = JobRef("s", "j")
API = "/api/v1/runs"


def test_the_api_tells_counts_reports_and_what_they_are_compared_with(client: httpx.Client) -> None:
    found = client.get(f"{API}/{LONG_RUN}/tests").json()
    assert found["counts"] == {
        "total": 268,
        "passed": 255,
        "failed": 10,
        "inconclusive": 0,
        "not_executed": 3,
        "seconds": pytest.approx(151, abs=20),
    }
    assert [report["title"] for report in found["reports"]] == ["Unit tests", "Integration"]
    assert found["reports"][0]["files"] == ["TEST-unit.xml"]
    assert found["reports"][0]["counted"]
    assert found["compared_with"]["number"] == "20261123.52"
    assert client.get(f"{API}/{EMPTY_RUN}/tests").json()["reports"] == []
    assert client.get(f"{API}/999/tests").status_code == 404


def test_the_api_lists_failed_tests_first_and_filters(client: httpx.Client) -> None:
    found = client.get(f"{API}/{LONG_RUN}/tests/results", params={"limit": 11}).json()
    assert [test["outcome"] for test in found["tests"]] == ["Failed"] * 10 + ["NotExecuted"]
    assert found["total"] == 268
    assert found["tests"][0]["new"]
    assert found["tests"][0]["message"] == "AssertionError: assert [] == ['sensor_14']"
    one = client.get(f"{API}/{LONG_RUN}/tests/results", params={"text": "[120]", "outcome": "Failed"}).json()
    assert (one["total"], one["tests"][0]["title"]) == (1, "test_reads_the_dataset[120]")
    test = one["tests"][0]
    assert client.get(f"{API}/{LONG_RUN}/tests/{test['report']}/{test['position']}").json() == test
    assert client.get(f"{API}/{LONG_RUN}/tests/results", params={"outcome": "Sung"}).status_code == 400
    assert client.get(f"{API}/{LONG_RUN}/tests/{test['report']}/99999").status_code == 404
    assert client.get(f"{API}/{FAILED_RUN}/tests/{test['report']}/{test['position']}").status_code == 404


def test_the_api_tells_coverage_by_file(client: httpx.Client) -> None:
    found = client.get(f"{API}/{LONG_RUN}/coverage").json()
    assert (found["tools"], found["compared_with"]["number"]) == (["Cobertura"], "20261123.52")
    assert found["lines"]["covered"] > found["lines_before"]["covered"]
    assert found["files"][0]["path"] == "src/turbofan/cli.py"
    assert found["files"][0]["missing"] == "208-215"
    assert client.get(f"{API}/{EMPTY_RUN}/coverage").status_code == 404


def test_the_api_tells_a_trend(client: httpx.Client) -> None:
    wanted = {"project": "turbofan", "pipeline": "turbofan", "branch": "refs/heads/main", "limit": "3"}
    runs = client.get("/api/v1/test-trends", params=wanted).json()["runs"]
    assert [run["run"]["id"] for run in runs] == [50, 52, LONG_RUN]
    assert runs[-1]["counts"]["failed"] == 10
    assert client.get("/api/v1/test-trends", params={**wanted, "branch": "none"}).json()["runs"] == []


@pytest.fixture
def kept(tmp_path: Path, client_of: Callable[..., httpx.Client]) -> tuple[httpx.Client, World]:
    world = World(tmp_path)
    world.add(Timeline(a_run(1, "m", None), jobs=(JobRecord(JOB, 1, "j", State.RUNNING),)))
    folder = world.run_folder(1) / JOB.folder(1) / "reports"
    folder.mkdir(parents=True)
    (folder / "001-outputs.txt").write_text("one<script>two")
    (folder / "002-report.xml").write_text("<testsuite/>")
    files = (Attachment("reports/002-report.xml", "T.xml"), Attachment("../../secret", "x"))
    title = ReportTitle("T", "JUnit", outputs="reports/001-outputs.txt", attachments=files)
    cases = [
        CaseResult("s", "a", "a", CaseOutcome.FAILED, 0.0, "m", "k", 3, 11),
        CaseResult("s", "b", "b", CaseOutcome.PASSED),
    ]
    world.reports.publish(1, cases, title, JOB)
    return client_of(create_app(world.site())), world


def test_what_a_test_wrote_is_shown_escaped_and_can_be_downloaded(kept: tuple[httpx.Client, World]) -> None:
    client, world = kept
    assert "&lt;script&gt;two" in client.get("/runs/1/tests").text
    answer = client.get(f"{API}/1/tests/1/0/output")
    assert answer.text == "<script>two"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert client.get(f"{API}/1/tests/1/1/output").status_code == 404
    (world.run_folder(1) / JOB.folder(1) / "reports" / "001-outputs.txt").unlink()
    assert client.get(f"{API}/1/tests/1/0/output").status_code == 404
    assert client.get("/runs/1/tests").status_code == 200


def test_a_report_file_can_be_downloaded_and_nothing_else(kept: tuple[httpx.Client, World]) -> None:
    client, world = kept
    (world.folder / "secret").write_text("secret")
    assert client.get(f"{API}/1/tests/1/files/1").text == "<testsuite/>"
    for path in ("1/files/2", "1/files/3", "1/files/0", "2/files/1", "1/files/x"):
        assert client.get(f"{API}/1/tests/{path}").status_code in {400, 404}


def test_the_page_of_tests_filters_and_pages(client: httpx.Client) -> None:
    first = client.get(f"/runs/{LONG_RUN}/tests").text
    assert "1\N{EN DASH}100 of 268 tests" in first
    assert first.index("test_splits_by_engine[3]") < first.index("test_reads_the_dataset[0]")
    assert 'href="?page=2"' in first
    last = client.get(f"/runs/{LONG_RUN}/tests", params={"page": "3"}).text
    assert "201\N{EN DASH}268 of 268 tests" in last
    assert 'rel="next"' not in last
    found = client.get(f"/runs/{LONG_RUN}/tests", params={"text": "[120]", "outcome": "Failed"}).text
    assert ">1 test<" in found
    assert "No test matches" in client.get(f"/runs/{LONG_RUN}/tests", params={"text": "nothing has this"}).text
    assert client.get(f"/runs/{LONG_RUN}/tests", params={"outcome": "Sung", "page": "x"}).status_code == 200


def test_the_run_page_names_tests_and_coverage(client: httpx.Client) -> None:
    page = client.get(f"/runs/{FAILED_RUN}").text
    assert "2 more failed tests" in page
    assert f'href="/runs/{FAILED_RUN}/coverage"' in page
    assert 'id="tests"' not in client.get(f"/runs/{EMPTY_RUN}").text


def test_the_coverage_page_sorts(client: httpx.Client) -> None:
    page = client.get(f"/runs/{LONG_RUN}/coverage", params={"sort": "missing"}).text
    assert page.index("src/turbofan/train.py") < page.index("src/turbofan/data.py")
    assert client.get(f"/runs/{EMPTY_RUN}/coverage").status_code == 404


def test_the_trends_are_of_the_pipeline_that_is_asked_for(client: httpx.Client) -> None:
    of = "turbofan.turbofan.refs~2Fheads~2Fmain"
    page = client.get("/tests", params={"of": of}).text
    assert "#20261123.56: 10 failed, 255 passed, 3 skipped" in page
    assert "Failed most often" in page
    assert client.get("/tests", params={"of": "nonsense"}).status_code == 200


def test_commands_and_markup_in_names_are_only_text(client: httpx.Client) -> None:
    for path in (f"/runs/{HOSTILE_RUN}", f"/runs/{HOSTILE_RUN}/tests", f"/runs/{HOSTILE_RUN}/coverage", "/tests"):
        page = client.get(path).text
        assert "<script>document" not in page
        assert "<img" not in page
    assert "##vso[task.setvariable variable=x]owned" in client.get(f"/runs/{HOSTILE_RUN}/tests").text


def test_there_is_a_page_before_there_are_any_tests(tmp_path: Path, client_of: Callable[..., httpx.Client]) -> None:
    assert "No tests yet" in client_of(create_app(World(tmp_path).site())).get("/tests").text
