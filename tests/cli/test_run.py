"""`drivetrain run` as people and programs call it: real processes, real git, no server."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.walking import everything

if TYPE_CHECKING:
    from tests.cli.conftest import Workplace

HELLO = "steps:\n- bash: echo hello from $(Build.SourceBranchName) $(Build.BuildNumber)\n"
ENDLESS = "steps:\n- checkout: none\n- bash: echo it began; exec sleep 600\n"


def test_a_run_prints_its_log_and_ends_with_zero(workplace: Workplace) -> None:
    workplace.write(HELLO)
    workplace.commit()
    out = workplace.call("run").stdout
    assert "hello from main 20" in out
    assert out.rstrip().endswith("✓ Succeeded")


def test_a_failing_step_ends_the_command_with_one(workplace: Workplace) -> None:
    workplace.write("steps:\n- bash: exit 3\n  displayName: Break\n- bash: echo never\n")
    out = workplace.call("run", code=1).stdout
    assert "✗ Break" in out
    assert "code '3'" in out
    assert "echo never" not in out


def test_uncommitted_and_untracked_files_are_taken_along_ignored_ones_are_not(workplace: Workplace) -> None:
    workplace.write("old", "data.txt")
    workplace.commit()
    workplace.write("new", "data.txt")
    workplace.write("also", "untracked.txt")
    workplace.write("hidden.txt\n", ".gitignore")
    workplace.write("secret", "hidden.txt")
    workplace.write("steps:\n- bash: cat data.txt untracked.txt; test ! -e hidden.txt && echo unseen\n")
    assert "newalsounseen" in workplace.call("run").stdout
    assert workplace.git("status", "--porcelain").splitlines() == [
        " M data.txt",
        "?? .gitignore",
        "?? azure-pipelines.yml",
        "?? untracked.txt",
    ]


def test_a_folder_that_is_no_repository_runs_as_well(workplace: Workplace) -> None:
    workplace.write(HELLO)
    (workplace.repo / ".git").rename(workplace.repo.parent / "elsewhere")
    assert "hello from main" in workplace.call("run").stdout


def test_problems_of_the_file_are_shown_with_their_place(workplace: Workplace) -> None:
    workplace.write("steps:\n- bash: echo\n  displayname: x\n")
    err = workplace.call("run", code=1).stderr
    assert "azure-pipelines.yml:3:3: error:" in err
    assert workplace.json("runs") == []


def test_a_missing_file_says_what_to_do(workplace: Workplace) -> None:
    err = workplace.call("run", code=2).stderr
    assert "there is no azure-pipelines.yml here or above" in err
    assert "hint:" in err


def test_json_prints_the_timeline_and_nothing_else(workplace: Workplace) -> None:
    workplace.write(HELLO)
    timeline = workplace.json("run")
    assert timeline["run"]["result"] == "Succeeded"
    assert [step["task"] for step in timeline["steps"]] == ["Checkout@1", "Bash@3"]


def test_parameters_and_variables_reach_the_pipeline(workplace: Workplace) -> None:
    workplace.write(
        "parameters:\n- name: depth\n  type: number\n  default: 1\nvariables:\n  mine: file\n"
        "steps:\n- bash: echo depth ${{ parameters.depth }} for $(who), $(mine)\n"
    )
    done = workplace.call("run", "-p", "depth=7", "-v", "who=ada", "-v", "mine=queued")
    assert "depth 7 for ada, file" in done.stdout
    assert "warning: the file sets 'mine' itself, and its value is the one that counts, as on Azure" in done.stderr
    assert "parameter" in workplace.call("run", "-p", "dpeth=7", code=1).stderr


def test_an_interrupt_cancels_the_run_and_always_steps_still_clean_up(workplace: Workplace) -> None:
    workplace.write(f"{ENDLESS}- bash: echo cleaned up\n  condition: always()\n")
    seen = ""
    with workplace.start("run") as process:
        assert process.stdout is not None
        for line in process.stdout:
            seen += line
            if line.strip() == "it began":
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 1
    assert "canceling (SIGINT)" in seen
    assert "cleaned up" in seen
    assert workplace.json("runs")[0]["result"] == "Canceled"


def test_a_run_can_be_canceled_from_another_terminal(workplace: Workplace) -> None:
    workplace.write(ENDLESS)
    with workplace.start("run") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "it began":
                workplace.call("cancel", "1")
        assert process.wait(60) == 1
    assert workplace.json("show")["timeline"]["run"]["result"] == "Canceled"


WAITS = """\
stages:
- stage: Build
  jobs:
  - job: A
    steps:
    - checkout: none
    - bash: |
        echo it began
        while [ ! -e "$(Agent.HomeDirectory)/go" ]; do sleep 0.1; done
- stage: Prod
  trigger: manual
  jobs:
  - job: A
    steps:
    - checkout: none
    - bash: echo it is there
