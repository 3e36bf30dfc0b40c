from __future__ import annotations

from typing import Any

import pytest

from drivetrain.home import Home
from drivetrain.run.runner.handlers import AREAS
from drivetrain.store.vault import FileVault

Make = Any


def test_setvariable_is_seen_by_later_steps_as_macro_and_environment(run_job: Make) -> None:
    job = run_job(
        'echo "##vso[task.setvariable variable=My.Var]a value"; echo "now: $MY_VAR"',
        'echo "$MY_VAR and $(my.var)"',
    )
    assert job.output(1) == "now: \n"
    assert job.output(2) == "a value and a value\n"
    assert job.entries("variable.set") == []


def test_an_output_variable_is_named_by_its_step_and_journalled(run_job: Make) -> None:
    job = run_job(
        'echo "##vso[task.setvariable variable=v;isOutput=true]1%3B2"',
        'echo "$STEP1_V $(step1.v) $V"',
    )
    assert job.output(2) == "1;2 1;2 \n"
    assert job.entries("variable.set") == [
        {"step": 1, "step_name": "step1", "name": "v", "value": "1;2", "output": True, "secret": False}
    ]


def test_a_secret_output_is_sealed(run_job: Make) -> None:
    job = run_job(
        'echo "##vso[task.setvariable variable=v;isOutput=true;isSecret=true]hidden-value"; echo hidden-value',
        'echo "[$(step1.v)] [$STEP1_V]"',
    )
    entry = job.entries("variable.set")[0]
    assert entry["secret"] is True
    assert FileVault(Home(job.root).secret_key).open(entry["value"]) == "hidden-value"
    assert job.output(1) == "***\n"
    assert job.output(2) == "[***] []\n"
    assert "hidden-value" not in (job.dir / "journal.jsonl").read_text()


def test_an_output_that_holds_a_secret_is_sealed_too(run_job: Make) -> None:
    job = run_job("echo '##vso[task.setvariable variable=v;isOutput=true]url?key=abc-key'", secrets={"key": "abc-key"})
    assert job.entries("variable.set")[0]["secret"] is True
    assert "abc-key" not in (job.dir / "journal.jsonl").read_text()


def test_a_readonly_variable_cannot_be_set_again(run_job: Make) -> None:
    job = run_job(
        "echo '##vso[task.setvariable variable=a;isReadOnly=true]1'",
        "echo '##vso[task.setvariable variable=A]2'; echo '##vso[task.setvariable variable=Agent.TempDirectory]/'",
    )
    assert job.results == ["Succeeded", "Failed"]
    assert "Overwriting readonly variable 'a' is not permitted." in job.issues("error")[0]
    assert "Agent.TempDirectory" in job.issues("error")[1]


def test_an_output_may_be_set_again_by_its_own_step_only(run_job: Make) -> None:
    again = "echo '##vso[task.setvariable variable=v;isOutput=true;isReadOnly=true]"
    job = run_job(f"{again}1'; {again}2'", "echo '##vso[task.setvariable variable=step1.v]3'", "echo never")
    assert job.results == ["Succeeded", "Failed", "Skipped"]
    assert [entry["value"] for entry in job.entries("variable.set")] == ["1", "2"]
    assert "Overwriting readonly variable 'step1.v' is not permitted." in job.issues("error")[0]


def test_an_output_cannot_take_the_name_of_a_readonly_variable(run_job: Make) -> None:
    job = run_job("echo '##vso[task.setvariable variable=Agent.TempDirectory;isOutput=true]/'")
    assert job.results == ["Failed"]
    assert job.entries("variable.set") == []


def test_setsecret_masks_from_then_on_and_its_own_line(run_job: Make) -> None:
    job = run_job("echo '##vso[task.setsecret]abc-123'; echo token abc-123", variables={"System.Debug": "true"})
    assert "token ***" in job.log(1)
    assert job.output(1).count("abc-123") == 0


