from __future__ import annotations

import pytest

from drivetrain.run.model import Issue, JobRef
from drivetrain.run.reports.model import CaseOutcome, CaseResult
from drivetrain.source.hosts.model import Annotation
from drivetrain.view.answers.annotations import annotated, within
from drivetrain.view.reports.ports import Case, History
from tests.unit.view.answers.stories import results, story

ROOT = "/home/runs/12/Build.Train.1/work/s"


def of(*issues: Issue) -> list[tuple[str, int, str]]:
    return [(each.path, each.line, each.level) for each in annotated(story(issues=issues, roots=[ROOT]))]


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("src/a.py", "src/a.py"),
        ("./src/a.py", "src/a.py"),
        ("src\\a.py", "src/a.py"),
        (f"{ROOT}/src/a.py", "src/a.py"),
        (f"{ROOT}-other/a.py", ""),
        ("/etc/passwd", ""),
        ("~/a.py", ""),
        ("../a.py", ""),
        ("src/../../a.py", ""),
        ("C:\\a.py", ""),
        ("", ""),
        ("a\x1b[31m.py", ""),
    ],
)
def test_only_paths_of_the_repository_count(path: str, inside: str) -> None:
    assert within(path, [ROOT]) == inside


def test_issues_with_a_place_are_annotations_errors_first() -> None:
    found = of(
        Issue("warning", "w", file="a.py", line=2),
        Issue("error", "e", file=f"{ROOT}/b.py", line=3),
        Issue("error", "e", file="b.py", line=3),
        Issue("error", "no place"),
        Issue("error", "whole file", file="c.py"),
        Issue("error", "elsewhere", file="/tmp/x.py", line=1),
    )
    assert found == [("b.py", 3, "error"), ("c.py", 1, "error"), ("a.py", 2, "warning")]


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("src/a.c:12:5: error: expected ';'", ("src/a.c", 12)),
        ("src/a.py:7: error: Incompatible types  [assignment]", ("src/a.py", 7)),
        ("src/app.ts(3,14): error TS2322: Type", ("src/app.ts", 3)),
        (f'Traceback:\n  File "{ROOT}/train.py", line 9, in <module>', ("train.py", 9)),
        ("error[E0308]\n --> src/main.rs:4:7\n", ("src/main.rs", 4)),
        ("at 10:30:00 something happened", None),
        ("http://x.example:80: no", None),
    ],
)
def test_lines_of_compilers_name_a_place(message: str, place: tuple[str, int] | None) -> None:
    assert of(Issue("error", message)) == ([(*place, "error")] if place else [])


def test_a_failed_test_is_shown_where_it_failed_in_the_repository() -> None:
    stack = (
        "tests/test_x.py:12: in test_x\n    helper()\nsrc/helper.py:3: in helper\n"
        '  File "/usr/lib/python3/json.py", line 9\nE   ValueError'
    )
    result = CaseResult("tests.test_x", "test_x", "test_x", CaseOutcome.FAILED, message="ValueError", stack=stack)
    failed = [Case(1, 1, JobRef("Build", "Train"), 1, result, History())]
    assert annotated(story(results=results(failed=failed))) == (
        Annotation("src/helper.py", 3, "ValueError", "error", "test_x"),
    )


def test_the_same_issues_give_the_same_annotations_in_the_same_order() -> None:
    issues = tuple(
        Issue("error" if number % 3 else "warning", f"m{number}", file="a.py", line=number) for number in range(1, 300)
    )
    assert annotated(story(issues=issues)) == annotated(story(issues=issues))
    assert len(annotated(story(issues=issues))) == 200