"""


def test_a_stage_is_started_by_hand_from_another_terminal(workplace: Workplace) -> None:
    workplace.write(WAITS)
    seen = ""
    with workplace.start("run") as process:
        assert process.stdout is not None
        for line in process.stdout:
            seen += line
            if line.endswith("  it began\n"):  # several jobs: the line begins with the name of this one
                try:
                    assert "starting stage prod of run 1" in workplace.call("start", "1", "prod").stdout
                finally:
                    Path(workplace.env["DRIVETRAIN_HOME"], "go").touch()
        assert process.wait(60) == 0
    assert "it is there" in seen
    assert "completed" in workplace.call("start", "1", "prod", code=2).stderr


def test_a_stage_that_nobody_starts_is_skipped_and_the_run_says_so(workplace: Workplace) -> None:
    workplace.write(WAITS)
    Path(workplace.env["DRIVETRAIN_HOME"]).mkdir(exist_ok=True)
    Path(workplace.env["DRIVETRAIN_HOME"], "go").touch()
    assert "Stage Prod: It is started by hand, and was not: drivetrain run --start" in workplace.call("run").stdout
    assert "it is there" in workplace.call("run", "--start", "Prod").stdout
    assert "there is no stage Nope" in workplace.call("run", "--start", "Nope", code=2).stderr


def test_training_without_a_server_is_tracked_under_the_build_number(workplace: Workplace) -> None:
    workplace.write("import mlflow\nwith mlflow.start_run():\n    mlflow.log_metric('rmse', 0.25)\n", "train.py")
    workplace.write(f"steps:\n- bash: '{sys.executable} train.py'\n")
    out = workplace.call("run").stdout
    training = workplace.json("show")["training_runs"]
    number = workplace.json("runs")[0]["number"]
    assert [run["metrics"] for run in training] == [{"rmse": 0.25}]
    assert training[0]["tags"]["build number"] == number
    assert "rmse" in out


def test_a_step_that_is_tried_again_is_shown_once_and_its_log_without_repetition(workplace: Workplace) -> None:
    workplace.write(
        "steps:\n- checkout: none\n- bash: |\n    echo x >> $(Agent.TempDirectory)/tries\n"
        "    echo try $(wc -l < $(Agent.TempDirectory)/tries)\n    test $(wc -l < $(Agent.TempDirectory)/tries) = 2\n"
        "  displayName: Flaky\n  retryCountOnTaskFailure: 1\n"
    )
    out = workplace.call("run").stdout
    assert out.count("▶ Flaky") == 1
    tries = [line.strip() for line in out.splitlines() if line.strip().startswith("try ")]
    assert tries == ["try 1", "try 2"]
    assert out.count("✓ Flaky") == 1


def test_a_reason_of_several_lines_takes_one_line_of_the_terminal(workplace: Workplace) -> None:
    workplace.write(
        "steps:\n- checkout: none\n- task: UsePythonVersion@0\n"
        "  inputs: {versionSpec: '1.5', disableDownloadFromRegistry: true}\n"
    )
    out = workplace.call("run", code=1).stdout
    assert "✗ UsePythonVersion" in out
    assert "\N{REPLACEMENT CHARACTER}" not in out + workplace.call("show").stdout
    assert "Versions on this machine: 3." in out


UNKNOWN_PYTHON = "steps:\n- checkout: none\n- task: UsePythonVersion@0\n  inputs: {versionSpec: 3.10.2}\n"


def test_the_setting_that_forbids_installing_python_holds_whatever_the_pipeline_says(workplace: Workplace) -> None:
    workplace.write("variables: {DRIVETRAIN_ALLOW_PYTHON_INSTALL: 'true'}\n" + UNKNOWN_PYTHON)
    workplace.env["DRIVETRAIN_ALLOW_PYTHON_INSTALL"] = "false"
    out = workplace.call("run", code=1).stdout
    assert "the setting allow_python_install" in out
    home = Path(workplace.env["DRIVETRAIN_HOME"])
    assert not [path for path in everything(home) if path.name.startswith("cpython-3.10.2")]


def test_the_setting_pip_reaches_jobs(workplace: Workplace) -> None:
    workplace.write("steps:\n- checkout: none\n- bash: echo pip is $DRIVETRAIN_PIP\n")
    home = Path(workplace.env["DRIVETRAIN_HOME"])
    home.mkdir()
    (home / "config.toml").write_text('pip = "pip"\n')
    assert "pip is pip" in workplace.call("run").stdout


COUNTED = (
    "name: $(major).$(minor)\nvariables:\n  major: 1\n  minor: $[counter(variables['major'], 5)]\n"
    "steps:\n- checkout: none\n- bash: echo minor $(minor)\n"
)


def test_a_counter_in_the_name_goes_up_with_every_run_and_starts_anew_for_another_prefix(workplace: Workplace) -> None:
    workplace.write(COUNTED)
    assert "minor 5" in workplace.call("run").stdout
    assert "minor 6" in workplace.call("run").stdout
    workplace.write(COUNTED.replace("major: 1", "major: 2"))
    assert "minor 5" in workplace.call("run").stdout
    assert [run["number"] for run in workplace.json("runs")] == ["2.5", "1.6", "1.5"]


def test_a_variable_set_when_queueing_is_seen_by_expressions_of_the_run(workplace: Workplace) -> None:
    workplace.write(
        "variables:\n  hello: $[format('hello {0}', variables.who)]\nsteps:\n- checkout: none\n- bash: echo $(hello)\n"
    )
    assert "hello ada" in workplace.call("run", "-v", "who=ada").stdout
