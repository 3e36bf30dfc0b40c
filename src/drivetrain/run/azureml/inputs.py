"""Brings the inputs of a job to it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.definition.azureml.model import LITERAL, Mode
from drivetrain.errors import UserError
from drivetrain.run.azureml.copying import copy_file, copy_into
from drivetrain.run.azureml.folders import FILE, input_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.plan.azureml.model import InputTask
    from drivetrain.run.azureml.folders import Folders

_COPIED = frozenset({Mode.DOWNLOAD, Mode.EVAL_DOWNLOAD})


def bring_input(folders: Folders, name: str, each: InputTask, go_on: Callable[[], None]) -> str:
    """Bring one; what was done, for people. Raises UserError."""
    if each.type == LITERAL or each.mode is Mode.DIRECT:
        return ""
    target = input_path(folders, name, each)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not each.place.path:
        return f"Input {name}: {_fetched(name, each, target, go_on)} bytes from {each.place.uri}"
    source = Path(each.place.path)
    _check(name, each, source)
    if each.mode not in _COPIED:
        target.symlink_to(source)
        return f"Input {name}: {each.place.uri} at {target}"
    if source.is_dir():
        count = copy_into(source, target, go_on)
        return f"Input {name}: {count} files of {each.place.uri} copied to {target}"
    copy_file(source, target)
    return f"Input {name}: {each.place.uri} copied to {target}"


def _fetched(name: str, each: InputTask, target: Path, go_on: Callable[[], None]) -> int:
    if each.type == FILE:
        return _download(each.place.uri, target, go_on)
    if each.type == "uri_folder" or not each.place.uri.lower().startswith(("http://", "https://")):
        raise UserError(
            f"The input '{name}' lies at {each.place.uri}, which cannot be brought here as {each.type}.",
            hint="use a datastore, a data asset or a local path; from the web only a uri_file can be fetched",
        )
    target.mkdir(parents=True, exist_ok=True)
    return _download(each.place.uri, target / (each.place.uri.rstrip("/").rpartition("/")[2] or "data"), go_on)


def _download(url: str, target: Path, go_on: Callable[[], None]) -> int:
    module = importlib.import_module("drivetrain.run.azureml.download")  # few inputs come from the web
    size: int = module.download(url, target, go_on)
    return size


def _check(name: str, each: InputTask, source: Path) -> None:
    if not source.exists():
        raise UserError(f"The input '{name}' is not there: {each.place.uri}", hint="check the path or the asset")
    if each.type == FILE and source.is_dir():
        raise UserError(f"The input '{name}' is a uri_file, but {each.place.uri} is a folder", hint="use uri_folder")
    if each.type in ("uri_folder", "mltable") and not source.is_dir():
        raise UserError(f"The input '{name}' is a {each.type}, but {each.place.uri} is a file", hint="use uri_file")
