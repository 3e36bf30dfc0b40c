"""Where the files of a command job are while it runs, and what stands for its inputs and outputs in its command. Pure.

work/s/                     the code, and where the command runs
work/inputs/INPUT_<name>    an input: a folder, or a folder with the one file
work/outputs/<name>         an output
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.definition.azureml.model import LITERAL, Mode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drivetrain.plan.azureml.model import CommandTask, InputTask, OutputTask
    from drivetrain.run.runner.layout import Layout

FILE = "uri_file"
_ALWAYS_FILE = frozenset({FILE})


class Folders(NamedTuple):
    """The folders of one job."""

    code: Path
    inputs: Path
    outputs: Path


def folders_of(layout: Layout) -> Folders:
    """Those of a job's layout."""
    return Folders(layout.sources, layout.work / "inputs", layout.work / "outputs")


def input_path(folders: Folders, name: str, each: InputTask) -> Path:
    """Where an input is brought to."""
    folder = folders.inputs / f"INPUT_{name}"
    return folder / file_name(each.place.path or each.place.uri) if each.type in _ALWAYS_FILE else folder


def output_path(folders: Folders, name: str, each: OutputTask) -> Path:
    """Where the command writes an output."""
    folder = folders.outputs / name
    return folder / (file_name(each.place.uri) or name) if each.type in _ALWAYS_FILE else folder


def file_name(uri: str) -> str:
    """The last part of a path or URI, without a query; never one that climbs."""
    name = uri.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
    return "data" if name in (".", "..") or "\0" in name else name


def input_value(folders: Folders, name: str, each: InputTask) -> str:
    """What `${{inputs.x}}` stands for."""
    if each.type == LITERAL:
        return each.value
    return each.place.uri if each.mode is Mode.DIRECT else str(input_path(folders, name, each))


def output_value(folders: Folders, name: str, each: OutputTask) -> str:
    """What `${{outputs.y}}` stands for."""
    return each.place.uri if each.mode is Mode.DIRECT else str(output_path(folders, name, each))


def command_line(task: CommandTask, folders: Folders, more: Mapping[str, str] = {}) -> str:
    """The command, with what its pieces stand for. `more` are values of inputs that the job does not have itself."""
    values = {name: input_value(folders, name, each) for name, each in task.inputs.items()} | dict(more)
    targets = {name: output_value(folders, name, each) for name, each in task.outputs.items()}
    words = [
        values.get(part.input, "") if part.input else targets.get(part.output, "") if part.output else part.text
        for part in task.parts
    ]
    return "".join(words)
