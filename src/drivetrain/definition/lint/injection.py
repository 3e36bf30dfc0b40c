"""Text that outsiders choose, put into scripts.

https://learn.microsoft.com/azure/devops/pipelines/security/inputs
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.lint.rule import Finding
from drivetrain.definition.lint.variables import environment_name
from drivetrain.definition.lint.walk import scripts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.lint.rule import Sources

_OUTSIDE = re.compile(
    r"\$\((Build\.SourceVersionMessage|Build\.SourceVersionAuthor|System\.PullRequest\.SourceBranch)\)", re.IGNORECASE
)
"""Commit messages, authors' names and the branches of pull requests: whoever may propose a change writes them."""


def script_injection(sources: Sources) -> Iterator[Finding]:
    """A macro is replaced in the text of the script before the shell reads it, so its value may hold commands."""
    for script in scripts(sources.roots):
        for match in _OUTSIDE.finditer(script.value):
            message = f"{match[0]} is text that others choose; in a script it can hold commands"
            hint = f"read the environment variable {environment_name(match[1])}, or hand it on by `env`"
            yield Finding(script.position_at(match.start()), message, hint)
