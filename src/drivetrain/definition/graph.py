"""Dependencies between stages or between jobs: names that do not exist, and cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.shape import closest, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.model import Text
    from drivetrain.definition.problems import Problems


def check_dependencies(depends_on: Mapping[str, Sequence[Text]], what: str, problems: Problems) -> None:
    """Report unknown names and cycles. Keys are names as declared; references ignore case, as on Azure.

    Args:
        depends_on: the references of each node, as the file has them.
        what: `stage` or `job`, for messages.
        problems: where to.
    """
    declared = {name.lower(): name for name in depends_on}
    edges: dict[str, list[tuple[str, Text]]] = {name: [] for name in depends_on}
    for name, references in depends_on.items():
        for reference in references:
            target = declared.get(reference.value.lower())
            if target is None and problems.refused:
                continue
            if target is None:
                message = f"{what} '{shown(name)}' depends on unknown {what} '{shown(reference.value)}'"
                hint = closest(reference.value, (other for other in depends_on if other != name))
                problems.error(reference, message, code="unknown-dependency", hint=hint)
            else:
                edges[name].append((target, reference))
    cycle = find_cycle({name: [target for target, _ in targets] for name, targets in edges.items()})
    if cycle:
        at = next(reference for target, reference in edges[cycle[0]] if target == cycle[1])
        message = f"the {what}s depend on each other in a cycle: {' -> '.join(cycle)}"
        problems.error(at, message, code="cycle", hint=f"remove one `dependsOn`, so that some {what} can start")


def find_cycle(edges: Mapping[str, Sequence[str]]) -> list[str]:
    """The first cycle as a path that ends where it began (`A B A`), empty when there is none. No recursion."""
    done: set[str] = set()
    for start in edges:
        path: dict[str, int] = {}
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
