"""`lint`, `expand` and `plan` as commands: real processes, real files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
parameters:
- name: who
  default: world
variables:
  greeting: hello
steps:
- script: echo ${{ variables.greeting }} ${{ parameters.who }}
"""
BAD = "steps:\n- scirpt: a\n"
HEAVY = ("mlflow", "pandas", "fastapi", "sqlalchemy", "starlette", "sqlite3", "rich", "httpx", "asyncio")

IMPORTS = """\
import sys
sys.argv = ["drivetrain", "{verb}"]
from drivetrain.view.cli.failure import run_command
from drivetrain.view.cli.group import cli
run_command(cli)
print([name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""


def drivetrain(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "drivetrain", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "azure-pipelines.yml").write_text(GOOD)
    (tmp_path / "bad.yml").write_text(BAD)
    return tmp_path


def test_a_good_file_ends_with_zero(folder: Path) -> None:
    done = drivetrain("lint", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 file checked, no problems\n")


def test_problems_are_shown_with_their_line_and_a_caret(folder: Path) -> None:
    done = drivetrain("lint", "bad.yml", cwd=folder)
    assert done.returncode == 1
    assert done.stdout == (
        "bad.yml:2:3: error: Unexpected value 'scirpt' [unknown-key]\n"
        "    2 | - scirpt: a\n"
        "      |   ^\n"
        "  hint: did you mean 'script'?\n"
    )


def test_problems_as_json_for_several_files(folder: Path) -> None:
    done = drivetrain("lint", "--format", "json", "azure-pipelines.yml", "bad.yml", cwd=folder)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert {(problem["file"], problem["severity"]) for problem in found} == {("bad.yml", "error")}
    assert {"line", "column", "code", "message", "hint"} <= found[0].keys()


def test_problems_as_sarif(folder: Path) -> None:
    (folder / "ci").mkdir()
    (folder / "ci" / "more.yml").write_text("variables: {DB_PASSWORD: hunter2}\nsteps:\n- script: a\n")
    done = drivetrain("lint", "--format", "sarif", "bad.yml", "ci/more.yml", cwd=folder)
    (run,) = json.loads(done.stdout)["runs"]
    assert (done.returncode, done.stderr) == (1, "")
    assert [
        (result["ruleId"], result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for result in run["results"]
    ] == [("unknown-key", "bad.yml"), ("secret-in-file", "ci/more.yml")]


def test_codes_are_left_out(folder: Path) -> None:
    text = "parameters: [{name: a, default: 1}]\nvariables: {DB_PASSWORD: hunter2}\nsteps:\n- scirpt: a\n"
    done = drivetrain("lint", "--disable", "unknown-key", "--disable", "unused-parameter", "-", cwd=folder, stdin=text)
    assert done.returncode == 0
    assert [line.rsplit("[", 1)[1] for line in done.stdout.splitlines() if line.startswith("-:")] == ["secret-in-file]"]


def test_a_task_that_cannot_run_here_is_no_mistake_of_the_file(folder: Path) -> None:
    text = "steps:\n- task: Npm@1\n- task: some.publisher.extension.Task@3\n"
    assert drivetrain("lint", "-", cwd=folder, stdin=text).returncode == 0


def test_warnings_do_not_fail(folder: Path) -> None:
    (folder / "warn.yml").write_text(GOOD + "- upload: x\n")
    done = drivetrain("lint", "warn.yml", cwd=folder)
    assert done.returncode == 0
    assert "1 warning" in done.stderr


def test_the_file_is_found_in_a_folder_above(folder: Path) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    assert drivetrain("lint", cwd=folder / "deep" / "er").returncode == 0


def test_standard_input_is_read(folder: Path) -> None:
    assert drivetrain("lint", "-", cwd=folder, stdin=BAD).stdout.startswith("-:")


def test_a_missing_file_a_folder_and_foreign_bytes_are_clear_errors(folder: Path) -> None:
    missing = drivetrain("lint", "nothing.yml", cwd=folder)
    assert (missing.returncode, missing.stderr) == (2, "error: nothing.yml does not exist\n")
    assert "is a folder" in drivetrain("lint", ".", cwd=folder).stderr
    (folder / "latin.yml").write_bytes(b"steps:\n- script: caf\xe9\n")
    latin = drivetrain("lint", "latin.yml", cwd=folder)
    assert latin.returncode == 1
    assert latin.stdout.startswith("latin.yml:2:14: error: the file is not UTF-8: byte 0xe9 [encoding]")
    assert "is not UTF-8" in drivetrain("plan", "latin.yml", cwd=folder).stderr


def test_control_characters_of_a_file_do_not_reach_the_terminal(folder: Path) -> None:
    (folder / "escape.yml").write_text('steps:\n- "scr\\e[2Jipt": a\n')
    assert "\x1b" not in drivetrain("lint", "escape.yml", cwd=folder).stdout


def test_expand_prints_yaml_that_expands_to_itself(folder: Path) -> None:
    first = drivetrain("expand", "--parameter", "who=you", cwd=folder)
    assert first.returncode == 0
    assert "script: echo hello you\n" in first.stdout
    assert drivetrain("expand", "-", cwd=folder, stdin=first.stdout).stdout == first.stdout


def test_expand_knows_the_branch(folder: Path) -> None:
    text = "steps:\n- script: echo ${{ variables['Build.SourceBranch'] }}\n"
    assert "echo refs/heads/main" in drivetrain("expand", "--branch", "main", "-", cwd=folder, stdin=text).stdout


def test_plan_prints_json(folder: Path) -> None:
    done = drivetrain("plan", "-p", "who=you", cwd=folder)
    plan = json.loads(done.stdout)
    assert plan["version"] == 3
    assert plan["parameters"] == {"who": "you"}
    assert plan["stages"][0]["jobs"][0]["steps"][1]["inputs"] == {"script": "echo hello you"}


@pytest.mark.parametrize("verb", ["expand", "plan"])
def test_a_file_with_errors_gives_no_output_but_the_errors(verb: str, folder: Path) -> None:
    done = drivetrain(verb, "bad.yml", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean 'script'?" in done.stderr


@pytest.mark.parametrize("arguments", [("-p", "who"), ("-p", "=x")])
def test_an_option_that_is_not_name_and_value_says_so(arguments: tuple[str, str], folder: Path) -> None:
    done = drivetrain("plan", *arguments, cwd=folder)
    assert done.returncode == 2
    assert "is not NAME=VALUE" in done.stderr


@pytest.mark.parametrize("verb", ["lint", "expand", "plan"])
def test_nothing_heavy_is_imported(verb: str, folder: Path, unmeasured: dict[str, str]) -> None:
    code = IMPORTS.format(verb=verb, heavy=HEAVY)
    environment = {**unmeasured, "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_task_of_the_server_on_an_agent_is_an_error_in_azures_words(folder: Path) -> None:
    (folder / "azure-pipelines.yml").write_text("steps:\n- task: Delay@1\n  inputs: {delayForMinutes: 1}\n")
    done = drivetrain("lint", cwd=folder)
    assert done.returncode == 1
    said = "azure-pipelines.yml:2:9: error: Job Job: Step  references task 'Delay' at version '1' which is not valid"
    assert said in done.stdout + done.stderr
