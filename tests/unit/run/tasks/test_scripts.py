from __future__ import annotations

import shutil
import sys
from typing import Any

import pytest

from drivetrain.run.tasks.python.python_script import split_arguments

Make = Any


def test_cmd_line_shows_a_one_line_script_and_how_it_is_run(run_job: Make) -> None:
    log = run_job("echo hi").log()
    assert "Task         : Command line\n" in log
    assert "Generating script.\nScript contents:\necho hi\n====" in log
    assert "[command]/" in log
    assert "bash --noprofile --norc " in log


def test_cmd_line_does_not_show_longer_scripts(run_job: Make) -> None:
    assert "Script contents" not in run_job("echo hi\necho you").log()


def test_a_script_goes_on_after_a_failed_line(run_job: Make) -> None:
    assert run_job("false\necho on").results == ["Succeeded"]


@pytest.mark.parametrize("reference", ["CmdLine@2", "Bash@3"])
def test_standard_error_fails_the_step_only_when_asked(run_job: Make, task: Make, reference: str) -> None:
    inputs = {"targetType": "inline", "script": "echo out\necho problem >&2"}
    assert run_job(task(reference, inputs)).results == ["Succeeded"]
    job = run_job(task(reference, {**inputs, "failOnStderr": "true"}))
    assert job.results == ["Failed"]
    assert job.issues("error") == ["Bash wrote one or more lines to the standard error stream.", "problem"]
    assert sorted(job.output().splitlines()[:2]) == ["out", "problem"]


@pytest.mark.parametrize("folder", ["sub", "$(Build.SourcesDirectory)/sub", "./sub/../sub"])
def test_the_working_directory_counts_from_the_sources(run_job: Make, step: Make, folder: str) -> None:
    job = run_job("mkdir sub", step("pwd", inputs={"workingDirectory": folder}))
    assert job.output(2) == f"{job.dir}/work/s/sub\n"


def test_a_missing_working_directory_is_named(run_job: Make, step: Make) -> None:
    job = run_job(step("pwd", inputs={"workingDirectory": "nope"}))
    assert f"Not found workingDirectory: {job.dir}/work/s/nope" in job.issues("error")[0]


def test_bash_runs_a_file_with_arguments_that_the_shell_reads(run_job: Make, task: Make) -> None:
    job = run_job(
        """mkdir "it's"; printf 'pwd; printf "<%%s>" "$@"; echo; exit 4' > "it's/a b.sh" """,
        task(
            "Bash@3",
            {"filePath": "it's/a b.sh", "arguments": "one 'two three' $HOME", "workingDirectory": "it's"},
            env={"HOME": "/h"},
        ),
    )
    assert job.output(2).startswith(f"{job.dir}/work/s/it's\n<one><two three></h>\n")
    assert job.entries("step.completed")[1]["exit_code"] == 4
    assert "Formatted command: exec bash '" in job.log(2)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "a.yml:1:2: Input required: filePath"),
        ({"filePath": "nope.sh"}, "Invalid file path '"),
        ({"filePath": "."}, "Invalid file path '"),
    ],
)
def test_bash_says_what_is_wrong_with_its_file(run_job: Make, task: Make, inputs: dict[str, str], message: str) -> None:
    job = run_job(task("Bash@3", inputs, position="a.yml:1:2"))
    assert job.results == ["Failed"]
    assert message in job.issues("error")[0]


def test_bash_env_value_is_read_before_the_script(run_job: Make, task: Make) -> None:
    job = run_job(
        "echo 'greet() { echo hello; }' > start.sh",
        task(
            "Bash@3", {"targetType": "inline", "script": "greet", "bashEnvValue": "$(Build.SourcesDirectory)/start.sh"}
        ),
    )
    assert job.output(2) == "hello\n"


def test_macros_expand_in_inputs_and_env_and_unknown_ones_stay(run_job: Make, step: Make) -> None:
    job = run_job(
        step("echo '$(name) $(nested) $(unknown)' \"$FROM\"", env={"FROM": "[$(secret)] $(name)"}),
        variables={"name": "x", "nested": "<$(name)>"},
        secrets={"secret": "hidden-1"},
    )
    assert job.output() == "x <x> $(unknown) [***] x\n"


def test_variables_are_in_the_environment_but_secrets_are_not(run_job: Make) -> None:
    job = run_job(
        'echo "$A_B_C-$TF_BUILD-$SECRET-$COPY-$AGENT_JOBSTATUS"',
        variables={"a.b c": "v", "copy": "with $(secret)"},
        secrets={"secret": "hidden-1"},
    )
    assert job.output() == "v-True---Succeeded\n"


