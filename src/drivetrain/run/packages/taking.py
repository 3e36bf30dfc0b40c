"""Takes tasks out of what the user has: a task's folder, a folder of tasks, a task's .zip, an extension's .vsix."""

from __future__ import annotations

import re
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UserError
from drivetrain.run.packages.archive import unpack
from drivetrain.run.packages.copying import copy_task, mark_of
from drivetrain.run.packages.task_json import FILE, read_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.packages.model import TaskPackage
    from drivetrain.run.packages.shelf import Shelf

_ARCHIVES = frozenset({".zip", ".vsix"})
_DEPTH = 2
"""How far below the folder that is named tasks may lie: `Tasks/Name/task.json`, `extension/Name/NameV1/task.json`."""
_CONTRIBUTION = "ms.vss-distributed-task.task"
_IDENTITY = re.compile(r"<Identity\b[^>]*>")
_ATTRIBUTE = re.compile(r"\b(?P<name>Id|Publisher)\s*=\s*\"(?P<value>[\w.-]{1,200})\"")
_WORD = re.compile(r"[\w.-]{1,200}")


class Taken(NamedTuple):
    """What came of adding something."""

    packages: list[TaskPackage]
    left_out: list[str]
    """Why other tasks that were found are not added."""


def add(shelf: Shelf, place: Path, source: str = "") -> Taken:
    """Put the tasks of a folder or archive on the shelf. Nothing of them is run. `source` is what is shown as their
    origin, where that is another place. Raises NotFoundError, UserError, ConflictError.
    """
    if place.is_dir():
        return _add(shelf, place, source or str(place))
    if not place.exists():
        raise NotFoundError(f"there is no {place}")
    if place.suffix.lower() not in _ARCHIVES:
        raise UserError(f"{place} is neither a folder nor a .zip or .vsix", hint=f"name the folder of the {FILE}")
    import tempfile  # noqa: PLC0415 - brings random; only an archive needs it

    opened = Path(tempfile.mkdtemp(prefix="drivetrain-task-"))
    try:
        unpack(place, opened)
        return _add(shelf, opened, str(place))
    finally:
        shutil.rmtree(opened, ignore_errors=True)


def look_again(shelf: Shelf, folder: Path) -> list[str]:
    """Take what has changed in the folder of tasks that the settings name; what is wrong with it is given back."""
    problems: list[str] = []
    known = shelf.index().folders
    for entry in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
        try:
            mark = mark_of(entry)
            if known.get(str(entry)) != mark:
                problems += _add(shelf, entry, str(entry), {str(entry): mark}).left_out
        except UserError as error:
            problems.append(error.message)
    return problems


def _add(shelf: Shelf, folder: Path, source: str, marks: dict[str, str] | None = None) -> Taken:
    found, left_out = [], []
    for place, extension in _places(folder):
        try:
            package = replace(read_task(place), extension=extension, source=source)
        except UserError as error:
            left_out.append(error.message.replace(str(folder), source))
            continue
        found.append((package, partial(copy_task, place)))
    if not found:
        if left_out:
            raise UserError("\n".join(left_out))
        raise NotFoundError(f"there is no {FILE} in {source}", hint="name the folder of a task, or one above it")
    return Taken(shelf.put(found, marks or {}), left_out)


def _places(folder: Path) -> Iterator[tuple[Path, str]]:
    """The folders of tasks, each with its extension's contribution."""
    contributions = _contributions(folder)
    for name, full in contributions.items():
        for place in _below(folder / name, _DEPTH):
            yield place, full
    if not contributions:
        for place in _below(folder, _DEPTH):
            yield place, ""


def _below(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / FILE).is_file():
        yield folder
    elif depth and folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.is_symlink() and path.name != "node_modules":
                yield from _below(path, depth - 1)


def _contributions(folder: Path) -> dict[str, str]:
    """The folders of an extension's tasks, and `publisher.extension.contribution` of each.

    https://learn.microsoft.com/azure/devops/extend/develop/add-build-task#extension-manifest
    """
    manifest, identity = folder / "extension.vsomanifest", folder / "extension.vsixmanifest"
    if not manifest.is_file() or not identity.is_file():
        return {}
    tag = _IDENTITY.search(identity.read_text("utf-8", "replace"))
    names = {found["name"]: found["value"] for found in _ATTRIBUTE.finditer(tag[0] if tag else "")}
    try:
        found = msgspec.json.decode(manifest.read_bytes().removeprefix(b"\xef\xbb\xbf"), type=_Manifest)
    except msgspec.MsgspecError as error:
        raise UserError(f"{manifest.name} of the extension cannot be read: {error}") from error
    return {
        name: f"{names.get('Publisher', '')}.{names.get('Id', '')}.{each.id}"
        for each in found.contributions
        if each.type == _CONTRIBUTION and _is_below(name := str(each.properties.get("name", "")).strip("/"), each.id)
    }


def _is_below(name: str, contribution: str) -> bool:
    return all(_WORD.fullmatch(part) and part != ".." for part in [*name.split("/"), contribution])


class _Contribution(msgspec.Struct):
    id: str
    type: str = ""
    properties: dict[str, object] = msgspec.field(default_factory=dict)


class _Manifest(msgspec.Struct):
    contributions: tuple[_Contribution, ...] = ()
