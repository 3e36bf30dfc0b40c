"""An expanded pipeline as Azure's preview prints it (`finalYaml`): stages all the way, steps as tasks, lists in full.

Keys keep the order of the file and words their spelling; nothing is added that the file leaves out. Printing what was
printed changes nothing. Azure prints `enabled: false` for `none`, and does not read it; we do.
https://learn.microsoft.com/rest/api/azure/devops/pipelines/preview/preview
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.pipeline import DEFAULT_STAGE
from drivetrain.definition.legacy import ONLY_JOB, modern
from drivetrain.definition.problems import Problems
from drivetrain.definition.shape import is_empty
from drivetrain.definition.shorthand import steps_in_full
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Table

    from drivetrain.lang.tree import Node

    Change = Callable[[Node], Node]

_OF_THE_ONLY_JOB = ("strategy", "continueOnError", "pool", "container", "services", "workspace")
"""Keys beside `steps` at the root that are the job's."""
_NONE = "none"


def final(expanded: Node) -> Node:
    """The pipeline in full, from a file without template expressions (`Definition.node`)."""
    if not isinstance(expanded, Mapping):
        return expanded
    return _readable(_changed(_with_stages(modern(expanded, Problems())), _ROOT))


def _readable(node: Node) -> Node:
    """The node so that it says the same when it is read again."""
    if isinstance(node, Scalar):
        return _text(node)
    if isinstance(node, Sequence):
        items = tuple([_readable(item) for item in node.items])
        return node if all(map(is_, items, node.items)) else Sequence(items, node.position)
    entries = [(_text(key), _readable(value)) for key, value in node.entries]
    same = all(key is old and value is held for (key, value), (old, held) in zip(entries, node.entries, strict=True))
    return node if same else Mapping(tuple(entries), node.position)


def _text(node: Scalar) -> Scalar:
    """What holds nothing is printed as an empty text. Azure prints a `${{` that an expression gave as it is, and could
    not read it again; here it is an expression once more.
    """
    if not node.value:
        return Scalar("", node.position, "quoted")
    if "${{" not in node.value:
        return node
    escaped = node.value.replace("'", "''")
    return Scalar(f"${{{{ '{escaped}' }}}}", node.position, node.style)


def _with_stages(root: Mapping) -> Mapping:
    """The root with `stages` where it has `jobs` or `steps`."""
    if root.get("stages") is not None:
        return root
    if root.get("jobs") is not None:
        return _replaced(root, "jobs", _default_stage)
    if root.get("steps") is None:
        return root
    moved = [entry for entry in root.entries if entry[0].value in _OF_THE_ONLY_JOB]
    rest = Mapping(tuple(entry for entry in root.entries if entry not in moved), root.position)
    return _replaced(rest, "steps", lambda steps: _default_stage(_only_job(moved, steps)))


def _replaced(root: Mapping, form: str, change: Change) -> Mapping:
    entries = (
        (_key("stages", key), change(value)) if key.value == form else (key, value) for key, value in root.entries
    )
    return Mapping(tuple(entries), root.position)


def _default_stage(jobs: Node) -> Node:
    return _list_of(_mapping(jobs, stage=Scalar(DEFAULT_STAGE, jobs.position), jobs=jobs))


def _only_job(moved: list[tuple[Scalar, Node]], steps: Node) -> Node:
    at = Scalar("", steps.position)
    entries = ((_key("job", at), Scalar(ONLY_JOB, steps.position)), *moved, (_key("steps", at), steps))
    return _list_of(Mapping(entries, steps.position))


def _changed(node: Node, changes: Table[str, Change]) -> Mapping:
    """A mapping in which some keys' values are written in full."""
    assert isinstance(node, Mapping)  # noqa: S101 - `_each` and `final` give nothing else
    if not any(key.value in changes for key, _ in node.entries):
        return node
    entries = [(key, changes[key.value](value) if key.value in changes else value) for key, value in node.entries]
    return Mapping(tuple(entries), node.position)


def _each(changes: Table[str, Change]) -> Change:
    """What is done to a list of mappings."""

    def change(node: Node) -> Node:
        if not isinstance(node, Sequence):
            return node
        items = (_changed(item, changes) if isinstance(item, Mapping) else item for item in node.items)
        return Sequence(tuple(items), node.position)

    return change


def _named(key: str) -> Change:
    """What is done to a text that stands for a mapping with one key."""

    def change(node: Node) -> Node:
        if not isinstance(node, Scalar) or is_empty(node):
            return node
        return _mapping(node, **{key: node})

    return change


