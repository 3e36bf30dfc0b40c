"""The commands that look at runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Workplace

TWO_STEPS = "name: $(Date:yyyyMMdd)$(Rev:.r)\nsteps:\n- bash: echo one\n  displayName: First\n- bash: echo two >&2\n"


def test_runs_are_listed_newest_first_and_numbered(workplace: Workplace) -> None:
    workplace.write(TWO_STEPS)
    workplace.commit("Say two things")
    workplace.call("run")
    workplace.call("run")
    lines = workplace.call("runs").stdout.splitlines()
    assert lines[0].split()[:3] == ["id", "number", "result"]
    assert [line.split()[0] for line in lines[1:]] == ["2", "1"]
    assert lines[1].split()[1].endswith(".2")
    assert lines[1].endswith("Say two things")


def test_runs_can_be_filtered(workplace: Workplace) -> None:
    workplace.write("steps:\n- bash: exit $(code)\n")
    workplace.call("run", "-v", "code=0")
    workplace.call("run", "-v", "code=1", code=1)
    assert [run["id"] for run in workplace.json("runs", "--result", "Failed")] == [2]
    assert [run["id"] for run in workplace.json("runs", "--limit", "1")] == [2]
    assert workplace.json("runs", "--branch", "other") == []


def test_show_names_steps_issues_and_artifacts(workplace: Workplace) -> None:
    workplace.write(
        "steps:\n- bash: |\n"
        "    echo '##vso[task.logissue type=warning;sourcepath=a.py;linenumber=3;columnnumber=1]Odd'\n"
        "    mkdir out; echo data > out/file\n- publish: out\n  artifact: results\n"
    )
    workplace.call("run")
    out = workplace.call("show").stdout
    assert "warning: a.py:3:1: Odd" in out
    assert "artifact results: 1 files, 5 B" in out


def test_logs_prints_the_whole_run_and_one_step(workplace: Workplace) -> None:
    workplace.write(TWO_STEPS)
    workplace.call("run")
    whole = workplace.call("logs").stdout
    assert "one" in whole
    assert "two" in whole
    step = workplace.call("logs", "1", "--step", "2").stdout
    assert "one\n" in step
    assert "two\n" not in step


def test_following_a_completed_run_ends_with_its_result(workplace: Workplace) -> None:
    workplace.write("steps:\n- bash: exit 1\n")
    workplace.call("run", code=1)
    workplace.call("logs", "--follow", code=1)


def test_following_takes_over_a_run_whose_command_was_killed(workplace: Workplace) -> None:
    workplace.write("steps:\n- checkout: none\n- bash: echo it began; sleep 1; echo it ended\n")
    with workplace.start("run") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "it began":
                process.kill()
    assert workplace.json("runs")[0]["state"] == "running"
    assert "it ended" in workplace.call("logs", "--follow").stdout
    assert workplace.json("runs")[0]["result"] == "Succeeded"


def test_rerun_makes_a_new_run_of_the_same_commit(workplace: Workplace) -> None:
    workplace.write(TWO_STEPS)
    sha = workplace.commit()
    workplace.call("run")
    workplace.write("steps:\n- bash: echo changed since\n")
    assert "changed since" not in workplace.call("rerun").stdout
    first, second = reversed(workplace.json("runs"))
    assert (first["id"], second["rerun_of"]) == (1, 1)
    assert first["source"]["commit"]["sha"] == second["source"]["commit"]["sha"] == sha


FLAKY = """\
stages:
- stage: Build
  jobs:
  - job: Good
    steps:
    - checkout: none
    - bash: echo good, attempt $(System.JobAttempt)
  - job: Bad
    steps:
    - checkout: none
    - bash: echo bad, attempt $(System.JobAttempt); [ $(System.JobAttempt) -gt 1 ]
