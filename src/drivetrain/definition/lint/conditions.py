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

_QUOTED_MACRO = re.compile(r"'[^']*(\$\(([\w. -]+)\))[^']*'")


def macros_in_conditions(sources: Sources) -> Iterator[Finding]:
    """Outside quotes a macro is an error of the expression; in quotes it is a text that equals nothing."""
    for root in sources.roots:
        for key, value in entries(root):
            if key.value == "condition" and isinstance(value, Scalar):
                for match in _QUOTED_MACRO.finditer(value.value):
                    message = (
                        f"a macro is not replaced in a condition: '{shown(match[1])}' is compared as it is written"
                    )
                    hint = f"write variables['{match[2]}']"
                    yield Finding(value.position_at(match.start(1)), message, hint)