def _as_list(node: Node) -> Node:
    """One text as a list; nothing at all as an empty one."""
    if not isinstance(node, Scalar):
        return node
    return Sequence(() if is_empty(node) else (node,), node.position)


def _trigger(node: Node) -> Node:
    if isinstance(node, Scalar) and node.value.lower() == _NONE:
        return _mapping(node, enabled=Scalar("false", node.position))
    if isinstance(node, Sequence):
        return _mapping(node, branches=_mapping(node, include=node))
    if isinstance(node, Mapping):
        return _changed(node, dict.fromkeys(("branches", "paths", "tags"), _filters))
    return node


def _resource_trigger(key: str) -> Change:
    """What is done to the trigger of a resource, whose filters stand below `key`."""

    def change(node: Node) -> Node:
        if isinstance(node, Scalar) and not is_empty(node):
            return _mapping(node, enabled=Scalar("false" if node.value.lower() == _NONE else "true", node.position))
        return _changed(node, {key: _filters}) if isinstance(node, Mapping) else node

    return change


def _filters(node: Node) -> Node:
    return _mapping(node, include=node) if isinstance(node, Sequence) else node


def _variables(node: Node) -> Node:
    """The list, whichever way they are written."""
    if not isinstance(node, Mapping):
        return node
    items = (_mapping(key, name=key, value=value) for key, value in node.entries)
    return Sequence(tuple(items), node.position)


def _pool(node: Node) -> Node:
    if isinstance(node, Scalar):
        return _named("name")(node)
    return _changed(node, {"demands": _as_list}) if isinstance(node, Mapping) else node


def _environment(node: Node) -> Node:
    """The short form is a name, or a name and a resource."""
    if not isinstance(node, Scalar) or is_empty(node):
        return node
    name, dot, resource = node.value.partition(".")
    if not dot:
        return _mapping(node, name=node)
    return _mapping(node, name=Scalar(name, node.position), resourceName=Scalar(resource, node.position))


def _services(node: Node) -> Node:
    if not isinstance(node, Mapping):
        return node
    return Mapping(tuple((key, _named("alias")(value)) for key, value in node.entries), node.position)


def _steps(node: Node) -> Node:
    """Steps as tasks, each with its target in full."""
    full = steps_in_full(_mapping(node, steps=node))
    assert isinstance(full, Mapping)  # noqa: S101 - a mapping in full is one
    return _each({"target": _named("container")})(full.entries[0][1])


def _strategy(node: Node) -> Node:
    """The hooks of a deployment with their steps in full; a matrix as it is."""
    if not isinstance(node, Mapping):
        return node
    return _changed(node, dict.fromkeys(schema.DEPLOYMENT_STRATEGIES, _life))


def _life(node: Node) -> Node:
    hooks = dict.fromkeys(schema.HOOKS, _hook)
    return _changed(node, {**hooks, "on": _endings}) if isinstance(node, Mapping) else node


def _endings(node: Node) -> Node:
    return _changed(node, dict.fromkeys(schema.ENDINGS, _hook)) if isinstance(node, Mapping) else node


def _hook(node: Node) -> Node:
    return _changed(node, {"steps": _steps, "pool": _pool}) if isinstance(node, Mapping) else node


def _mapping(at: Node, **entries: Node) -> Mapping:
    key = Scalar("", at.position)
    return Mapping(tuple((_key(name, key), value) for name, value in entries.items()), at.position)


def _key(name: str, at: Scalar) -> Scalar:
    return Scalar(name, at.position)


def _list_of(item: Node) -> Sequence:
    return Sequence((item,), item.position)


_RESOURCES: Table[str, Change] = {
    "repositories": _each({"trigger": _trigger}),
    "containers": _each({"trigger": _resource_trigger("tags")}),
    "pipelines": _each({"trigger": _resource_trigger("branches")}),
}
_JOB: Table[str, Change] = {
    "dependsOn": _as_list,
    "variables": _variables,
    "pool": _pool,
    "container": _named("alias"),
    "services": _services,
    "environment": _environment,
    "strategy": _strategy,
    "steps": _steps,
}
_STAGE: Table[str, Change] = {
    "dependsOn": _as_list,
    "variables": _variables,
    "pool": _pool,
    "jobs": _each(_JOB),
}
_ROOT: Table[str, Change] = {
    "trigger": _trigger,
    "pr": _trigger,
    "resources": lambda node: _changed(node, _RESOURCES) if isinstance(node, Mapping) else node,
    "variables": _variables,
    "pool": _pool,
    "stages": _each(_STAGE),
}
"""Keys of each place -> how what they hold is written in full."""
