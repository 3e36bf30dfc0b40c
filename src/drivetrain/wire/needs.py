"""Whether the library has what a pipeline names, looked at when its run is made: Azure refuses to queue it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import DefinitionError, Position, Problem
from drivetrain.plan.model import ResourceKind
from drivetrain.run.library.model import ItemKind
from drivetrain.run.library.ports import WORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from drivetrain.plan.model import Plan, ResourceUse
    from drivetrain.run.library.ports import Library

_ENDINGS = {
    ResourceKind.VARIABLE_GROUP: "",
    ResourceKind.SERVICE_CONNECTION: ", has been disabled",
    ResourceKind.SECURE_FILE: "",
}
"""What Azure's messages say between `does not exist` and `or has not been authorized for use`."""


def resources_of(plan: Plan) -> Iterator[ResourceUse]:
    """Everything that a run needs of the library."""
    for stage in plan.stages:
        if not stage.left_out:
            yield from (use for use in stage.resources if use.kind in _ENDINGS)


def refuse_missing(library: Library, project: str, plan: Plan, *, groups: bool, optional: Collection[str] = ()) -> None:
    """Raise DefinitionError with every place that names what is not in the library.

    `groups`: whether a missing variable group counts; who sets variables when queueing is taken to give its own.
    `optional` are places whose connections are not needed here: a repository is fetched as its host says. A name with
    macros in it is only known when its job starts.
    """
    wanted = (use for use in resources_of(plan) if "$(" not in use.name and use.position not in optional)
    missing = [use for use in library.missing(project, wanted) if groups or use.kind is not ResourceKind.VARIABLE_GROUP]
    if missing:
        raise DefinitionError(sorted(set(_problems(missing, project)), key=lambda problem: problem.position))


def _problems(missing: Iterable[ResourceUse], project: str) -> Iterator[Problem]:
    for use in missing:
        word, command = WORDS[ItemKind(use.kind)]
        where = f" --project '{project}'" if project else ""
        yield Problem(
            _position(use.position),
            f"{word[0].upper()}{word[1:]} {use.name} could not be found. The {word} does not exist"
            f"{_ENDINGS[use.kind]} or has not been authorized for use.",
            _hint(use.kind, f"{command} '{use.name}'{where}"),
            code=f"unknown-{word.replace(' ', '-')}",
        )


def _hint(kind: ResourceKind, command: str) -> str:
    if kind is ResourceKind.VARIABLE_GROUP:
        return f"`{command}` makes one; or give the variables that are used with `--variable name=value`"
    return f"`{command}` makes one"


def _position(text: str) -> Position:
    file, line, column = [*text.rsplit(":", 2), "", ""][:3]
    return Position(file, int(line or 1), int(column or 1)) if line.isdecimal() else Position(text, 1, 1)