def test_prependpath_puts_the_newest_first(run_job: Make) -> None:
    job = run_job(
        "echo '##vso[task.prependpath]/one'; echo '##vso[task.prependpath]/two'; echo '##vso[task.prependpath]/one'",
        'echo "$PATH"',
    )
    assert job.output(2).startswith("/one:/two:")


def test_logissue_is_an_issue_with_its_place_and_does_not_fail_the_step(run_job: Make) -> None:
    job = run_job(
        "echo '##vso[task.logissue type=error;sourcepath=a.py;linenumber=3;columnnumber=7;code=E1]bad%0Athing'",
        "echo '##vso[task.logissue type=warning]careful'",
    )
    assert job.results == ["Succeeded", "Succeeded"]
    assert job.entries("issue") == [
        {"type_": "error", "message": "bad\nthing", "step": 1, "file": "a.py", "line": 3, "column": 7, "code": "E1"},
        {"type_": "warning", "message": "careful", "step": 2},
    ]
    assert "##[error]a.py(3,7): error E1: bad\nthing" in job.log(1)
    assert "##[warning]careful" in job.log(2)


def test_the_file_of_an_issue_is_named_within_the_sources(run_job: Make) -> None:
    job = run_job(
        'for p in $PWD/src/a.py /etc/b.py; do echo "##vso[task.logissue type=error;sourcepath=$p;linenumber=1]x"; done'
    )
    assert [entry["file"] for entry in job.entries("issue")] == ["src/a.py", "/etc/b.py"]
    assert "##[error]src/a.py(1,0): error : x" in job.log()


def test_logissue_without_a_type_only_warns_and_of_an_unknown_type_fails(run_job: Make) -> None:
    job = run_job("echo '##vso[task.logissue]bad'", "echo '##vso[task.logissue type=info]bad'")
    assert job.results == ["Succeeded", "Failed"]
    assert "without `type`" in job.issues("warning")[0]
    assert "issue type 'info'" in job.issues("error")[0]


def test_issues_are_recorded_up_to_a_number(run_job: Make) -> None:
    job = run_job('for i in {1..300}; do echo "##vso[task.logissue type=warning]w$i"; done')
    assert len(job.issues("warning")) == 100
    assert "##[warning]w300" in job.log(1)


@pytest.mark.parametrize(
    ("asked", "code", "result"),
    [
        ("SucceededWithIssues", 0, "SucceededWithIssues"),
        ("Failed", 0, "Failed"),
        ("Succeeded", 1, "Failed"),
        ("Skipped", 0, "Skipped"),
    ],
)
def test_complete_can_only_make_the_result_worse(run_job: Make, asked: str, code: int, result: str) -> None:
    job = run_job(f"echo '##vso[task.complete result={asked};]done'; exit {code}")
    assert job.results == [result]


def test_setprogress_is_journalled_within_bounds(run_job: Make) -> None:
    job = run_job('for i in {1..500}; do echo "##vso[task.setprogress value=250;]phase $i"; done')
    assert job.entries("step.progress")[0] == {"step": 1, "percent": 100, "text": "phase 1"}
    assert len(job.entries("step.progress")) < 100


def test_uploadsummary_keeps_a_masked_copy(run_job: Make) -> None:
    job = run_job(
        "echo '# Report key-123' > r.md; echo '##vso[task.uploadsummary]'$PWD/r.md; echo '##vso[build.uploadlog]r.md'",
        secrets={"k": "key-123"},
    )
    entry, log = job.entries("attachment")
    assert (entry["step"], entry["type_"], entry["name"]) == (1, "DistributedTask.Core.Summary", "r.md")
    assert (log["type_"], log["name"]) == ("DistributedTask.Core.Log", "CustomToolLog")
    assert (job.dir / entry["path"]).read_text() == "# Report ***\n"
    assert len(list((job.dir / "attachments").iterdir())) == 2


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../../../etc/passwd", "link", "missing", "", "."])
@pytest.mark.parametrize("command", ["task.uploadsummary", "task.uploadfile", "artifact.upload artifactname=x"])
def test_files_outside_the_job_are_not_taken(run_job: Make, command: str, path: str) -> None:
    if path == "." and command.startswith("artifact"):
        pytest.skip("a folder may be an artifact")
    job = run_job(f"ln -s /etc/passwd link; echo '##vso[{command}]{path}'")
    assert job.results == ["Failed"]
    assert not (job.dir / "attachments").exists() or not list((job.dir / "attachments").iterdir())
    assert not (job.root / "artifacts/1/x").exists()


