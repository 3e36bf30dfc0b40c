"""Looks through the files of a repository. What pipelines themselves may not use is found by `lint` and `plan`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.migrating.job_files import in_job_file, is_job_file
from drivetrain.definition.migrating.python_code import in_notebook, in_program
from drivetrain.definition.migrating.shell import in_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivetrain.errors import Problem

_YAML = (".yml", ".yaml")
_TOP = re.compile(r"^(stages|jobs|steps|extends):", re.MULTILINE)
_STARTED = re.compile(r"^(trigger|pr|schedules):", re.MULTILINE)
_PARAMETERS = re.compile(r"^parameters:", re.MULTILINE)
_READERS: dict[str, Callable[[str, str], Iterator[Problem]]] = {
    ".py": in_program,
    ".ipynb": in_notebook,
    ".sh": in_script,
    ".ps1": in_script,
    ".bash": in_script,
}


def look_into(file: str, text: str) -> list[Problem]:
    """What one file uses that is not served here, in its order. `file` is its path, as problems are to name it."""
    suffix = _suffix(file)
    if suffix in _YAML:
        found = in_job_file(text, file) if is_job_file(text) else in_script(text, file)
    elif suffix in _READERS:
        found = _READERS[suffix](text, file)
    else:
        return []
    return sorted(found, key=lambda problem: problem.position)


def is_looked_into(file: str) -> bool:
    """Whether files of that name say anything to us."""
    return _suffix(file) in _YAML or _suffix(file) in _READERS


def is_pipeline(file: str, text: str) -> bool:
    """Whether a YAML file is a pipeline of Azure, and no template of one, as far as its first words tell."""
    if _suffix(file) not in _YAML or is_job_file(text) or not _TOP.search(text):
        return False
    started = _STARTED.search(text) is not None
    name = file.rpartition("/")[2].lower()
    if name.startswith("azure-pipelines") or "/.azure" in f"/{file}".lower():
        return started or not _PARAMETERS.search(text)
    return started


def _suffix(file: str) -> str:
    name = file.rpartition("/")[2].lower()
    return name[name.rfind(".") :] if "." in name else ""
