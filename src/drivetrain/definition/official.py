"""Azure's own tasks as data: what `official_tasks.json` says, which `scripts/task_table` makes.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = Path(__file__).with_name("official_tasks.json")


class OfficialTask(Struct, frozen=True, forbid_unknown_fields=True):
    """One major version of a task. Names are spelled as in the task reference and compared ignoring case."""

    inputs: str = ""
    """The names of all inputs, with a blank between them."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Other names of inputs -> the name in `inputs`."""
    required: str = ""
    """Those inputs that must always be given: no default, and not needed only beside some value of another."""
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What an input may hold, where Azure has a closed list of it."""
    deprecated: str | None = None
    """None, or what to use instead, empty where the reference names nothing."""


@cache
def official_names() -> Mapping[str, str]:
    """All references in lower case, such as `bash@3` -> as they are spelled."""
    return {reference.lower(): reference for reference in _table()}


@cache
def official_task(reference: str) -> OfficialTask | None:
    """What is known of a task such as `Bash@3`, ignoring case; None for one that is not Azure's own."""
    spelled = official_names().get(reference.lower())
    return None if spelled is None else msgspec.json.decode(_table()[spelled], type=OfficialTask)


@cache
def _table() -> Mapping[str, msgspec.Raw]:
    """Every task still as JSON: a file names few of them."""
    return msgspec.json.decode(_FILE.read_bytes(), type=dict[str, msgspec.Raw])
