from __future__ import annotations

from typing import Any

import pytest

from drivetrain.plan.model import TargetPlan
from drivetrain.run.library.model import Connection
from drivetrain.run.model import JobSecrets
from drivetrain.run.runner.handlers import AREAS
from drivetrain.run.runner.restrictions import HARMLESS, allows_variable

Make = Any
RESTRICTED = TargetPlan(restricted=True)
IDS = [f"{number}{number}{'0' * 6}-0000-0000-0000-{'0' * 12}" for number in (1, 2, 3)]


def test_a_restricted_step_may_still_report_but_not_change_the_run(run_job: Make, step: Make) -> None:
    job = run_job(
        step(
            "echo '##vso[task.setvariable variable=a]1'; echo '##vso[task.logissue type=warning]careful';"
            "echo '##vso[build.addbuildtag]bad'; echo '##vso[build.updatebuildnumber]9'; echo x > f;"
            "echo '##vso[task.uploadfile]f'; echo '##vso[artifact.upload artifactname=x]f'",
            target=RESTRICTED,
        ),
        "echo $(a)",
    )
    assert job.results == ["Succeeded", "Succeeded"]
    assert job.output(2) == "1\n"
    assert not {"run.tag", "run.number", "attachment", "artifact.published"} & set(job.kinds())
    refused = [message.partition(" See ")[0] for message in job.issues("warning")[1:]]
    assert refused == [
        f"##vso[{name}] is not allowed in this step due to policy restrictions."
        for name in ("build.addbuildtag", "build.updatebuildnumber", "task.uploadfile", "artifact.upload")
    ]


def test_what_stays_allowed_is_named_as_the_commands_are() -> None:
    assert {(area, event) for area, events in AREAS.items() for event in events} > HARMLESS


def test_a_step_sets_only_the_variables_on_its_list(run_job: Make, step: Make) -> None:
    job = run_job(
        step(
            'for v in a my_b Sauce other; do echo "##vso[task.setvariable variable=$v]1"; done;'
            "echo '##vso[task.setvariable variable=other;isOutput=true]2'; echo '##vso[task.prependpath]/bad'",
            target=TargetPlan(settable=("A", "my_*", "sauce")),
        ),
        "echo $(a)$(my_b)$(sauce) '$(other)' $PATH",
    )
    assert job.results == ["Succeeded", "Succeeded"]
    assert job.output(2).startswith("111 $(other) ")
    assert "/bad" not in job.output(2)
    assert job.entries("variable.set") == []
    refused = "Setting variable '{}' has been disabled by the task or build definition."
    assert job.issues("warning") == [refused.format(name) for name in ("other", "other", "PATH")]


def test_path_may_be_on_the_list() -> None:
    assert allows_variable(TargetPlan(settable=("path",)), "PATH")
    assert not allows_variable(TargetPlan(settable=()), "PATH")
    assert allows_variable(TargetPlan(), "PATH")
    assert allows_variable(None, "PATH")


def test_a_secret_that_may_not_be_set_is_masked_all_the_same(run_job: Make, step: Make) -> None:
    job = run_job(
        step(
            "echo '##vso[task.setvariable variable=a;isSecret=true]hidden-one'; echo hidden-one",
            target=TargetPlan(settable=()),
        )
    )
    assert job.output() == "***\n" or "***" in job.output()
    assert "hidden-one" not in job.output()


def test_a_secret_of_several_lines_is_refused_unless_asked_for(run_job: Make) -> None:
    command = "echo '##vso[task.setvariable variable=a;isSecret=true]first-line%0Asecond-line'"
    assert "Secrets cannot contain multiple lines" in run_job(command).issues("error")[0]
    job = run_job(command, "echo '$(a)'", variables={"SYSTEM_UNSAFEALLOWMULTILINESECRET": "true"})
    assert job.results == ["Succeeded", "Succeeded"]
    assert "second" not in job.output(2)


def test_percents_are_decoded_unless_the_job_says_no(run_job: Make) -> None:
    command, show = "echo '##vso[task.setvariable variable=a]5%AZP25'", "echo '$(a)'"
    assert run_job(command, show).output(2) == "5%\n"
    assert run_job(command, show, variables={"DECODE_PERCENTS": "false"}).output(2) == "5%AZP25\n"


def test_task_variables_go_no_further_than_the_step(run_job: Make) -> None:
    job = run_job(
        "echo '##vso[task.settaskvariable variable=a;isSecret=true]hidden-two'; echo hidden-two",
        "echo '[$(a)]' \"[$A]\"",
        "for p in 'a;isReadOnly=true' a; do echo \"##vso[task.settaskvariable variable=$p]1\"; done",
        "echo '##vso[task.settaskvariable ]2'",
    )
    assert job.output(1) == "***\n"
    assert job.output(2) == "[$(a)] []\n"
    assert job.results == ["Succeeded", "Succeeded", "Failed", "Skipped"]
    assert "Overwriting readonly task variable 'a' is not permitted." in job.issues("error")[0]


