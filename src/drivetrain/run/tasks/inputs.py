"""The inputs of one step: aliases resolved, defaults filled in, macros expanded, blanks trimmed as the agent does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.run.tasks.declared import Declared


class Inputs:
    """What the user gave a task, by the task's own names in any case."""

    def __init__(self, task: str, values: Mapping[str, str], position: str, default_folder: str) -> None:
        self._task = task
        self._values = values
        self._position = position
        self._default_folder = default_folder

    def text(self, name: str) -> str:
        """The value, or the task's default."""
        return self._values.get(name.lower(), "")

    def required(self, name: str) -> str:
        """The value. Raises UserError when there is none, naming the input and the step's position."""
        value = self.text(name)
        if not value:
            where = f"{self._position}: " if self._position else ""
            raise UserError(f"{where}Input required: {name}", hint=f"give {self._task} its input `{name}`")
        return value

    def flag(self, name: str) -> bool:
        """Whether the value is `true`, in any case."""
        return self.text(name).lower() == "true"

    def choice(self, name: str, *allowed: str) -> str:
        """The one of `allowed` (all lower case) that the value names. Raises UserError when it names none."""
        value = self.text(name).lower()
        if value not in allowed:
            where = f"{self._position}: " if self._position else ""
            raise UserError(
                f"{where}Invalid value '{self.text(name)}' of input {name} of {self._task}",
                hint=f"use one of: {', '.join(allowed)}",
            )
        return value

    def path(self, name: str) -> str:
        """An absolute path: relative ones, and none, count from the default working directory."""
        return os.path.normpath(os.path.join(self._default_folder, self.text(name)))  # noqa: PTH118 - no disk access


def resolve_inputs(
    declared: Declared, given: Mapping[str, str], expand: Callable[[str], str]
) -> tuple[dict[str, str], list[str]]:
    """The values by lower-case name, and the given names that the task does not know."""
    known = {name.lower(): name.lower() for name in (*declared.required, *declared.optional)}
    known |= {alias.lower(): name.lower() for alias, name in declared.aliases.items()}
    values = {name.lower(): default for name, default in declared.optional.items()}
    unknown = []
    for name, value in given.items():
        key = known.get(name.lower())
        if key is None:
            unknown.append(name)
        elif value.strip() or key not in values:
            values[key] = value
    return {name: expand(value).strip() for name, value in values.items()}, unknown
