"""The steps that Azure itself writes as a task with an id: what they are called as steps, and as tasks.

An expanded pipeline has only the tasks. They are read as the steps that they come from.
https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping as Values

    from drivetrain.lang.tree import Node

INPUTS = "inputs"
TASK = "task"


class Shortcut(Struct, frozen=True):
    """A kind of step and the task that stands for it."""

    kind: str
    task: str
    subject: str
    """The input that holds what stands at the step's first key."""
    renamed: Values[str, str] = field(default_factory=dict)
    """Keys of the step -> inputs that are called otherwise."""


SHORTCUTS = (
    Shortcut("checkout", "6d15af64-176c-496d-b583-fd2ae21d4df4@1", "repository"),
    Shortcut("publish", "ecdc45f6-832d-4ad9-b52b-ee49e94659be@1", "path", {"artifact": "artifactName"}),
    Shortcut("download", "30f35852-3f7e-4c0c-9a88-e127b4f97211@1", "alias"),
)
BY_KIND: Values[str, Shortcut] = {shortcut.kind: shortcut for shortcut in SHORTCUTS} | {"upload": SHORTCUTS[1]}
_BY_TASK = {shortcut.task: shortcut for shortcut in SHORTCUTS}


def as_step(item: Mapping) -> Mapping:
    """The step that a task with such an id stands for; every other step as it is."""
    key, task = item.entries[0]
    if key.value != TASK or not isinstance(task, Scalar):
        return item
    shortcut, inputs = _BY_TASK.get(task.value.lower()), item.get(INPUTS)
    if shortcut is None or not isinstance(inputs, Mapping) or inputs.get(shortcut.subject) is None:
        return item
    names = {name: key for key, name in shortcut.renamed.items()} | {shortcut.subject: shortcut.kind}
    own = [(Scalar(names.get(name.value, name.value), name.position), value) for name, value in inputs.entries]
    own.sort(key=lambda entry: entry[0].value != shortcut.kind)
    others: list[tuple[Scalar, Node]] = [entry for entry in item.entries[1:] if entry[0].value != INPUTS]
    return Mapping((*own, *others), item.position)
