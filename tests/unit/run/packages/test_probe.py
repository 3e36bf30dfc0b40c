"""A task written on Azure's published task library, run by its own handler."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.home import Home
from drivetrain.run.library.model import Connection, SecureFile
from drivetrain.run.packages.shelf import Shelf
from drivetrain.run.packages.taking import add
from drivetrain.store.sealed_files import SealedFiles
from drivetrain.store.vault import FileVault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.run.runner.job_runs import JobRun

Make = Any
CONNECTION = Connection(
    "0d1f0c9e-5d0c-4c6e-9b0e-000000000001",
    "the api",
    "generic",
    "https://api.example.com/",
    "UsernamePassword",
    {"username": "ada", "password": "swordfish"},
    {"acceptUntrustedCerts": "no"},
    frozenset({"password"}),
)
FILE_ID = "0d1f0c9e-5d0c-4c6e-9b0e-000000000002"


@pytest.fixture
def run_probe(make_job: Make, task: Make, probe: Path) -> Make:
    def run(inputs: dict[str, str], *after: Any, **options: Any) -> JobRun:
        job: JobRun = make_job(
            task("Probe@2", {"text": "hello", **inputs}, name="probe", **options.pop("step", {})),
            *after,
            secrets={"the.secret": "opensesame", "System.AccessToken": "token-of-the-job"},
            variables={"System.CollectionUri": "http://127.0.0.1:1/", "Build.BuildNumber": "20260101.1"},
            **options,
        )
        add(Shelf(job.root / "tasks"), probe)
        home = Home(job.root)
        ticket = SealedFiles(home.secure_files, FileVault(home.secret_key)).write(b"the content of the file")
        files = {"key.pem": SecureFile(FILE_ID, "key.pem", ticket)}
        job.secrets = replace(job.secrets, connections={"The API": CONNECTION}, secure_files=files)
        return job.start().wait()

    return run


def report(job: JobRun) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((job.dir / "work" / "a" / "report.json").read_text())
    return found


def test_inputs_come_with_defaults_aliases_macros_and_paths(run_probe: Make) -> None:
    job = run_probe(
        {"words": " $(Build.BuildNumber) ", "text": "", "choice": "b", "path": "x/../y", "Not declared": "1"}
    )
    found = report(job)
    assert job.result == "Succeeded"
    assert found["text"] == "20260101.1"
    assert found["lines"] == ["one", "two"]
    assert found["flag"] is True
    assert found["choice"] == "b"
    assert found["path"] == str(job.dir / "work" / "s" / "y")
    assert found["other"] == "1"
    assert found["folder"] == str(job.dir / "work" / "s")
    assert found["argv"] == 2


def test_an_empty_path_is_the_working_directory_which_the_library_tells_from_one_that_is_given(run_probe: Make) -> None:
    job = run_probe({})
    assert report(job)["path"] == str(job.dir / "work" / "s")


def test_connections_are_read_by_their_id_with_all_that_is_in_them(run_probe: Make) -> None:
    found = report(run_probe({"endpoint": "the api"}))["connection"]
    assert found == {
        "id": CONNECTION.id,
        "url": CONNECTION.url,
        "scheme": "UsernamePassword",
        "user": "ada",
        "whole": {"parameters": {"username": "ada", "password": "swordfish"}, "scheme": "UsernamePassword"},
        "data": "no",
    }


def test_secure_files_are_read_by_their_id_and_downloaded_by_their_ticket(run_probe: Make) -> None:
    found = report(run_probe({"secureFile": "key.pem"}))["file"]
    assert (found["id"], found["name"]) == (FILE_ID, "key.pem")
    assert found["content"] == "the content of the file"


def test_the_server_is_reached_by_the_jobs_own_token(run_probe: Make) -> None:
    assert report(run_probe({}))["system"] == {
        "url": "http://127.0.0.1:1/",
        "token": "token-of-the-job",
        "scheme": "OAuth",
    }


def test_variables_are_told_apart_by_kind_and_secrets_are_taken_out_of_the_environment(run_probe: Make) -> None:
    found = report(run_probe({}))
    assert (found["variable"], found["secret"]) == ("20260101.1", "opensesame")
    names = dict(found["names"])
    assert names["the.secret"] is True
    assert names["Build.BuildNumber"] is False
    assert found["secretsInEnvironment"] == []
    assert found["agent"]


def test_what_it_says_is_done_and_its_secrets_are_masked(run_probe: Make, step: Make) -> None:
    see = step("task-tool; echo $(probe.said), $PROBE_SAID, $(hush)", name="see")
    job = run_probe({"connection": "the api"}, see)
    assert job.results == ["Succeeded"] * 4
    assert "tool of the task\nby the task, by the task, ***\n" in job.log(3)
    assert "the secret is ***, the password ***" in job.log(2)
    assert "a warning of the task" in job.issues("warning")
    everything = (
        b"".join(path.read_bytes() for path in job.dir.rglob("*.log")) + (job.dir / "journal.jsonl").read_bytes()
    )
    assert not [secret for secret in (b"opensesame", b"swordfish", b"token-of-the-job") if secret in everything]


def test_its_parts_run_before_and_after_the_job_and_share_its_own_variables(run_probe: Make, step: Make) -> None:
    job = run_probe({}, step("exit 1"))
    assert [entry["display_name"] for entry in job.entries("step.started")] == [
        "Pre-job: probe",
        "probe",
        "CmdLine",
        "Post-job: probe",
    ]
    found = report(job)
    assert (found["fromBefore"], found["secretFromBefore"]) == ("set before the job", "hidden before the job")
    assert "before the job: hello" in job.log(1)
    assert "after the job: set before the job, Failed" in job.log(4)
    assert job.result == "Failed"


def test_the_step_has_its_own_environment(run_probe: Make) -> None:
    assert report(run_probe({}, step={"env": {"OWN": "$(the.secret)"}}))["own"] == "opensesame"


def test_a_result_that_the_task_sets_is_the_steps(run_probe: Make) -> None:
    job = run_probe({"end": "badly"})
    assert job.results[1] == "Failed"
    assert "it went badly" in job.issues("error")


def test_an_exit_code_fails_the_step_in_the_agents_words(run_probe: Make, node: str) -> None:
    job = run_probe({"end": "throwing"})
    assert job.results[1] == "Failed"
    (said,) = [issue for issue in job.issues("error") if "Exit code" in issue]
    assert said.startswith(f"Exit code 3 returned from process: file name '{node}', arguments '\"{job.root}/tasks/")
    assert said.endswith("/probe.js\"'.")


def test_a_task_that_does_not_end_is_ended_with_its_time(run_probe: Make) -> None:
    job = run_probe({"end": "forever"}, step={"timeout_minutes": "0.05"})
    assert job.results[1] == "Failed"
    assert "The task has timed out." in job.issues("error")


def test_the_log_says_what_it_is(run_probe: Make) -> None:
    text = run_probe({}).log(2)
    for line in (
        "Task         : Probe what a task is given",
        "Version      : 2.3.4",
        "Author       : Drivetrain",
        "Help         : https://example.com/probe",
    ):
        assert f"{line}\n" in text
    assert "The task asks for 'a-program-that-nobody-has', and there is no such program here." in text


def test_an_input_that_it_needs_is_asked_for_by_the_task_itself(run_probe: Make) -> None:
    job = run_probe({"text": ""})
    assert job.results[1] == "Failed"
    assert "Input required: text" in job.log(2)
