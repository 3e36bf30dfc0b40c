"""Tasks named in a file, against Azure's own tasks and those that run here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.official import OfficialTask, official_names, official_task
from drivetrain.definition.shape import closest, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.definition.model import Step, TaskInfo, Text
    from drivetrain.definition.problems import Problems

_REFERENCE = re.compile(r"(?P<name>[^@\s]+)@(?P<major>\d{1,6})(\.\d+\.\d+)?\Z")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_LATE = re.compile(r"\$\(|\$\[|\$\{\{")
_PARTIAL = re.compile(r"[^@\s]+@\d+\.[\d.]*\Z")
_EXTENSION = (
    "it may come from an extension; by its full name, publisher.extension.contribution.task@1, it is not looked up"
)
_NEAR = 0.8
"""How alike names must be: many tasks of extensions are called a little like one of Azure's."""


class Tasks:
    """Looks tasks and their inputs up, ignoring case as Azure does."""

    def __init__(self, known: Mapping[str, TaskInfo], problems: Problems) -> None:
        self._known = {reference.lower(): info for reference, info in known.items()}
        self._spelled = {reference.lower(): reference for reference in known}
        self._problems = problems

    def check(self, step: Step) -> None:
        """Report a task that is malformed, not there or deprecated, and what is wrong with its inputs.

        Where a short name is unknown, that is a warning: it may come from an extension. The full version of a task,
        `GoTool@0.3.1`, stands for its major version. https://learn.microsoft.com/azure/devops/pipelines/process/tasks
        """
        match = _REFERENCE.match(step.subject.value)
        if match is None:
            message = f"'{shown(step.subject.value)}' is not a task and its major version, such as Bash@3"
            hint = "name the major version, or all of it: Bash@3.1.0" if _PARTIAL.match(step.subject.value) else ""
            self._problems.error(step.subject, message, code="wrong-task", hint=hint)
            return
        task = self._find(f"{match['name']}@{match['major']}")
        if task is not None:
            self._deprecated(step, task)
            _Inputs(step, task, self._problems).check()
        elif "." not in match["name"] and not _GUID.match(match["name"]):
            self._unknown(step, match["name"])

    def _find(self, reference: str) -> _Task | None:
        lower = reference.lower()
        official, info = official_task(lower), self._known.get(lower)
        if official is None and info is None:
            return None
        return _task(official_names().get(lower) or self._spelled[lower], official or OfficialTask(), info)

    def _unknown(self, step: Step, name: str) -> None:
        references = {**self._spelled, **official_names()}
        prefix = f"{name.lower()}@"
        versions = [spelled for lower, spelled in references.items() if lower.startswith(prefix)]
        if versions:
            message = f"there is no task '{shown(step.subject.value)}'"
            hint = f"there is {' and '.join(sorted(versions, key=_version))}"
            self._problems.error(step.subject, message, code="unknown-version", hint=hint)
            return
        hint = _near(name, {spelled.rsplit("@", 1)[0] for spelled in references.values()}) or _EXTENSION
        message = f"task '{shown(step.subject.value)}' is not one of Azure's own"
        self._problems.warning(step.subject, message, code="unknown-task", hint=hint)

    def _deprecated(self, step: Step, task: _Task) -> None:
        if task.deprecated is not None:
            hint = task.deprecated or "its author names nothing instead of it"
            if task.official.deprecated is not None:
                official = task.official.deprecated
                hint = f"use {official}" if official else "Azure names nothing instead of it"
            self._problems.warning(step.subject, f"task {task.reference} is deprecated", code="deprecated", hint=hint)


class _Task(Struct, frozen=True):
    """A task that was found: what Azure and what we know of it, put together."""

    reference: str
    official: OfficialTask
    canonical: Mapping[str, str]
    """Every name of every input in lower case -> the input."""
    required: frozenset[str]
    values: Mapping[str, tuple[str, ...]]
    deprecated: str | None


def _task(reference: str, official: OfficialTask, info: TaskInfo | None) -> _Task:
    canonical = {name.lower(): name for name in official.inputs.split()}
    canonical.update({alias.lower(): name for alias, name in official.aliases.items()})
    required, values, deprecated = set(official.required.split()), dict(official.values), official.deprecated
    if info is not None:
        own = {name.lower(): name for name in info.required | info.optional}
        own.update({alias.lower(): name for alias, name in info.aliases.items()})
        same = {name: canonical[lower] for lower, name in own.items() if lower in canonical}
        canonical.update({lower: same.get(name, name) for lower, name in own.items() if lower not in canonical})
        required |= {same.get(name, name) for name in info.required}
        values |= {same.get(name, name): allowed for name, allowed in info.values.items()}
        deprecated = info.deprecated if deprecated is None else deprecated
    return _Task(reference, official, canonical, frozenset(required), values, deprecated)


class _Inputs:
    """The inputs of one step against those of its task."""

    def __init__(self, step: Step, task: _Task, problems: Problems) -> None:
        self._step = step
        self._task = task
        self._problems = problems

    def check(self) -> None:
        given: dict[str, str] = {}
        for key in self._step.input_keys:
            name = self._task.canonical.get(key.value.lower())
            if name is None:
                self._unknown(key)
            elif name in given:
                message = (
                    f"'{shown(key.value)}' and '{shown(given[name])}' are the same input of {self._task.reference}"
                )
                self._problems.error(key, message, code="duplicate-key")
            else:
                given[name] = key.value
                self._value(key, name)
        if self._problems.refused:
            return  # What was refused may have held the missing input.
        for name in sorted(self._task.required - given.keys()):
            message = f"task {self._task.reference} needs the input '{name}'"
            self._problems.error(self._step.subject, message, code="missing-input")

    def _unknown(self, key: Text) -> None:
        """A warning only: Azure hands the task what it does not know, and the task does not look at it."""
        names = sorted(set(self._task.canonical.values()), key=str.lower)
        message = f"task {self._task.reference} has no input '{shown(key.value)}'; it is not looked at"
        takes = f"it takes: {', '.join(names)}" if names else "it takes no inputs"
        hint = closest(key.value, self._names()) or takes
        self._problems.warning(key, message, code="unknown-input", hint=hint)

    def _names(self) -> Iterator[str]:
        yield from self._task.canonical.values()
        yield from self._task.official.aliases

    def _value(self, key: Text, name: str) -> None:
        """What holds a macro or an expression is known only at run time; nothing at all is the default."""
        value, allowed = self._step.inputs.get(key.value), self._task.values.get(name)
        if value is None or allowed is None or not value.value.strip() or _LATE.search(value.value):
            return
        if value.value.strip().lower() not in {word.lower() for word in allowed}:
            message = (
                f"'{shown(value.value)}' is not a value of the input '{shown(key.value)}' of {self._task.reference}"
            )
            hint = closest(value.value, allowed) or f"it takes: {', '.join(allowed)}"
            self._problems.warning(value, message, code="wrong-value", hint=hint)


def _near(name: str, names: set[str]) -> str:
    import difflib  # noqa: PLC0415 - needed only for files with mistakes

    by_lower = {known.lower(): known for known in names}
    near = difflib.get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=_NEAR)
    return f"did you mean '{by_lower[near[0]]}'?" if near else ""


def _version(reference: str) -> int:
    return int(reference.rsplit("@", 1)[1])
