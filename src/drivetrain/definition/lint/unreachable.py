"""Stages and jobs that never run.

https://learn.microsoft.com/azure/devops/pipelines/process/conditions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition import legal
from drivetrain.definition.lint.rule import Finding
from drivetrain.definition.lint.walk import OPEN, entries, scalars
from drivetrain.definition.shape import called, to_bool
from drivetrain.lang.expressions import Context, Expression, ExpressionError, evaluate_boolean, names_used, parse
from drivetrain.lang.expressions.nodes import Call, Constant, functions_used
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Values
    from collections.abc import Sequence as Many
    from collections.abc import Set as AbstractSet

    from drivetrain.definition.legal import Legal
    from drivetrain.definition.lint.rule import Sources
    from drivetrain.definition.model import Pipeline, Stage, Text
    from drivetrain.errors import Position
    from drivetrain.lang.expressions.nodes import Part
    from drivetrain.lang.tree import Node


class _Unit(Struct, frozen=True):
    """A stage or a job: what it waits for and when it runs."""

    what: str
    name: str
    position: Position
    waits_for: tuple[str, ...]
    """Names in lower case."""
    condition: Text | None
    legal: Legal


def unreachable(sources: Sources) -> Iterator[Finding]:
    """A condition that is false whatever happens, or that needs something to succeed which never runs.

    A condition that `${{ }}` has written is left alone: for other parameters it may be another.
    """
    written = {scalar.position for root in sources.roots for scalar in scalars(root) if OPEN in scalar.value}
    for units in _groups(sources.pipeline):
        yield from _never(units, written)
    for root in sources.roots:
        yield from _nothing_enabled(root)


def _groups(pipeline: Pipeline) -> Iterator[list[_Unit]]:
    yield _stages(pipeline.stages)
    for stage in pipeline.stages:
        yield [
            _Unit("job", job.name, job.position, _names(job.depends_on), job.condition, legal.JOB_CONDITION)
            for job in stage.jobs
        ]


def _stages(stages: Many[Stage]) -> list[_Unit]:
    units, before = [], ""
    for stage in stages:
        waits_for = _names(stage.depends_on) if stage.depends_on is not None else (before,) if before else ()
        units.append(_Unit("stage", stage.name, stage.position, waits_for, stage.condition, legal.STAGE_CONDITION))
        before = stage.name.lower()
    return units


def _names(references: Many[Text]) -> tuple[str, ...]:
    return tuple(reference.value.lower() for reference in references)


def _never(units: list[_Unit], written: set[Position]) -> Iterator[Finding]:
    """Those that never run, until no more follow from them; what never runs is skipped, so it has not succeeded."""
    left = [unit for unit in units if unit.condition is None or unit.condition.position not in written]
    dead: dict[str, str] = {}
    before = len(left) + 1
    while len(left) < before:
        before, alive = len(left), []
        for unit in left:
            finding = _finding(unit, dead)
            if finding is None:
                alive.append(unit)
                continue
            yield finding
            if unit.name:
                dead[unit.name.lower()] = unit.name
        left = alive


def _finding(unit: _Unit, dead: Values[str, str]) -> Finding | None:
    never = f"{called(unit.what, unit.name)} never runs"
    missing = [name for name in unit.waits_for if name in dead]
    if unit.condition is None:
        message = f"{never}: it waits for '{dead[missing[0]]}', which never runs" if missing else ""
        return Finding(unit.position, message) if missing else None
    root = _parsed(unit.condition, unit.legal)
    if root is None:
        return None
    if _false(root, frozenset()):
        return Finding(unit.condition.position, f"{never}: its condition is always false")
    if missing and _false(root, frozenset(missing)):
        message = f"{never}: its condition needs '{dead[missing[0]]}' to succeed, which never runs"
        return Finding(unit.condition.position, message)
    return None


def _parsed(condition: Text, place: Legal) -> Part | None:
    try:
        return parse(condition.value, functions=place.functions, names=place.names).root
    except ExpressionError:
        return None


def _false(part: Part, dead: AbstractSet[str]) -> bool:
    """Whether a part of a condition is false whatever happens, when what is `dead` never runs."""
    name = part.name.lower() if isinstance(part, Call) else ""
    if isinstance(part, Call) and name == "and":
        return any(_false(argument, dead) for argument in part.arguments)
    if isinstance(part, Call) and name == "or":
        return all(_false(argument, dead) for argument in part.arguments)
    if isinstance(part, Call) and name == "succeeded":
        names = {str(argument.value).lower() for argument in part.arguments if isinstance(argument, Constant)}
        return bool(dead & names if part.arguments else dead)
    expression = Expression("", part)
    if names_used(expression) or functions_used(expression) & {name.lower() for name in legal.STATUS}:
        return False
    try:
        return not evaluate_boolean(expression, Context())
    except ExpressionError:
        return False


def _nothing_enabled(root: Node) -> Iterator[Finding]:
    for key, value in entries(root):
        if key.value == "steps" and isinstance(value, Sequence) and len(value) and all(map(_disabled, value)):
            yield Finding(key.position, "nothing runs here: no step is enabled")


def _disabled(step: Node) -> bool:
    enabled = step.get("enabled") if isinstance(step, Mapping) else None
    return isinstance(enabled, Scalar) and to_bool(enabled.value) is False
