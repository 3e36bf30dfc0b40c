"""Dependencies between stages or between jobs: names that do not exist, cycles, and nothing to begin with.

https://learn.microsoft.com/azure/devops/pipelines/process/stages#specify-dependencies
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from drivetrain.definition.shape import closest, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.model import Text
    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position

NodeT = TypeVar("NodeT", bound=Hashable)
_MOST_CYCLES = 10


class Dependant(Struct, frozen=True):
    """A stage or job and what it waits for."""

    name: str
    """Empty when the file gives none: then nothing can depend on it."""
    label: str
    """For messages: `Stage B`, `Stage A job B`."""
    position: Position
    references: tuple[Text, ...] = ()
    follows: bool = False
    """Whether it waits for the one before it in the file, because nothing is said."""


class _Edge(Struct, frozen=True):
    source: int
    target: int
    position: Position


def check_dependencies(
    dependants: Sequence[Dependant], what: str, problems: Problems, *, owner: str = "The pipeline"
) -> None:
    """Report unknown names and cycles, and a set in which each waits for another. References ignore case.

    Args:
        dependants: all stages of the pipeline or all jobs of a stage, in the order of the file.
        what: `stage` or `job`, for messages.
        problems: where to.
        owner: what they are part of, for messages.
    """
    edges = _edges(dependants, what, problems)
    waiting = bool(dependants) and all(one.references or one.follows for one in dependants)
    if waiting and not problems.refused:
        cycle = find_cycle(_targets(len(dependants), edges))
        trail = " -> ".join(dependants[at].name or what for at in cycle)
        hint = f"{trail}: remove one `dependsOn`" if trail else f"remove `dependsOn` from the {what} that runs first"
        message = f"{owner} must contain at least one {what} with no dependencies."
        problems.error(_first_place(dependants), message, code="cycle", hint=hint)
        return
    _cycles(dependants, edges, what, problems)


def _first_place(dependants: Sequence[Dependant]) -> Position:
    first = dependants[0]
    return first.references[0].position if first.references else first.position


def _edges(dependants: Sequence[Dependant], what: str, problems: Problems) -> list[_Edge]:
    """Who waits for whom, by place; names that do not exist are reported."""
    declared = {one.name.lower(): at for at, one in enumerate(dependants) if one.name}
    edges: list[_Edge] = []
    for at, one in enumerate(dependants):
        if one.follows:
            edges.append(_Edge(at, at - 1, one.position))
        for reference in one.references:
            target = declared.get(reference.value.lower())
            if target is not None:
                edges.append(_Edge(at, target, reference.position))
            elif not problems.refused:
                message = f"{one.label} depends on unknown {what} {shown(reference.value)}."
                others = [other.name for other in dependants if other.name and other is not one]
                hint = closest(reference.value, others)
                problems.error(reference, message, code="unknown-dependency", hint=hint)
    return edges


def _targets(count: int, edges: Sequence[_Edge]) -> dict[int, list[int]]:
    targets: dict[int, list[int]] = {at: [] for at in range(count)}
    for edge in edges:
        targets[edge.source].append(edge.target)
    return targets


def _cycles(dependants: Sequence[Dependant], edges: list[_Edge], what: str, problems: Problems) -> None:
    """Report each dependency of a cycle, as Azure does, then look for a cycle in the others."""
    for _ in range(_MOST_CYCLES):
        cycle = find_cycle(_targets(len(dependants), edges))
        steps = set(pairwise(cycle))
        trail = " -> ".join(dependants[at].name or what for at in cycle)
        for edge in [edge for edge in edges if (edge.source, edge.target) in steps]:
            target = dependants[edge.target].name or "without a name"
            message = (
                f"{dependants[edge.source].label} depends on {what} {target} which creates a cycle in the"
                " dependency graph."
            )
            problems.error(edge.position, message, code="cycle", hint=f"{trail}: remove one `dependsOn`")
        if not cycle:
            return
        edges = [edge for edge in edges if (edge.source, edge.target) not in steps]


def find_cycle(edges: Mapping[NodeT, Sequence[NodeT]]) -> list[NodeT]:
    """The first cycle as a path that ends where it began (`A B A`), empty when there is none. No recursion."""
    done: set[NodeT] = set()
    for start in edges:
        path: dict[NodeT, int] = {}
        stack = [start]
        while stack:
            name = stack[-1]
            if name in done:
                stack.pop()
                continue
            step = path.setdefault(name, 0)
            if step == len(edges[name]):
                del path[name]
                done.add(name)
                stack.pop()
                continue
            path[name] = step + 1
            target = edges[name][step]
            if target in path:
                trail = list(path)
                return [*trail[trail.index(target) :], target]
            stack.append(target)
    return []
