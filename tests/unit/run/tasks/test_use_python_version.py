from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

Make = Any
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_the_version_is_on_path_in_later_steps(run_job: Make, task: Make) -> None:
    job = run_job(
        task("UsePythonVersion@0", {"versionSpec": VERSION}),
        "python -c 'import sys; print(\"%d.%d\" % sys.version_info[:2]); print(sys.prefix)'; echo $(pythonLocation)",
    )
    assert job.result == "Succeeded", job.log(1)
    version, prefix, location = job.output(2).split()
    assert version == VERSION
    assert Path(prefix).resolve() == Path(location).resolve()
    assert Path(location).is_relative_to(job.dir)
    assert "Prepending PATH environment variable with directory: " in job.log(1)


def test_the_place_is_an_output_of_the_step(run_job: Make, task: Make) -> None:
    job = run_job(
        task("UsePythonVersion@0", {"versionSpec": VERSION}, name="py"),
        '[ "$(py.pythonLocation)" = "$(pythonLocation)" ] && echo "$(py.pythonLocation)"',
    )
    output = job.entries("variable.set")[0]
    assert (output["step_name"], output["name"]) == ("py", "pythonLocation")
    assert job.output(2) == output["value"] + "\n"


def test_it_stays_off_path_when_asked(run_job: Make, task: Make) -> None:
    job = run_job(
        task("UsePythonVersion@0", {"versionSpec": VERSION, "addToPath": "false"}),
        'case "$PATH" in "$PYTHONLOCATION"*) echo on;; *) echo off;; esac',
    )
    assert job.output(2) == "off\n"


def test_a_version_that_cannot_be_had_lists_those_that_can(run_job: Make, task: Make) -> None:
    job = run_job(task("UsePythonVersion@0", {"versionSpec": "4.99", "disableDownloadFromRegistry": "true"}))
    assert job.results == ["Failed"]
    assert "4.99" in job.issues("error")[0]
    assert VERSION in job.issues("error")[0]


def test_the_interpreter_can_be_called_at_its_place_as_on_azure(run_job: Make, task: Make) -> None:
    job = run_job(
        task("UsePythonVersion@0", {"versionSpec": VERSION, "addToPath": "false"}, name="py"),
        "$(py.pythonLocation)/python -c 'import sys; print(sys.prefix)'; echo $(py.pythonLocation)",
    )
    prefix, location = job.output(2).split()
    assert Path(prefix).resolve() == Path(location).resolve()


def test_what_the_job_had_in_the_end_is_told(run_job: Make, task: Make) -> None:
    site = "python -c \"import sysconfig; print(sysconfig.get_path('purelib'))\""
    job = run_job(task("UsePythonVersion@0", {"versionSpec": VERSION}), f'mkdir "$({site})/Tiny_Model-1.2.dist-info"')
    (told,) = job.entries("environment.used")
    (environment,) = told["environments"]
    assert environment["python"].startswith(f"{VERSION}.")
    assert environment["packages"]["tiny-model"] == "1.2"
    assert job.kinds()[-1] == "job.completed"
