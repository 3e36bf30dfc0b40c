"""Conditions that compare a macro. https://learn.microsoft.com/azure/devops/pipelines/process/conditions"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.lint.rule import Finding
from drivetrain.definition.lint.walk import entries
from drivetrain.definition.shape import shown
from drivetrain.lang.tree import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.lint.rule import Sources

_MACRO = re.compile(r"\$\(([\w. -]+)\)")
_LONGEST = 21_000
"""Azure refuses longer expressions."""


def macros_in_conditions(sources: Sources) -> Iterator[Finding]:
    """Outside quotes a macro is an error of the expression; in quotes it is a text that equals nothing."""
    for root in sources.roots:
        for key, value in entries(root):
            if key.value == "condition" and isinstance(value, Scalar) and len(value.value) <= _LONGEST:
                for match in _quoted(value.value):
                    message = (
                        f"a macro is not replaced in a condition: '{shown(match[0])}' is compared as it is written"
                    )
                    hint = f"write variables['{match[1]}']"
                    yield Finding(value.position_at(match.start()), message, hint)


def _quoted(condition: str) -> Iterator[re.Match[str]]:
    for match in _MACRO.finditer(condition):
        if condition.count("'", 0, match.start()) % 2:
            yield match
