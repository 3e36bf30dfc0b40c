from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.errors import UserError
from drivetrain.run.packages.model import Handler, PackageInput
from drivetrain.run.packages.task_json import node_version, read_task

if TYPE_CHECKING:
    from pathlib import Path

GUID = "7c0b1a52-5e0f-4e3b-9c56-9f0a6b1b6f01"
GOOD: dict[str, Any] = {
    "id": GUID.upper(),
    "name": "Good",
    "version": {"Major": 1, "Minor": 2, "Patch": 3},
    "execution": {"Node20_1": {"target": "run.js"}},
}


def folder_of(tmp_path: Path, text: str | bytes | dict[str, Any], *files: str) -> Path:
    data = text.encode() if isinstance(text, str) else text if isinstance(text, bytes) else json.dumps(text).encode()
    (tmp_path / "task.json").write_bytes(data)
    for name in files or ("run.js",):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def test_a_small_file_is_a_task(tmp_path: Path) -> None:
    task = read_task(folder_of(tmp_path, GOOD))
    assert (task.reference, task.version_text, task.id, task.title) == ("Good@1", "1.2.3", GUID, "Good")
    assert task.main == (Handler("Node20_1", "run.js"),)


def test_keys_are_read_in_any_case_and_values_of_other_kinds_as_texts(tmp_path: Path) -> None:
    inputs = [{"NAME": "a", "Type": "boolean", "DefaultValue": False, "Required": "true", "aliases": ["b", 3, None]}]
    task = read_task(folder_of(tmp_path, {**GOOD, "Inputs": inputs, "FriendlyName": "Good\nand two lines"}))
    assert task.inputs == (PackageInput("a", "boolean", "false", required=True, aliases=("b", "3")),)
    assert task.title == "Good and two lines"


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    assert read_task(folder_of(tmp_path, b"\xef\xbb\xbf" + json.dumps(GOOD).encode())).name == "Good"


def test_options_are_a_closed_list_unless_others_may_be_written(tmp_path: Path) -> None:
    pick = {"name": "pick", "type": "pickList", "options": {"x": "X", "y": "Y"}}
    free = {**pick, "name": "free", "properties": {"EditableOptions": "True"}}
    task = read_task(folder_of(tmp_path, {**GOOD, "inputs": [pick, free]}))
    assert [each.options for each in task.inputs] == [("x", "y"), ()]


def test_restrictions_and_what_is_deprecated_are_known(tmp_path: Path) -> None:
    limits = {"commands": {"mode": "restricted"}, "settableVariables": {"allowed": ["a*"]}}
    task = read_task(folder_of(tmp_path, {**GOOD, "restrictions": limits, "deprecated": True}))
    assert (task.restricted, task.settable, task.deprecated) == (True, ("a*",), "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../x"}, "its name '../x' is not"),
        ({"name": "a b"}, "its name 'a b' is not"),
        ({"id": "1"}, "its id '1' is not a GUID"),
        ({"version": {"Major": "x"}}, "its version is not three numbers"),
        ({"version": [1]}, "`version` is not an object"),
        ({"inputs": {}}, "`inputs` is not a list"),
        ({"inputs": [{"type": "string"}]}, "an input has no name"),
        ({"inputs": [{"name": "A=1"}]}, "an input has no name, or one that cannot be one"),
        ({"execution": {"Node": {"target": "../../evil.js"}}}, "is not a file below its folder"),
        ({"execution": {"Node": {"target": "/etc/evil.js"}}}, "is not a file below its folder"),
        ({"execution": {"Node": {"target": "missing.js"}}}, "has no missing.js, which is what the task runs"),
        ({"execution": {"Node": 3}}, "is not a file below its folder"),
        (
            {"execution": {"AgentPlugin": {"target": "x"}}},
            "has no handler that runs on this system: it has AgentPlugin",
        ),
        ({"execution": {}}, "has no handler that runs on this system: it has none"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_task(folder_of(tmp_path, {**GOOD, **change}))
    assert message in caught.value.message
    assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize("text", ["", "[]", "{", "nonsense", "[" * 100_000, b"\xff\xfe", b"\x00" * 10])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(UserError, match="is not"):
        read_task(folder_of(tmp_path, text))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="larger than 4 MB"):
        read_task(folder_of(tmp_path, b" " * (5 << 20)))


@pytest.mark.parametrize(
    ("kind", "version"),
    [("Node", 6), ("Node10", 10), ("Node16", 16), ("Node20_1", 20), ("node24", 24), ("PowerShell3", None), ("X", None)],
)
def test_handlers_name_a_version_of_node(kind: str, version: int | None) -> None:
    assert node_version(kind) == version
