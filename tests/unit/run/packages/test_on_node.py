from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from drivetrain.run.packages.model import Handler
from drivetrain.run.packages.on_node import choose
from drivetrain.run.packages.power_shell import power_shell_command
from drivetrain.run.packages.shelf import Shelf
from drivetrain.run.packages.taking import add
from tests.unit.run.packages.test_taking import make_task

Make = Any
NODES = tuple(Handler(kind, f"{kind}.js") for kind in ("Node20_1", "Node", "Node24", "Node16"))


@pytest.mark.parametrize(
    ("version", "kind", "fits"),
    [(26, "Node24", True), (24, "Node24", True), (22, "Node20_1", True), (18, "Node16", True), (4, "Node", False)],
)
def test_the_newest_handler_that_the_machines_node_can_run_is_taken(version: int, kind: str, fits: bool) -> None:  # noqa: FBT001
    handler, found = choose(NODES, version)
    assert (handler.kind, found) == (kind, fits)


def test_a_task_for_a_newer_node_runs_by_the_one_there_is_with_a_warning(make_job: Make, task: Make, node: str) -> None:
    assert node
    script = "console.log('it runs'); console.log('by ' + process.version)"
    job = run_own(make_job, task("Own@1"), script=script, execution={"Node999": {"target": "run.js"}})
    assert "it runs" in job.log()
    (said,) = job.issues("warning")
    assert said.startswith("This task was written for Node.js 999; here is ")


def run_own(make_job: Make, *steps: Any, **more: Any) -> Any:
    job = make_job(*steps)
    add(Shelf(job.root / "tasks"), make_task(job.root / "OwnV1", **more))
    return job.start().wait()


def test_a_step_that_names_all_of_the_version_gets_that_one(make_job: Make, task: Make, node: str) -> None:
    assert node
    job = make_job(task("Own@1.0.0"), task("own@1"), task("Own@1.5.0"))
    for version in ("1.0.0", "1.1.0"):
        folder = make_task(job.root / version, "Own", version, script=f"console.log('this is {version}')")
        add(Shelf(job.root / "tasks"), folder)
    job.start().wait()
    assert [f"this is {version}" in job.log(step) for step, version in enumerate(("1.0.0", "1.1.0", "1.1.0"), 1)] == [
        True,
        True,
        True,
    ]


def test_a_task_that_needs_a_newer_agent_is_not_run(make_job: Make, task: Make, node: str) -> None:
    assert node
    job = run_own(make_job, task("Own@1"), minimumAgentVersion="99.1.0", script="console.log('it runs')")
    assert job.results == ["Failed"]
    assert "Own@1.2.3 needs an agent of version 99.1.0" in job.issues("error")[0]
    assert "it runs" not in job.log()


def test_a_deprecated_task_says_so_in_the_agents_words(make_job: Make, task: Make, node: str) -> None:
    assert node
    job = run_own(make_job, task("Own@1"), friendlyName="My own", deprecated=True, deprecationMessage="Use Other@2.")
    assert job.results == ["Succeeded"]
    assert job.issues("warning") == ["Task 'My own' version 1 (Own@1) is deprecated.", "Use Other@2."]


def test_a_task_of_the_user_comes_before_one_of_ours(make_job: Make, task: Make, node: str) -> None:
    assert node
    job = make_job(task("Bash@3", {"script": "echo ours", "targetType": "inline"}))
    folder = make_task(job.root / "BashV3", "Bash", "3.0.0", script="console.log('mine: ' + process.env.INPUT_SCRIPT)")
    add(Shelf(job.root / "tasks"), folder)
    assert "mine: echo ours" in job.start().wait().log()


def test_a_task_that_only_works_before_the_job_has_an_empty_step(make_job: Make, task: Make, node: str) -> None:
    assert node
    part = {"Node": {"target": "run.js"}}
    job = run_own(
        make_job, "echo a step", task("Own@1"), script="console.log('before')", execution=None, prejobexecution=part
    )
    assert job.results == ["Succeeded"] * 3
    assert "before" in job.log(1)
    assert "a step" in job.log(2)
    assert "This task has nothing to do at this time." in job.log(3)


def test_without_node_the_step_says_what_to_do(make_job: Make, task: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [place for place in os.environ["PATH"].split(os.pathsep) if not Path(place, "node").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(kept))
    job = run_own(make_job, task("Own@1"))
    assert job.results == ["Failed"]
    assert "This task runs on Node.js, and there is none here.\ninstall Node.js 20" in job.issues("error")[0]


def test_a_task_on_powershell_needs_powershell(
    make_job: Make, task: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = {"PowerShell3": {"target": "run.js"}}
    monkeypatch.setenv("PATH", f"{tmp_path / 'none'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    job = make_job(task("Own@1"))
    folder = make_task(job.root / "OwnV1", execution=part)
    add(Shelf(job.root / "tasks"), folder)
    assert "This task runs on PowerShell, and there is none here." in job.start().wait().issues("error")[0]


def test_a_script_for_powershell_is_run_by_its_own_library(tmp_path: Path) -> None:
    module = tmp_path / "it's" / "ps_modules" / "VstsTaskSdk" / "VstsTaskSdk.psd1"
    module.parent.mkdir(parents=True)
    module.touch()
    *options, command = power_shell_command(tmp_path / "it's" / "run.ps1", debug=True)
    assert options == ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command"]
    quoted = str(tmp_path).replace("'", "''")
    assert f"Import-Module -Name '{quoted}/it''s/ps_modules/VstsTaskSdk/VstsTaskSdk.psd1'" in command
    assert command.endswith(f"[scriptblock]::Create('. ''{tmp_path}/it''''s/run.ps1'''))")
    assert "$VerbosePreference = 'Continue'" in command


def test_what_a_task_restricts_itself_to_is_held(make_job: Make, task: Make, node: str, step: Make) -> None:
    assert node
    limits = {"commands": {"mode": "restricted"}, "settableVariables": {"allowed": ["good*"]}}
    lines = ["setvariable variable=good1]a", "setvariable variable=bad]b", "uploadfile]/etc/passwd"]
    script = "".join(f"console.log('##vso[task.{line}');" for line in lines)
    job = run_own(make_job, task("Own@1"), step("echo $GOOD1 $BAD."), script=script, restrictions=limits)
    assert "a .\n" in job.log(2)
    assert len(job.issues("warning")) == 2
    assert "is not allowed in this step due to policy restrictions" in job.issues("warning")[1]


def test_odd_names_and_values_of_inputs_reach_no_other_variable(make_job: Make, task: Make, node: str) -> None:
    assert node
    given = {"a=b": "1", "x\0y": "2", "": "3", "ok": "4\0 5", "new\nline": "6"}
    script = (
        "const own = Object.entries(process.env).filter(([name]) => name.startsWith('INPUT_'));"
        "console.log(JSON.stringify(own.sort()))"
    )
    job = run_own(make_job, task("Own@1", given), script=script)
    assert job.results == ["Succeeded"], job.log()
    assert '[["INPUT_NEW\\nLINE","6"],["INPUT_OK","4 5"]]' in job.log()
