"""What a task's module declares of it, beside its `run`.

Names, aliases and defaults are those of the task reference:
https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/
"""

from __future__ import annotations

from msgspec import Struct


class Declared(Struct, frozen=True):
    """What is known of one task."""

    title: str
    """For people: `Bash`."""
    summary: str
    """One line, shown on top of the step's log."""
    required: tuple[str, ...]
    """Inputs that must be given, having no default."""
    optional: dict[str, str]
    """All other inputs, each with its default."""
    aliases: dict[str, str] = {}
    """Other names of inputs -> the name above."""
    version: str = ""
    """All of it; empty for what the step names."""
    author: str = ""
    help: str = ""
    """Where its reference is."""
    takes_others: bool = False
    """It gets inputs that it does not declare, too."""