"""


def test_rerun_failed_goes_on_with_the_same_run_and_keeps_the_earlier_attempts(workplace: Workplace) -> None:
    workplace.write(FLAKY)
    workplace.call("run", code=1)
    said = workplace.call("rerun", "--failed").stdout
    assert "bad, attempt 2" in said
    assert "good" not in said
    assert "bad, attempt 1" not in said, "what happened before is not told again"
    (run,) = workplace.json("runs")
    assert run["result"] == "Succeeded"
    shown = workplace.call("show").stdout
    assert "✗ Build  " in shown
    assert "✓ Build (attempt 2)" in shown
    assert "✗ Bad  " in shown
    assert "✓ Bad (attempt 2)" in shown
    first = workplace.call("show", "--attempt", "1").stdout
    assert "✗ Bad  " in first
    assert "(attempt 2)" not in first
    assert "bad, attempt 1" in workplace.call("logs", "--job", "Bad", "--attempt", "1").stdout
    assert "bad, attempt 2" in workplace.call("logs", "--attempt", "2").stdout
    refused = workplace.call("rerun", "--failed", code=2).stderr
    assert "no job has failed or was canceled" in refused


def test_rerun_of_a_stage_that_is_not_there_names_those_that_are(workplace: Workplace) -> None:
    workplace.write(FLAKY)
    workplace.call("run", code=1)
    assert "stages of this run: Build" in workplace.call("rerun", "--stage", "Bild", code=2).stderr


CHOICE = """\
stages:
- stage: Build
  jobs: [{job: A, steps: [{checkout: none}, {bash: echo build}]}]
- stage: Prod
  trigger: manual
  jobs: [{job: B, steps: [{checkout: none}, {bash: echo prod}]}]
- stage: Fixed
  isSkippable: false
  jobs: [{job: C, steps: [{checkout: none}, {bash: echo fixed}]}]
"""


def test_a_new_run_of_the_same_commit_has_the_stages_that_were_chosen(workplace: Workplace) -> None:
    workplace.write(CHOICE)
    workplace.call("run", "--stage", "Prod", "--stage", "Fixed")
    workplace.call("rerun", "1")
    for run in ("1", "2"):
        stages = workplace.json("show", run)["timeline"]["stages"]
        assert [stage["result"] for stage in stages] == ["Skipped", "Succeeded", "Succeeded"]
        assert stages[0]["reason"] == "It was not chosen for this run"


def test_a_choice_that_cannot_be_made_says_why(workplace: Workplace) -> None:
    workplace.write(CHOICE)
    refused = workplace.call("run", "--stage", "Build", code=2).stderr
    assert "azure-pipelines.yml:7:3: stage Fixed cannot be left out (isSkippable: false)" in refused
    assert "add --stage Fixed" in refused
    assert "stages of this pipeline: Build, Prod, Fixed" in workplace.call("run", "--stage", "X", code=2).stderr
    assert "jobs of this pipeline: Build.A, Prod.B, Fixed.C" in workplace.call("run", "--job", "X", code=2).stderr
    assert "no runs" in workplace.call("runs").stderr


def test_a_run_is_found_by_its_number(workplace: Workplace) -> None:
    workplace.write(TWO_STEPS)
    workplace.call("run")
    number = workplace.json("runs")[0]["number"]
    assert workplace.json("show", number)["timeline"]["run"]["id"] == 1


def test_an_unknown_run_is_an_error_with_a_hint(workplace: Workplace) -> None:
    for words in (("show", "9"), ("logs", "nine"), ("cancel", "9"), ("rerun", "9")):
        assert "hint: drivetrain runs" in workplace.call(*words, code=2).stderr


def test_a_home_without_runs_says_how_to_start_one(workplace: Workplace) -> None:
    assert "drivetrain run" in workplace.call("runs").stderr
    assert "there are no runs yet" in workplace.call("show", code=2).stderr


def test_control_characters_of_a_commit_message_do_not_reach_the_terminal(workplace: Workplace) -> None:
    workplace.write(TWO_STEPS)
    workplace.commit("Nice \x1b[2J\x1b]0;title\x07 message")
    workplace.call("run")
    for words in (("runs",), ("show",)):
        assert "\x1b" not in workplace.call(*words).stdout


def test_a_step_that_is_skipped_is_shown_with_its_reason(workplace: Workplace) -> None:
    workplace.write("steps:\n- checkout: none\n- bash: echo\n  displayName: Never\n  condition: failed()\n")
    assert "- Never" in workplace.call("run").stdout
