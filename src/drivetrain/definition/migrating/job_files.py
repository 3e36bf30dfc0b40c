"""YAML files of Azure Machine Learning, told by their `$schema`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.migrating.python_code import problem
from drivetrain.definition.migrating.table import SCHEMAS
from drivetrain.errors import Position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.errors import Problem

_SCHEMA = re.compile(r"""^\$schema:\s*["']?(?P<url>https?://[^\s"']*/(?P<name>\w+)\.schema\.json)""", re.MULTILINE)


def in_job_file(text: str, file: str) -> Iterator[Problem]:
    """What kind of thing the file describes, when that is not served."""
    found = _SCHEMA.search(text)
    entry = next((entry for name, entry in SCHEMAS.items() if found and found["name"].startswith(name)), None)
    if found is None or entry is None:
        return
    line = text.count("\n", 0, found.start()) + 1
    yield problem(Position(file, line, 1), found["name"], entry)


def is_job_file(text: str) -> bool:
    """Whether it is a file of Azure Machine Learning."""
    return _SCHEMA.search(text) is not None
