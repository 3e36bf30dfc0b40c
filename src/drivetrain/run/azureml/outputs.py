"""Gives the command places for its outputs, and takes what it wrote to where they are to lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.definition.azureml.model import Mode
from drivetrain.errors import UserError
from drivetrain.run.azureml.copying import copy_file, copy_into
from drivetrain.run.azureml.folders import FILE, output_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.plan.azureml.model import OutputTask
    from drivetrain.run.azureml.folders import Folders

ARTIFACT_FOLDERS = ("outputs", "logs")
"""Folders beside the code whose files become artifacts of the training run.
https://learn.microsoft.com/azure/machine-learning/how-to-save-write-experiment-files"""


def prepare_output(folders: Folders, name: str, each: OutputTask) -> str:
    """Make the place for one; what it is, for people. Raises UserError."""
    if each.mode is Mode.DIRECT:
        return f"Output {name}: {each.place.uri}, which the command is given as it is"
    if not each.place.path:
        raise UserError(f"The output '{name}' cannot be written to {each.place.uri}", hint="use a datastore")
    target, goal = output_path(folders, name, each), Path(each.place.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if each.mode is Mode.UPLOAD:
        if each.type != FILE:
            target.mkdir(exist_ok=True)
    elif each.type == FILE:
        goal.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(goal)
    else:
        goal.mkdir(parents=True, exist_ok=True)
        target.symlink_to(goal)
    return f"Output {name}: {each.place.uri} at {target}"


def deliver_output(folders: Folders, name: str, each: OutputTask, go_on: Callable[[], None]) -> str:
    """Take one to where it is to lie; what was done, for people."""
    target, goal = output_path(folders, name, each), Path(each.place.path)
    if each.mode is Mode.DIRECT or target.is_symlink() or not target.exists():
        return "" if each.mode is Mode.DIRECT or goal.exists() else f"Output {name}: the command has written nothing"
    if target.is_dir():
        count = copy_into(target, goal, go_on)
        return f"Output {name}: {count} files to {each.place.uri}"
    goal.parent.mkdir(parents=True, exist_ok=True)
    copy_file(target, goal)
    return f"Output {name}: to {each.place.uri}"


def link_artifacts(code: Path, artifacts: Path) -> None:
    """Let `outputs` and `logs` beside the code be the training run's: what is written there is an artifact at once. A
    folder that came with the code stays its own; it is copied at the end.
    """
    for name in ARTIFACT_FOLDERS:
        if not (code / name).exists():
            (artifacts / name).mkdir(parents=True, exist_ok=True)
            (code / name).symlink_to(artifacts / name)


def keep_artifacts(code: Path, artifacts: Path, go_on: Callable[[], None]) -> int:
    """Copy what was not written into the artifacts themselves; how many files. Folders that stayed empty go."""
    count = 0
    for name in ARTIFACT_FOLDERS:
        folder, kept = code / name, artifacts / name
        if folder.is_dir() and not folder.is_symlink():
            count += copy_into(folder, kept, go_on)
        if kept.is_dir() and not any(kept.iterdir()):
            kept.rmdir()
    return count
