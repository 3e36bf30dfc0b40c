"""Older forms of the language, written anew in the present one, each with a warning.

`phases` and `queue`/`server` beside `steps` come from before there were jobs. They become jobs here, so that
nothing behind this module knows of them.
https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.shape import fields, is_empty, misplaced, unknown_key
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node

Entries = list[tuple[Scalar, "Node"]]
ONLY_JOB = "Job"
"""The job of a file that has `steps` at its root, as Azure names it."""
_OF_THE_JOB = ("timeoutInMinutes", "cancelTimeoutInMinutes", "container", "workspace")
_OF_THE_STRATEGY = ("matrix", "parallel", "maxParallel")
_OF_THE_POOL = ("name", "demands")


def modern(root: Mapping, problems: Problems) -> Mapping:
    """The file without `phases`, and without `queue` or `server` beside `steps`."""
    keys = set(root.keys())
    if "phases" in keys:
        return Mapping(tuple(_root_entry(key, value, problems) for key, value in root.entries), root.position)
    if "steps" in keys and keys & {"queue", "server"}:
        return _one_job(root, problems)
    return root


def _root_entry(key: Scalar, value: Node, problems: Problems) -> tuple[Scalar, Node]:
    if key.value != "phases":
        return key, value
    _deprecated(key, "`phases` is deprecated", "write `jobs`, and `pool` for `queue`", problems)
    if not isinstance(value, Sequence):
        return _named("jobs", key), value
    jobs = (_job(item, problems) for item in value.items)
    return _named("jobs", key), Sequence(tuple(job for job in jobs if job is not None), value.position)


def _job(item: Node, problems: Problems) -> Mapping | None:
    """A phase as a job; None for what is no phase."""
    if not isinstance(item, Mapping) or not item.entries:
        hint = "write `- phase: name`"
        misplaced(item, "a phase must be a mapping", problems, hint=hint)
        return None
    if item.entries[0][0].value in schema.JOBS:
        return item  # of a template that has jobs
    if item.get("phase") is None:
        unknown_key(item.entries[0][0], "phases", ["phase", "template"], problems)
        return None
    fields(item, schema.PHASE, problems)
    return Mapping(tuple(_job_entries(item, problems)), item.position)


def _job_entries(phase: Mapping, problems: Problems) -> Entries:
    entries: Entries = []
    for key, value in phase.entries:
        if key.value == "phase":
            entries.append((_named("job", key), value))
        elif key.value in ("queue", "server"):
            entries += _where(key, value, problems)
        elif key.value in schema.PHASE.keys:
            entries.append((key, value))
    _one_of_two(phase, problems)
    return entries


def _one_job(root: Mapping, problems: Problems) -> Mapping:
    """A file of steps with a `queue` or `server`: its one job, and the rest of the root."""
    job: Entries = [(_named("job", root.entries[0][0]), Scalar(ONLY_JOB, root.position))]
    rest: Entries = []
    place = root.entries[0][0]
    for key, value in root.entries:
        if key.value in ("queue", "server"):
            _deprecated(key, f"`{key.value}` is deprecated", "write `pool`", problems)
            job += _where(key, value, problems)
        elif key.value in ("steps", "continueOnError"):
            place = key
            job.append((key, value))
        else:
            rest.append((key, value))
    _one_of_two(root, problems)
    jobs = Sequence((Mapping(tuple(job), root.position),), root.position)
    return Mapping((*rest, (_named("jobs", place), jobs)), root.position)


def _where(key: Scalar, value: Node, problems: Problems) -> Entries:
    """`queue` or `server` as the keys of a job: pool, strategy, timeouts."""
    server = key.value == "server"
    found: dict[str, Node] = {}
    if isinstance(value, Mapping):
        found = fields(value, schema.PHASE_SERVER if server else schema.QUEUE, problems)
    entries: Entries = [(_named(name, key), found[name]) for name in _OF_THE_JOB if name in found]
    pool = _part(key, found, _OF_THE_POOL)
    if server:
        entries.append((_named("pool", key), Scalar(schema.SERVER, key.position)))
    elif isinstance(value, Scalar) and not is_empty(value):
        entries.append((_named("pool", key), value))
    elif pool is not None:
        entries.append((_named("pool", key), pool))
    if "matrix" in found and "parallel" in found:  # beside a matrix, the older word for how many run at once
        found["maxParallel"] = found.pop("parallel")
    strategy = _part(key, found, _OF_THE_STRATEGY)
    return entries if strategy is None else [*entries, (_named("strategy", key), strategy)]


def _part(key: Scalar, found: dict[str, Node], names: tuple[str, ...]) -> Mapping | None:
    entries = tuple((_named(name, key), found[name]) for name in names if name in found)
    return Mapping(entries, key.position) if entries else None


def _one_of_two(owner: Mapping, problems: Problems) -> None:
    keys = [key for key, _ in owner.entries if key.value in ("queue", "server")]
    if len(keys) > 1:
        problems.error(keys[1], "either `queue` or `server`, not both", code="conflicting-keys")


def _named(name: str, at: Scalar) -> Scalar:
    return Scalar(name, at.position)


def _deprecated(at: Scalar, message: str, hint: str, problems: Problems) -> None:
    problems.warning(at, message, code="deprecated", hint=hint)
