"""Steps written short (`script`, `bash`, `checkout` ...) as the tasks that Azure makes of them, and back again.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps names the shortcuts; the ids are those that
Azure's preview of a pipeline prints for the tasks that have no public name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Table

    from drivetrain.lang.tree import Node

CHECKOUT_ID = "6d15af64-176c-496d-b583-fd2ae21d4df4@1"
PUBLISH_ID = "ecdc45f6-832d-4ad9-b52b-ee49e94659be@1"
DOWNLOAD_ID = "30f35852-3f7e-4c0c-9a88-e127b4f97211@1"

_COMMON = "displayName name condition continueOnError enabled env target timeoutInMinutes retryCountOnTaskFailure"
COMMON = frozenset(_COMMON.split())
"""Keys of a step that are not inputs of its task."""


class Shorthand(Struct, frozen=True):
    """What a first key of a step stands for."""

    task: str
    subject: str
    """The input that holds what the first key holds."""
    before: Table[str, str] = field(default_factory=dict)
    """Inputs that come before the subject."""
    after: Table[str, str] = field(default_factory=dict)
    """Inputs that come right after it."""
    order: tuple[str, ...] = ()
    """Further inputs in the order that Azure prints them; those that are not named keep the order of the file."""
    renamed: Table[str, str] = field(default_factory=dict)
    """Keys whose input has another name."""
    nothing: bool = False
    """Whether the subject `none` means that the step does nothing."""


_SHELL = ("failOnStderr", "workingDirectory")
_INLINE = {"targetType": "inline"}
_PUBLISH = Shorthand(PUBLISH_ID, "path", renamed={"artifact": "artifactName"})
SHORTHANDS: Table[str, Shorthand] = {
    "script": Shorthand("CmdLine@2", "script", order=_SHELL),
    "bash": Shorthand("Bash@3", "script", before=_INLINE, order=_SHELL),
    "powershell": Shorthand("PowerShell@2", "script", before=_INLINE),
    "pwsh": Shorthand("PowerShell@2", "script", before=_INLINE, after={"pwsh": "true"}),
    "checkout": Shorthand(CHECKOUT_ID, "repository", nothing=True),
    "publish": _PUBLISH,
    "upload": _PUBLISH,
    "download": Shorthand(DOWNLOAD_ID, "alias", nothing=True),
}
_BY_ID = {SHORTHANDS[kind].task: kind for kind in ("checkout", "publish", "download")}


def in_full(step: Node) -> Node:
    """A step as a `task`; anything that is not one of the shortcuts stays as it is."""
    if not isinstance(step, Mapping) or not step.entries:
        return step
    first, subject = step.entries[0]
    short = SHORTHANDS.get(first.value)
    return step if short is None else Mapping(tuple(_entries(step, first, subject, short)), step.position)


def steps_in_full(node: Node) -> Node:
    """A node in which every list below a key `steps` is written in full, however deep."""
    if isinstance(node, Sequence):
        return Sequence(tuple(steps_in_full(item) for item in node.items), node.position)
    if not isinstance(node, Mapping):
        return node
    return Mapping(tuple((key, _below(key.value, value)) for key, value in node.entries), node.position)


def _below(key: str, value: Node) -> Node:
    if key == "steps" and isinstance(value, Sequence):
        return Sequence(tuple(in_full(item) for item in value.items), value.position)
    return value if key in ("templateContext", "parameters", "env", "inputs") else steps_in_full(value)


def _entries(step: Mapping, first: Scalar, subject: Node, short: Shorthand) -> Iterator[tuple[Scalar, Node]]:
    yield Scalar("task", first.position), Scalar(short.task, first.position)
    nothing = _is_nothing(short, subject)
    kept = COMMON - {"condition"} if nothing else COMMON
    yield from ((key, value) for key, value in step.entries if key.value in kept)
    if nothing:
        yield Scalar("condition", first.position), Scalar("false", first.position)
    yield Scalar("inputs", first.position), Mapping(tuple(_inputs(step, first, subject, short)), first.position)


def _inputs(step: Mapping, first: Scalar, subject: Node, short: Shorthand) -> Iterator[tuple[Scalar, Node]]:
    at = first.position
    yield from ((Scalar(key, at), Scalar(value, at)) for key, value in short.before.items())
    yield Scalar(short.subject, at), subject
    yield from ((Scalar(key, at), Scalar(value, at)) for key, value in short.after.items())
    own = [(key, value) for key, value in step.entries[1:] if key.value not in COMMON]
    ranks = {name: rank for rank, name in enumerate(short.order)}
    for key, value in sorted(own, key=lambda entry: ranks.get(entry[0].value, len(ranks))):
        yield Scalar(short.renamed.get(key.value, key.value), key.position), value


def from_task(step: Mapping) -> Mapping:
    """The `checkout`, `publish` or `download` that a task with its id stands for; any other step as it is."""
    first, task = step.entries[0]
    inputs = step.get("inputs")
    kind = _BY_ID.get(task.value.lower()) if first.value == "task" and isinstance(task, Scalar) else None
    if kind is None or not isinstance(inputs, Mapping) or inputs.get(SHORTHANDS[kind].subject) is None:
        return step
    short = SHORTHANDS[kind]
    names = {name: key for key, name in short.renamed.items()} | {short.subject: kind}
    own = [(Scalar(names.get(name.value, name.value), name.position), value) for name, value in inputs.entries]
    own.sort(key=lambda entry: entry[0].value != kind)
    put_in = {"inputs", "condition"} if _is_nothing(short, own[0][1]) else {"inputs"}
    return Mapping((*own, *(entry for entry in step.entries[1:] if entry[0].value not in put_in)), step.position)


def _is_nothing(short: Shorthand, subject: Node) -> bool:
    return short.nothing and isinstance(subject, Scalar) and subject.value.lower() == "none"