FOLDERS = """
PIPELINE_WORKSPACE AGENT_BUILDDIRECTORY BUILD_SOURCESDIRECTORY BUILD_REPOSITORY_LOCALPATH
SYSTEM_DEFAULTWORKINGDIRECTORY BUILD_ARTIFACTSTAGINGDIRECTORY BUILD_STAGINGDIRECTORY SYSTEM_ARTIFACTSDIRECTORY
BUILD_BINARIESDIRECTORY COMMON_TESTRESULTSDIRECTORY AGENT_TEMPDIRECTORY
"""


def test_the_folders_are_the_agents(run_job: Make) -> None:
    names = FOLDERS.split()
    job = run_job("\n".join(f'cd "${name}" && echo "${name}"' for name in names))
    work = f"{job.dir}/work"
    assert job.output().split() == [
        work, work, f"{work}/s", f"{work}/s", f"{work}/s", f"{work}/a", f"{work}/a", f"{work}/a", f"{work}/b",
        f"{work}/TestResults", f"{job.dir}/temp",
    ]  # fmt: skip


def test_python_script_runs_inline_and_files(run_job: Make, task: Make) -> None:
    python = {"pythonInterpreter": sys.executable}
    job = run_job(
        "echo 'import sys; print(sys.argv[1:])' > a.py",
        task("PythonScript@0", {"scriptSource": "inline", "script": "print(6*7)", **python}),
        task("PythonScript@0", {"scriptPath": "a.py", "arguments": 'one "two three"', **python}),
        task("PythonScript@0", {"targetType": "inline", "script": "import sys; sys.exit(5)", **python}),
    )
    assert job.output(2) == "42\n"
    assert job.output(3) == "['one', 'two three']\n"
    assert job.results[3] == "Failed"
    assert job.issues("error") == [f"The process '{sys.executable}' failed with exit code 5"]


def test_python_script_fails_on_standard_error_when_asked(run_job: Make, task: Make) -> None:
    script = {"scriptSource": "inline", "script": "import sys; sys.stderr.write('w')", "failOnStderr": "true"}
    job = run_job(task("PythonScript@0", {**script, "pythonInterpreter": sys.executable}))
    assert job.results == ["Failed"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("a  b", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        ('x"a b"y', ["xa by"]),
        (r"\"a b\"", ['"a', 'b"']),
        ('""', [""]),
        ("'a b'", ["'a", "b'"]),
        ("a\nb", ["a", "b"]),
    ],
)
def test_arguments_are_split_as_the_official_tasks_do(line: str, words: list[str]) -> None:
    assert split_arguments(line) == words


@pytest.mark.skipif(shutil.which("pwsh") is not None, reason="PowerShell is installed")
def test_without_powershell_its_step_says_what_to_install(run_job: Make, task: Make) -> None:
    job = run_job(task("PowerShell@2", {"targetType": "inline", "script": "Write-Host hi"}))
    assert job.results == ["Failed"]
    assert "Unable to locate executable file: 'pwsh'" in job.issues("error")[0]
    assert "https://aka.ms/install-powershell" in job.issues("error")[0]


FAKE_PWSH = """#!/bin/bash
# Shows the script that PowerShell would be given.
file=${@: -1}; file=${file#". '"}; cat "${file%"'"}"
"""


def test_powershell_is_given_preferences_script_and_exit_code(run_job: Make, task: Make) -> None:
    job = run_job(
        f"mkdir bin; cat > bin/pwsh <<'END'\n{FAKE_PWSH}END\nchmod +x bin/pwsh\n"
        'echo "##vso[task.prependpath]$PWD/bin"',
        task("PowerShell@2", {"targetType": "inline", "script": "Write-Host hi", "warningPreference": "continue"}),
        task("PowerShell@2", {"targetType": "inline", "script": "x", "errorActionPreference": "explode"}),
        task("PowerShell@2", {"filePath": "a.sh"}, condition="always()"),
    )
    assert "$ErrorActionPreference = 'stop'\n$WarningPreference = 'continue'\n" in job.output(2)
    assert "Write-Host hi\nif (!(Test-Path -LiteralPath variable:\\LASTEXITCODE)) {" in job.output(2)
    assert job.results == ["Succeeded", "Succeeded", "Failed", "Failed"]
    assert "Invalid value 'explode' of input errorActionPreference" in job.issues("error")[0]
