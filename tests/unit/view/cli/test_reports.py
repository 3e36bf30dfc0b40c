from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from drivetrain.errors import NotFoundError
from drivetrain.run.model import JobRecord, JobRef, RepositorySource
from drivetrain.run.ports import Changes, NewRun
from drivetrain.run.reports.model import CaseOutcome, CaseResult, CoverageTotals, FileCoverage, Measure, ReportTitle
from drivetrain.run.reports.ports import NewCoverage, NewTests
from drivetrain.source.model import Commit, Reason
from drivetrain.store.database import Database
from drivetrain.store.runs import SqliteRunStore
from drivetrain.view.cli.group import cli

if TYPE_CHECKING:
    from pathlib import Path

JOB = JobRef("s", "j")
COMMAND = "##vso[task.setvariable variable=x]owned"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DRIVETRAIN_HOME", str(tmp_path))
    store = SqliteRunStore(Database(tmp_path / "drivetrain.db"))
    for number in range(3):
        source = RepositorySource("r", "/r", "/r", "refs/heads/main", Commit(f"{number}" * 40))
        new = NewRun("p", "f", Reason.MANUAL, source, "Ada")
        run = store.create(new, None, number_key="", number=lambda run_id, *_: f"n{run_id}").id
        store.record(run, [], Changes(jobs=[JobRecord(JOB, 1, "j")]))
        if number == 2:
            break
        cases = [
            CaseResult("shop", "good", "good", CaseOutcome.PASSED, 0.5),
            CaseResult("shop", "bad", "bad", CaseOutcome.FAILED, 1.5, f"no\x1b[2J\n{COMMAND}", "at\n\tline 1"),
        ]
        tests = NewTests(JOB, 1, 1, 1, ReportTitle("T", "JUnit"), cases, "2026-01-01T00:00:00.000Z")
        files = [FileCoverage("m", "x.py", Measure(1 + number, 3), Measure(), "e", "26"[number])]
        totals = CoverageTotals("Cobertura", Measure(), Measure())
        coverage = NewCoverage(JOB, 1, 2, 1, totals, files, "2026-01-01T00:00:00.000Z")
        store.record(run, [], Changes(reports=[tests, coverage]))
    store.close()
    return CliRunner()


def told(runner: CliRunner, *arguments: str) -> str:
    done = runner.invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_tests_are_printed_failed_ones_first_with_since_when(command: CliRunner) -> None:
    lines = told(command, "tests", "2").splitlines()
    assert lines[1] == "  2 tests: 1 failed, 1 passed in 2.0s (against #n1: 0 newly failed, 0 fixed)"
    assert lines[2] == "✗ shop bad  1.5s  [failing since #n1, 2 runs]"
    assert lines[-1] == "✓ shop good  500 ms"
    assert "good" not in told(command, "tests", "n2", "--failed")
    assert "bad" not in told(command, "tests", "2", "--text", "goo")


def test_what_tests_say_obeys_no_terminal_and_no_step(command: CliRunner) -> None:
    text = told(command, "tests", "2")
    assert "\x1b[2J" not in text
    assert "##vso[" not in text
    assert "## vso[task.setvariable variable=x]owned" in text
    printed = told(command, "tests", "2", "--json")
    assert "##vso[" not in printed
    found = json.loads(printed)
    assert (found["counts"]["total"], found["counts"]["failed"]) == (2, 1)
    assert COMMAND in found["tests"][0]["message"]
    assert (found["tests"][0]["failing_since"]["number"], found["tests"][0]["failing_runs"]) == ("n1", 2)


def test_coverage_is_printed_with_its_change(command: CliRunner) -> None:
    lines = told(command, "coverage", "2").splitlines()
    assert lines[0] == "lines     66.7%  +33.33%"
    assert lines[1] == "against   #n1 on main (run 1)"
    assert lines[-1].split() == ["66.7%", "+33.33%", "1", "\N{EN DASH}", "x.py", "3"]
    assert json.loads(told(command, "coverage", "2", "--json"))["coverage"]["files"] == [
        {
            "path": "x.py",
            "module": "m",
            "lines": {"covered": 2, "total": 3},
            "branches": {"covered": 0, "total": 0},
            "missing": "3",
        }
    ]


def test_show_names_the_counts(command: CliRunner) -> None:
    text = told(command, "show", "2")
    assert "2 tests: 1 failed, 1 passed in 2.0s" in text
    assert "coverage 66.7%, +33.33% against #n1: 2 of 3 lines" in text
    assert "tests" not in told(command, "show", "3")


def test_a_run_without_results_says_how_to_have_some(command: CliRunner) -> None:
    assert "PublishTestResults@2" in told(command, "tests")
    assert "PublishCodeCoverageResults@2" in command.invoke(cli, ["coverage"]).output
    assert isinstance(command.invoke(cli, ["tests", "77"]).exception, NotFoundError)