def test_artifact_upload_publishes(run_job: Make) -> None:
    job = run_job("echo data > f.txt; echo '##vso[artifact.upload containerfolder=c;artifactname=drop]f.txt'")
    assert job.entries("artifact.published") == [{"name": "drop", "kind": "container", "files": 1, "size": 5}]
    assert (job.root / "artifacts/1/drop/f.txt").read_text() == "data\n"


def test_build_number_and_tags(run_job: Make) -> None:
    job = run_job(
        "echo '##vso[build.updatebuildnumber]1.2.3'; echo '##vso[build.addbuildtag]good'",
        "echo $(Build.BuildNumber)",
        variables={"Build.BuildNumber": "1"},
    )
    assert job.entries("run.number") == [{"number": "1.2.3"}]
    assert job.entries("run.tag") == [{"tag": "good"}]
    assert job.output(2) == "1.2.3\n"


@pytest.mark.parametrize("number", ["1:2", "a/b", "1.2."])
def test_a_build_number_that_azure_refuses_is_refused(run_job: Make, number: str) -> None:
    job = run_job(f"echo '##vso[build.updatebuildnumber]{number}'")
    assert job.results == ["Failed"]
    assert job.entries("run.number") == []


@pytest.mark.parametrize("command", ["build.updatebuildnumber", "build.addbuildtag"])
def test_overlong_names_are_refused(run_job: Make, command: str) -> None:
    job = run_job(f"printf '##vso[{command}]%300s\\n' x | tr ' ' x")
    assert job.results == ["Failed"]


def test_debug_is_shown_only_when_wanted(run_job: Make) -> None:
    assert "inner" not in run_job("echo '##vso[task.debug]inner'").log(1)
    assert "##[debug]inner" in run_job("echo '##vso[task.debug]inner'", variables={"system.debug": "True"}).log(1)


def test_formats_stay_in_the_log(run_job: Make) -> None:
    script = 'for f in group endgroup section command warning error debug; do echo "##[$f]x"; done'
    assert run_job(script).output() == "".join(
        f"##[{name}]x\n" for name in ("group", "endgroup", "section", "command", "warning", "error", "debug")
    )


def test_unknown_areas_warn_and_unknown_commands_fail(run_job: Make) -> None:
    job = run_job("echo '##vso[nope.x]y'", "echo '##vso[task.nope]y'", "echo '##vso[task nope'")
    assert job.results == ["Succeeded", "Failed", "Skipped"]
    assert "Cannot find command extension for ##vso[nope.command]" in job.issues("warning")[0]
    assert "##vso[task.nope] is not a recognized command for task command extension" in job.issues("error")[0]


def test_a_malformed_command_is_shown_with_a_warning(run_job: Make) -> None:
    job = run_job("echo '##vso[task.x no bracket'")
    assert "##vso[task.x no bracket\n" in job.output(1)
    assert "it's not a legal command" in job.issues("warning")[0]
    assert job.results == ["Succeeded"]


@pytest.mark.parametrize("area", sorted(AREAS))
def test_every_command_is_carried_out_or_refused_without_harm_to_the_job(run_job: Make, area: str) -> None:
    lines = "\n".join(f"echo '##vso[{area}.{event} variable=;type=;result=]'" for event in sorted(AREAS[area]))
    job = run_job(f"{lines}\necho end")
    assert "end\n" in job.log(1)
    assert job.kinds()[-1] == "job.completed"
    assert job.entries("job.completed")[0]["reason"] == ""
