"""The interpreter of a command job: the one that a conda file asks for, or the nearest to an image's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.run.environments.interpreters import SearchPath, find_interpreters
from drivetrain.run.environments.resolution import resolve_interpreter
from drivetrain.run.environments.version_spec import parse_version

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.azureml.wanted import Wanted
    from drivetrain.run.environments.interpreters import Interpreter

ALLOW_INSTALL = "DRIVETRAIN_ALLOW_PYTHON_INSTALL"
"""Of the runner's own environment (the setting allow_python_install)."""


def interpreter_for(wanted: Wanted, home: Path) -> Interpreter:
    """The interpreter. Raises UserError, UnavailableError that says what there is."""
    allowed = os.environ.get(ALLOW_INSTALL, "true") != "false"
    try:
        return resolve_interpreter(wanted.python, SearchPath.of_machine(home), allow_install=allowed)
    except UnavailableError:
        nearest = None if wanted.strict else _nearest(wanted.python, home)
        if nearest is None:
            raise
        return nearest


def _nearest(version: str, home: Path) -> Interpreter | None:
    """The lowest that is not older, else the highest."""
    least = parse_version(version).release[:2]
    found = [each for each in find_interpreters(SearchPath.of_machine(home)) if each.implementation == "cpython"]
    ordered = sorted(
        (each for each in found if "rc" not in each.version), key=lambda each: parse_version(each.version).key
    )
    newer = [each for each in ordered if parse_version(each.version).release[:2] >= least]
    return newer[0] if newer else (ordered[-1] if ordered else None)
