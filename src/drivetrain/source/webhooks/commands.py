"""Comments that are commands: `/azp run`, as Azure Pipelines knows them, and what is answered. Pure.

https://learn.microsoft.com/azure/devops/pipelines/repos/github#comment-triggers
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NAME = 200
_COMMAND = re.compile(
    r"\s*/(?:azp|azurepipelines)(?:[ \t]+(?P<verb>\S+)(?:[ \t]+(?P<name>[^\r\n]*))?)?[ \t]*(?:[\r\n]|\Z)", re.IGNORECASE
)

HELP = """Comments that people with write access may give:

- `/azp run` runs every pipeline of this repository for this pull request
- `/azp run NAME` runs one of them
- `/azp list` lists them
- `/azp where` says where they are run
- `/azp help` says this"""


class Verb(StrEnum):
    """What a command asks for."""

    RUN = "run"
    LIST = "list"
    HELP = "help"
    WHERE = "where"


class Command(Struct, frozen=True):
    """What somebody has asked for in a comment."""

    verb: Verb
    name: str = ""
    """The pipeline that is meant; empty for all."""
    unknown: str = ""
    """The word that is no command; then the verb is HELP."""


def command(text: str) -> Command | None:
    """The command that a comment begins with; None when it is for people only. Case does not matter."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    word = (found["verb"] or "help").lower()
    if word not in set(Verb):
        return Command(Verb.HELP, unknown=word[:MAX_NAME])
    return Command(Verb(word), (found["name"] or "").strip()[:MAX_NAME])


def called(names: Sequence[str], name: str) -> list[str]:
    """The pipelines that a command means."""
    return [each for each in names if not name or each.casefold() == name.casefold()]


def listed(names: Sequence[str]) -> str:
    """The answer to `list`."""
    return "\n".join(["Pipelines of this repository:", "", *(f"- {_code(name)}" for name in names)])


def started(names: Sequence[str]) -> str:
    """The answer to `run`."""
    told = ", ".join(map(_code, names))
    return f"Asked for {'a run' if len(names) == 1 else 'runs'} of {told}."


def no_such(name: str, names: Sequence[str]) -> str:
    """The answer to `run` with a name that no pipeline has."""
    return f"There is no pipeline {_code(name)} for this repository.\n\n{listed(names)}"


def where(names: Sequence[str], url: str) -> str:
    """The answer to `where`."""
    place = (
        f"The pipelines of this repository are run by Drivetrain at {url}."
        if url
        else ("The pipelines of this repository are run by a Drivetrain that has no public address.")
    )
    return f"{place}\n\n{listed(names)}"


def helped(unknown: str = "") -> str:
    """The answer to `help`, and to what is no command."""
    return f"{_code(f'/azp {unknown}')} is no command.\n\n{HELP}" if unknown else HELP


def _code(text: str) -> str:
    """Somebody else's text in Markdown, where it can neither mark up nor notify anybody."""
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return f"`{plain.replace('`', chr(39))}`"