def test_an_attachment_has_a_type_and_a_name(run_job: Make) -> None:
    job = run_job(
        "echo one > a.txt; echo '##vso[task.addattachment type=my.type;name=my name]a.txt'",
        "echo '##vso[task.uploadfile]a.txt'; echo '##vso[build.uploadsummary]a.txt'",
    )
    found = [(entry["type_"], entry["name"]) for entry in job.entries("attachment")]
    assert found == [
        ("my.type", "my name"),
        ("DistributedTask.Core.FileAttachment", "a.txt"),
        ("DistributedTask.Core.Summary", "CustomMarkDownSummary-a.txt"),
    ]
    assert all((job.dir / entry["path"]).read_text() == "one\n" for entry in job.entries("attachment"))


@pytest.mark.parametrize(
    "properties", ["type=a", "name=a", "type=../a;name=b", "type=a;name=b/c", "type=a;name=" + "b" * 300]
)
def test_an_attachment_without_a_good_type_and_name_is_refused(run_job: Make, properties: str) -> None:
    job = run_job(f"echo one > a.txt; echo '##vso[task.addattachment {properties}]a.txt'")
    assert job.results == ["Failed"]
    assert job.entries("attachment") == []


def test_logdetail_keeps_nested_records(run_job: Make) -> None:
    one, two, _ = IDS
    job = run_job(
        f"echo '##vso[task.logdetail id={one};name=project1;type=build;order=1]create new timeline record'\n"
        f"echo '##vso[task.logdetail id={two};parentid={one};name=inner;type=build;order=x]'\n"
        f"echo '##vso[task.logdetail id={one};progress=115;state=InProgress;]going on'\n"
        f"echo '##vso[task.logdetail id={one};progress=100;state=Completed;result=Succeeded]'"
    )
    assert job.results == ["Succeeded"]
    entries = job.entries("step.detail")
    first = {"step": 1, "id": one, "parent": "", "name": "project1", "type": "build", "order": 1}
    assert entries[0] == {**first, "text": "create new timeline record"}
    assert entries[1] == {"step": 1, "id": two, "parent": one, "name": "inner", "type": "build"}
    assert (entries[2]["percent"], entries[2]["state"], entries[3]["result"]) == (100, "InProgress", "Succeeded")


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ("name=a;type=b", "timeline record id is not provided"),
        ("id=nonsense;name=a;type=b", "it must be a GUID"),
        (f"id={IDS[0]};type=b", "Name is required for this new timeline record."),
        (f"id={IDS[0]};name=a", "Type is required for this new timeline record."),
        (f"id={IDS[0]};name=a;type=b;parentid={IDS[2]}", "Parent timeline record has not been created"),
    ],
)
def test_a_wrong_logdetail_fails_the_step(run_job: Make, properties: str, message: str) -> None:
    job = run_job(f"echo '##vso[task.logdetail {properties}]x'")
    assert job.results == ["Failed"]
    assert message in job.issues("error")[0]


def test_setendpoint_changes_a_connection_for_the_job_and_masks(make_job: Make) -> None:
    connection = Connection(IDS[0], "feed", "generic", "https://a.example", "Token", {"apitoken": "old-token"})
    job = make_job(
        f"echo '##vso[task.setendpoint id={IDS[0]};field=authParameter;key=apitoken]new-token'; echo new-token",
        f"echo '##vso[task.setendpoint id={IDS[0]};field=url]https://b.example'",
        f"echo '##vso[task.setendpoint id={IDS[1]};field=url]https://b.example'",
    )
    job.secrets = JobSecrets(connections={"feed": connection})
    job.start().wait()
    assert job.results == ["Succeeded", "Succeeded", "Failed"]
    assert job.output(1) == "***\n"
    assert "is not declared in the pipeline job" in job.issues("error")[0]


def test_a_program_that_says_done_is_ended_soon(run_job: Make) -> None:
    job = run_job("echo '##vso[task.complete result=SucceededWithIssues;done=true]'; sleep 600", "echo next; sleep 6")
    assert job.results == ["SucceededWithIssues", "Succeeded"]


def test_commands_of_classic_releases_are_refused_and_those_of_the_agent_itself_not_known(run_job: Make) -> None:
    job = run_job(
        "echo '##vso[plugininternal.updaterepositorypath alias=self]/'",
        "echo '##vso[release.updatereleasename]x'",
    )
    assert job.results == ["Succeeded", "Failed"]
    assert "Cannot find command extension for ##vso[plugininternal.command]" in job.issues("warning")[0]
    assert "release commands are not supported for build flow" in job.issues("error")[0]
