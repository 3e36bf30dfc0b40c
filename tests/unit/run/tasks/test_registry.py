from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import drivetrain
from drivetrain.errors import UserError
from drivetrain.run.runner.handlers import AREAS
from drivetrain.run.tasks.catalog import CATALOG
from drivetrain.run.tasks.declared import TASKS
from drivetrain.run.tasks.inputs import Inputs, resolve_inputs
from drivetrain.run.tasks.registry import find_task, load_task

DOCS = Path(drivetrain.__file__).parents[2] / "docs"
Make = Any


@pytest.mark.parametrize("reference", TASKS)
def test_every_declared_task_can_be_run_and_is_in_the_catalogue(reference: str) -> None:
    assert callable(load_task(TASKS[reference].module))
    info = CATALOG[reference]
    assert f"{info.name}@{info.version}" == reference
    assert info.required.isdisjoint(info.optional)
    assert set(info.aliases.values()) <= info.required | info.optional


def test_an_unknown_task_says_what_there_is(run_job: Make, task: Make) -> None:
    job = run_job(task("Bahs@3"), task("Docker@2", condition="always()"))
    assert job.results == ["Failed", "Failed"]
    assert "The task Bahs@3 is not available in Drivetrain.\ndid you mean Bash@3?" in job.issues("error")[0]
    assert "there are: Bash@3" in job.issues("error")[1]


def test_tasks_are_found_in_any_case() -> None:
    assert find_task("bash@3") is TASKS["Bash@3"]


def test_inputs_resolve_aliases_defaults_and_macros() -> None:
    values, unknown = resolve_inputs(
        TASKS["PublishPipelineArtifact@1"],
        {"TARGETPATH": " $(x) ", "artifact": "", "other": "1"},
        lambda text: text.replace("$(x)", "value"),
    )
    assert values["path"] == "value"
    assert values["artifacttype"] == "pipeline"
    assert unknown == ["other"]


def test_a_missing_input_is_named_with_the_position() -> None:
    inputs = Inputs("Bash@3", {}, "ci.yml:4:7", "/")
    with pytest.raises(UserError, match=r"^ci\.yml:4:7: Input required: filePath$") as caught:
        inputs.required("filePath")
    assert caught.value.hint == "give Bash@3 its input `filePath`"


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("TRUE", True), ("yes", False), ("1", False), ("", False)])
def test_a_flag_is_true_as_the_official_tasks_read_it(text: str, flag: bool) -> None:  # noqa: FBT001
    assert Inputs("T@1", {"x": text}, "", "/").flag("x") is flag


def test_the_page_of_tasks_names_every_task_input_and_default() -> None:
    page = (DOCS / "tasks.md").read_text()
    for reference, declared in TASKS.items():
        section = page.split(f"## {reference}")[1].split("\n## ")[0]
        assert declared.title in section
        for name in declared.required:
            assert f"| `{name}` | required |" in section
        for name, default in declared.optional.items():
            shown = f"`{default}`" if default else ""
            assert f"| `{name}` | {shown} |".replace("|  |", "| |") in section, (reference, name)


def test_the_page_of_commands_names_every_command() -> None:
    page = (DOCS / "logging-commands.md").read_text()
    for area, events in AREAS.items():
        for event in events:
            assert f"`{area}.{event}`" in page


def test_the_modules_of_tasks_are_all_declared() -> None:
    package = importlib.import_module("drivetrain.run.tasks")
    others = {"__init__", "catalog", "declared", "inputs", "registry", "scripts"}
    modules = {path.stem for path in Path(str(package.__file__)).parent.glob("*.py")} - others
    assert modules == {declared.module for declared in TASKS.values()}
