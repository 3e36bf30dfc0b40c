"""Which commands of the Azure CLI a text calls: a shell script, or a script within a pipeline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.migrating.python_code import problem
from drivetrain.definition.migrating.table import AZ_GROUPS, OTHER_GROUP
from drivetrain.errors import Position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.errors import Problem

_CALL = re.compile(r"(?:^|[\s;|&(`'\"=])az[ \t]+(?P<group>[a-z][a-z-]{1,30})(?P<more>(?:[ \t]+[a-z][a-z-]{0,40}){0,2})")
_COMMENT = re.compile(r"^\s*(#|//|REM\b)", re.IGNORECASE)


def in_script(text: str, file: str) -> Iterator[Problem]:
    """The calls of groups that are not kept here, or only in part, at their places."""
    for number, line in enumerate(text.split("\n"), 1):
        if _COMMENT.match(line):
            continue
        for call in _CALL.finditer(line):
            entry = AZ_GROUPS.get(call["group"], OTHER_GROUP)
            if entry is not None:
                words = f"az {call['group']}{call['more']}"
                yield problem(Position(file, number, call.start("group") - 2), words, entry)
