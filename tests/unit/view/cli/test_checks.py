"""What `lint` leaves out: by `--disable`, and by comments on the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivetrain.view.cli.checks import problems_of
from drivetrain.view.cli.sources import named_repositories, open_source

TEXT = """\
name: a/b
parameters: [{name: a, default: 1}]
variables:
  password: hunter2
steps:
- task: NodeTool@0
- script: |
    echo $(password)
"""
CODES = ["wrong-run-name", "unused-parameter", "secret-in-file", "deprecated", "secret-echoed"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def codes(text: str, *without: str) -> list[str]:
    Path("f.yml").write_text(text)
    return [problem.code for problem in problems_of(open_source("f.yml", named_repositories(())), without)]


def test_a_file_is_read_checked_and_linted() -> None:
    assert codes(TEXT) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_left_out_everywhere(code: str) -> None:
    assert codes(TEXT, code) == [other for other in CODES if other != code]


@pytest.mark.parametrize(
    ("line", "comment", "code"),
    [
        ("name: a/b", "# drivetrain: ignore wrong-run-name", "wrong-run-name"),
        ("  password: hunter2", "# drivetrain: ignore secret-in-file", "secret-in-file"),
        ("  password: hunter2", "#drivetrain:ignore  a-b , secret-in-file", "secret-in-file"),
        ("- task: NodeTool@0", "# known; drivetrain: ignore deprecated", ""),
        ("- task: NodeTool@0", "# drivetrain: ignore deprecated", "deprecated"),
        ("    echo $(password)", "# drivetrain: ignore secret-echoed", "secret-echoed"),
        ("    echo $(password)", "# drivetrain: ignore", ""),
        ("    echo $(password)", "# drivetrain: ignore secret-in-file", ""),
    ],
)
def test_a_comment_leaves_a_code_out_on_its_line(line: str, comment: str, code: str) -> None:
    text = TEXT.replace(line, f"{line} {comment}")
    assert codes(text) == [other for other in CODES if other != code]


def test_a_comment_holds_in_a_file_that_cannot_be_read_at_all() -> None:
    assert codes("steps: [\n") == ["yaml-syntax"]
    assert codes("a: [ # drivetrain: ignore yaml-syntax\n- # drivetrain: ignore yaml-syntax\n") == []


def test_comments_of_a_template_hold_for_it() -> None:
    Path("t.yml").write_text("steps:\n- scirpt: x # drivetrain: ignore unknown-key\n- bahs: y\n")
    assert codes("steps:\n- template: t.yml\n") == ["unknown-key"]
