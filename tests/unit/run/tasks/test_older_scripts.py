from __future__ import annotations

from typing import Any

Make = Any
WORDS = r"""[%s] "a b" $HOME 'c d' \"e\""""


def test_the_older_command_line_starts_a_program_without_a_shell(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkdir sub",
        task(
            "CmdLine@1",
            {"filename": "printf", "arguments": r"""[%s] "a b" $HOME 'c d' \"e\"""", "workingFolder": "sub"},
        ),
        task("CmdLine@1", {"filename": "sh", "arguments": '-c "echo bad >&2"', "failOnStandardError": "true"}),
        task("CmdLine@1", {"filename": "sh", "arguments": '-c "exit 3"'}, condition="always()"),
        task("CmdLine@1", {"filename": "no-such-program"}, condition="always()"),
        task("CmdLine@1", {"filename": "sh", "arguments": '"'}, condition="always()"),
    )
    assert job.output(2) == """[a b][$HOME]['c][d']["e"]\n"""
    assert job.results == ["Succeeded", "Succeeded", *["Failed"] * 4]
    errors = job.issues("error")
    assert errors[0] == "The process wrote one or more lines to the standard error stream."
    assert "Process completed with exit code 3." in errors
    assert any("Unable to locate executable file: 'no-such-program'" in error for error in errors)
    assert "quote without its end" in errors[-1]


def test_scripts_for_windows_say_so_and_what_to_use(run_job: Make, task: Make) -> None:
    job = run_job(task("BatchScript@1", {"filename": "build.cmd"}), task("PowerShell@1", condition="always()"))
    batch, power = job.issues("error")
    assert batch.startswith("BatchScript@1 runs on Windows only: this is Linux.\nuse `script:`")
    assert power.startswith("PowerShell@1 runs on Windows only: this is Linux.\nuse `pwsh:`")
