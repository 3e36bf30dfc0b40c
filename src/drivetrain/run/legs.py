"""Legs that only the run can tell: `matrix`, `parallel` and `maxParallel` with `$[ ]` or macros, decided once.

A matrix comes to JSON, in the patient form that Azure's own examples are written in: single quotes will do.
https://learn.microsoft.com/azure/devops/pipelines/process/phases#multi-job-configuration
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from drivetrain.errors import DefinitionError, UserError
from drivetrain.lang.tree import Mapping, Sequence
from drivetrain.lang.yaml import read
from drivetrain.plan.model import MAX_LEGS, LegPlan, StrategyPlan
from drivetrain.plan.names.model import LONGEST_LEG_NAME, is_leg_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from drivetrain.lang.tree import Node
    from drivetrain.plan.model import JobPlan, RuntimeText

_T = TypeVar("_T")
EXAMPLE = '{"small": {"depth": "1"}, "large": {"depth": "9"}}'
_SHOWN = 60
_DIGITS = 9
"""More say nothing else: it is too many."""


class Decided(Struct, frozen=True):
    """The legs of a job, and how many of them may run at once (0: no limit)."""

    legs: tuple[LegPlan, ...]
    max_parallel: int


class Undecided(Struct, frozen=True):
    """Why a strategy does not come to legs, and where in the file it says so."""

    reason: str
    position: str


def decide_legs(job: JobPlan, evaluate: Callable[[str], str], secrets: Collection[str]) -> Decided | Undecided:
    """What the strategy of a job that is ready comes to.

    `evaluate` gives the value of a text and raises UserError; no part of a matrix may hold one of `secrets`, because
    the names and variables of legs are shown and written down.
    """
    strategy = job.strategy or StrategyPlan()
    try:
        sliced = _come_to(strategy.parallel, evaluate, _slices, job.legs)
        legs = _come_to(strategy.matrix, evaluate, lambda text: _matrix(text, secrets), sliced)
        return Decided(legs, _come_to(strategy.max_parallel, evaluate, _limit, job.max_parallel))
    except _PlacedError as error:
        return Undecided(error.reason, error.position)


class _PlacedError(Exception):
    def __init__(self, reason: str, position: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


def _come_to(text: RuntimeText | None, evaluate: Callable[[str], str], read: Callable[[str], _T], otherwise: _T) -> _T:
    """What the value of a text is read as; a UserError of either gets the place of the text."""
    if text is None:
        return otherwise
    try:
        return read(evaluate(text.text))
    except UserError as error:
        raise _PlacedError(error.message, text.position) from error


def _slices(text: str) -> tuple[LegPlan, ...]:
    number = _enough(_count("parallel", text), "slicing")
    return tuple(LegPlan(f"Job{each}") for each in range(1, number + 1))


def _limit(text: str) -> int:
    return _count("maxParallel", text)


def _matrix(text: str, secrets: Collection[str]) -> tuple[LegPlan, ...]:
    if any(secret in text for secret in secrets if secret):
        raise UserError("the matrix holds a secret, and legs are shown; read the secret as a variable of the job")
    legs = _read(text)
    _enough(len(legs), "matrix")
    seen: set[str] = set()
    for leg in legs:
        if not is_leg_name(leg.name):
            raise UserError(
                f"matrix leg name {_shown(leg.name)} is not valid (letters, digits and _, at most {LONGEST_LEG_NAME})"
            )
        if leg.name.lower() in seen:
            raise UserError(f"matrix leg {_shown(leg.name)} is there twice (names ignore case)")
        seen.add(leg.name.lower())
    return legs


def _count(key: str, text: str) -> int:
    value = text.strip()
    if not value.isascii() or not value.isdecimal():
        raise UserError(f"{key} comes to {_shown(text)}, which is not a whole number of at least 0")
    return int(value[:_DIGITS])


def _enough(legs: int, what: str) -> int:
    """The number of legs, if there may be so many; the second text is Azure's."""
    if not legs:
        raise UserError(f"the {what} comes to no legs; a condition of the job can say when there is nothing to do")
    if legs > MAX_LEGS:
        raise UserError(
            f"The {what} expansion resulted in {legs} jobs which exceeds the maximum allowable job count of {MAX_LEGS}."
        )
    return legs


def _read(text: str) -> tuple[LegPlan, ...]:
    found = _object(text)
    if not isinstance(found, dict):
        raise UserError(f"the matrix comes to {_shown(text)}, which is not an object of legs, such as {EXAMPLE}")
    return tuple(LegPlan(name, _variables(name, value)) for name, value in found.items())


def _variables(leg: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise UserError(f"matrix leg {_shown(leg)} is not an object of variables, such as {EXAMPLE}")
    return {name: _text(leg, name, each) for name, each in value.items()}


def _text(leg: str, name: str, value: object) -> str:
    """A variable's value: words and numbers as they are written."""
    if isinstance(value, (dict, list)):
        raise UserError(f"variable {_shown(name)} of matrix leg {_shown(leg)} is not a text")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _object(text: str) -> object:
    """The JSON value; what is no JSON is read as YAML in braces, which also takes single quotes."""
    import json  # noqa: PLC0415 - few pipelines have such a matrix

    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        if not text.lstrip().startswith("{"):
            raise UserError(f"the matrix comes to {_shown(text)}, which is not JSON, such as {EXAMPLE}") from error
    try:
        return _plain(read(text, file="matrix"))
    except DefinitionError as error:
        problem = error.problems[0]
        where = f"line {problem.position.line}, column {problem.position.column}"
        raise UserError(
            f"the matrix comes to {_shown(text)}, which is not JSON: {problem.message} ({where})"
        ) from error


def _plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {key.value: _plain(value) for key, value in node.entries}
    return list(map(_plain, node)) if isinstance(node, Sequence) else node.value


def _shown(text: str) -> str:
    """A text as a message quotes it."""
    line = " ".join(text.split())
    return f"'{line if len(line) <= _SHOWN else line[:_SHOWN] + '...'}'"
