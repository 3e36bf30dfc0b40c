"""`strategy` of a job. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-strategy"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.variables import runtime_text
from drivetrain.definition.model import Leg, Strategy
from drivetrain.definition.shape import fields, is_empty, late_count, misplaced, shown, texts
from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node

MAX_LEGS = 256
"""https://learn.microsoft.com/azure/devops/pipelines/process/phases#multi-job-configuration"""
MAX_NAME = 100
_LEG_NAME = re.compile(r"[A-Za-z0-9_ .+-]{1,100}\Z")
"""Letters, digits and `_` by the documentation; dots, dashes and spaces are met in working pipelines, slashes too."""
_HARMFUL = re.compile(r"[\x00-\x1f\x7f]")


def convert_strategy(node: Node | None, problems: Problems) -> Strategy | None:
    """A matrix or a number of equal slices."""
    if node is None or is_empty(node):
        return None
    found = fields(node, schema.STRATEGY, problems)
    if "matrix" in found and "parallel" in found:
        problems.error(node, "a strategy has either `matrix` or `parallel`, not both", code="conflicting-keys")
    matrix = found.get("matrix")
    expression = runtime_text(matrix) if isinstance(matrix, Scalar) else None
    return Strategy(
        _matrix(matrix, problems) if expression is None else (),
        expression,
        _parallel(found.get("parallel"), problems),
        late_count(found.get("maxParallel"), "maxParallel", problems),
    )


def _parallel(node: Node | None, problems: Problems) -> Scalar | None:
    parallel = late_count(node, "parallel", problems)
    if parallel is not None and parallel.value.isdigit() and int(parallel.value) > MAX_LEGS:
        message = (
            f"The slicing expansion resulted in {parallel.value} jobs which exceeds the maximum allowable job count"
            f" of {MAX_LEGS}."
        )
        problems.error(parallel, message, code="too-large")
        return None
    return parallel


def _matrix(node: Node | None, problems: Problems) -> tuple[Leg, ...]:
    if node is None or is_empty(node):
        return ()
    if not isinstance(node, Mapping):
        hint = "an expression that gives one is written `$[ ... ]`"
        misplaced(node, "matrix must be a mapping", problems, hint=hint)
        return ()
    if len(node) > MAX_LEGS:
        message = (
            f"The matrix expansion resulted in {len(node)} jobs which exceeds the maximum allowable job count"
            f" of {MAX_LEGS}."
        )
        problems.error(node, message, code="too-large")
        return ()
    return tuple(_leg(key, value, problems) for key, value in _distinct(node, problems))


def _distinct(node: Mapping, problems: Problems) -> list[tuple[Scalar, Node]]:
    seen: dict[str, tuple[Scalar, Node]] = {}
    for key, value in node.entries:
        if key.value.lower() in seen:
            message = f"matrix leg '{shown(key.value)}' is defined twice (names ignore case)"
            problems.error(key, message, code="duplicate-name")
        elif not _LEG_NAME.match(key.value):
            _complain(key, problems)
        seen.setdefault(key.value.lower(), (key, value))
    return list(seen.values())


def _complain(key: Scalar, problems: Problems) -> None:
    """Azure is more patient than its documentation; what no terminal could show is an error."""
    message, hint = f"matrix leg name '{shown(key.value)}' is not valid", "letters, digits and _, at most 100"
    if not key.value.strip() or len(key.value) > MAX_NAME or _HARMFUL.search(key.value):
        problems.error(key, message, code="wrong-name", hint=hint)
    else:
        problems.warning(key, message, code="wrong-name", hint=hint)


def _leg(key: Scalar, value: Node, problems: Problems) -> Leg:
    variables = texts(value, f"matrix leg '{shown(key.value)}'", problems)
    return Leg(key.value, {name: found.value for name, found in variables.items()})
