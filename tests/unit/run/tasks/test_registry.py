from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

import drivetrain
from drivetrain.definition.official import official_task
from drivetrain.errors import UserError
from drivetrain.run.runner.handlers import AREAS
from drivetrain.run.tasks.catalog import CATALOG
from drivetrain.run.tasks.index import TASKS as ALL
from drivetrain.run.tasks.inputs import Inputs, resolve_inputs
from drivetrain.run.tasks.registry import find_task

DOCS = Path(drivetrain.__file__).parents[2] / "docs"
Make = Any
TASKS = {reference: entry for reference, entry in ALL.items() if not entry.hidden}
"""Those that files may name."""


def test_files_cannot_name_what_carries_out_jobs_of_azure_ml() -> None:
    hidden = set(ALL) - set(TASKS)
    assert "AzureMLCommand@1" in hidden
    assert hidden.isdisjoint(CATALOG)
    for reference in hidden:
        assert callable(find_task(reference).run)


@pytest.mark.parametrize("reference", TASKS)
def test_every_declared_task_can_be_run_and_is_in_the_catalogue(reference: str) -> None:
    task, info = find_task(reference), CATALOG[reference]
    assert callable(task.run)
    assert f"{info.name}@{info.version}" == reference
    inputs = {*task.declared.required, *task.declared.optional}
    assert set(task.declared.required).isdisjoint(task.declared.optional)
    assert set(task.declared.aliases.values()) <= inputs
    assert {*info.connections, *info.secure_files} <= inputs | set(task.declared.aliases)


OURS = {"Checkout@1", "DrivetrainDeploy@1", "DrivetrainGate@1"}
"""Tasks that Azure does not have."""


@pytest.mark.parametrize("reference", sorted(set(TASKS) - OURS))
def test_the_inputs_of_a_task_are_those_that_azure_has(reference: str) -> None:
    official, declared = official_task(reference), find_task(reference).declared
    assert official is not None
    known = {name.lower() for name in (*official.inputs.split(), *official.aliases)}
    own = {name.lower() for name in (*declared.required, *declared.optional, *declared.aliases)}
    assert known <= own
    assert own - known == {name.lower() for name in TASKS[reference].also}


@pytest.mark.parametrize("reference", ["DrivetrainDeploy@1", "DrivetrainGate@1"])
def test_the_catalogue_knows_the_inputs_of_a_task_of_our_own(reference: str) -> None:
    declared, info = find_task(reference).declared, CATALOG[reference]
    assert info.required == set(declared.required)
    assert info.optional == set(declared.optional)


def test_an_unknown_task_says_what_there_is(run_job: Make, task: Make) -> None:
    job = run_job(task("Bahs@3"), task("Nothing@9", condition="always()"))
    assert job.results == ["Failed", "Failed"]
    assert "The task Bahs@3 is not available in Drivetrain.\ndid you mean Bash@3?" in job.issues("error")[0]
    assert "there are: Bash@3" in job.issues("error")[1]


def test_tasks_are_found_in_any_case() -> None:
    assert find_task("bash@3") == find_task("Bash@3")


def test_inputs_resolve_aliases_defaults_and_macros() -> None:
    values, unknown = resolve_inputs(
        find_task("PublishPipelineArtifact@1").declared,
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


def test_the_pages_of_tasks_name_every_task_input_and_default() -> None:
    for reference, entry in TASKS.items():
        declared = find_task(reference).declared
        page = (DOCS / "tasks" / f"{entry.module.split('.')[0]}.md").read_text()
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


def test_the_modules_of_tasks_and_the_index_agree() -> None:
    package = importlib.import_module("drivetrain.run.tasks")
    folder = Path(str(package.__file__)).parent
    found: dict[str, str] = {}
    for path in folder.glob("*/*.py"):
        name = ".".join(path.relative_to(folder).with_suffix("").parts)
        module = importlib.import_module(f"{package.__name__}.{name}")
        found.update(dict.fromkeys(getattr(module, "TASKS", ()), name))
    assert found == {reference: entry.module for reference, entry in ALL.items()}


def test_the_page_of_tasks_leads_to_every_group() -> None:
    page = (DOCS / "tasks.md").read_text()
    assert {entry.module.split(".")[0] for entry in TASKS.values()} == set(re.findall(r"tasks/(\w+)\.md", page))
