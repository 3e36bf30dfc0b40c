from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.read import read_pipeline
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.model import ResourceKind
from drivetrain.run.packages.shelf import Shelf
from drivetrain.run.packages.taking import add
from drivetrain.run.tasks.catalog import CATALOG, catalog
from tests.unit.run.packages.test_taking import GUID, make_task

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = [
    {"name": "to", "type": "connectedService:Generic", "aliases": ["target"], "required": True},
    {"name": "key", "type": "secureFile"},
    {"name": "beside", "type": "string", "required": True, "visibleRule": "key = x"},
    {"name": "preset", "type": "string", "required": True, "defaultValue": "x"},
]


def test_a_home_without_packages_has_the_catalogue_itself(tmp_path: Path) -> None:
    assert catalog(tmp_path / "tasks") is CATALOG


def test_a_package_is_known_by_all_of_its_names_and_what_it_needs(tmp_path: Path) -> None:
    add(Shelf(tmp_path / "tasks"), make_task(tmp_path / "OwnV1", inputs=INPUTS, deprecated=True))
    found = catalog(tmp_path / "tasks")
    info = found["Own@1"]
    assert found[f"{GUID.format(1)}@1"] is info
    assert info.required == {"to"}
    assert info.connections == ("to", "target")
    assert info.secure_files == ("key",)
    assert info.deprecated == ""
    assert set(CATALOG) < set(found)


def test_one_that_is_called_as_one_of_ours_is_taken_instead_of_it(tmp_path: Path) -> None:
    add(Shelf(tmp_path / "tasks"), make_task(tmp_path / "bash", "bash", "3.0.0"))
    found = catalog(tmp_path / "tasks")
    assert "Bash@3" not in found
    assert found["bash@3"].title == "bash"


def test_a_step_that_names_a_package_in_any_way_is_planned_with_what_it_uses(tmp_path: Path) -> None:
    add(Shelf(tmp_path / "tasks"), make_task(tmp_path / "OwnV1", inputs=INPUTS))
    tasks = catalog(tmp_path / "tasks")
    first = "- task: own@1.2.3\n  inputs: {TARGET: api, key: a.pem}\n"
    text = f"steps:\n{first}- task: {GUID.format(1)}@1\n  inputs: {{to: b}}\n"
    definition = read_pipeline(text, file="f.yml", tasks=tasks)
    assert definition.problems == ()
    (job,) = compile_plan(definition.checked(), name="p", tasks=tasks).stages[0].jobs
    assert [(step.task, step.display_name) for step in job.steps[1:]] == [("Own@1.2.3", "Own"), ("Own@1", "Own")]
    assert [(use.kind, use.name) for use in job.resources] == [
        (ResourceKind.SERVICE_CONNECTION, "api"),
        (ResourceKind.SECURE_FILE, "a.pem"),
        (ResourceKind.SERVICE_CONNECTION, "b"),
    ]


def test_what_is_deprecated_is_said_when_a_file_is_checked(tmp_path: Path) -> None:
    add(Shelf(tmp_path / "tasks"), make_task(tmp_path / "OwnV1", deprecated=True, deprecationMessage="Use Other@2."))
    definition = read_pipeline("steps:\n- task: Own@1\n", file="f.yml", tasks=catalog(tmp_path / "tasks"))
    assert [(each.message, each.hint) for each in definition.problems] == [("task Own@1 is deprecated", "Use Other@2.")]
