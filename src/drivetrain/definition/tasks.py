"""Tasks named in a file, against the tasks that can run here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.shape import closest, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import Step, TaskInfo, Text
    from drivetrain.definition.problems import Problems

_REFERENCE = re.compile(r"(?P<name>[^@\s]+)@(?P<version>\d{1,6})\Z")
_FULL_VERSION = re.compile(r"[^@\s]+@\d+(\.\d+)+\Z")


class Tasks:
    """Looks tasks and their inputs up, ignoring case as Azure does."""

    def __init__(self, known: Mapping[str, TaskInfo], problems: Problems) -> None:
        self._known = {reference.lower(): info for reference, info in known.items()}
        self._names = sorted(known)
        self._problems = problems

    def check(self, step: Step) -> None:
        """Report a task that is malformed or not there, inputs that it does not take, and those that it misses."""
        reference = step.subject.value
        match = _REFERENCE.match(reference)
        if match is None:
            self._malformed(step)
            return
        info = self._known.get(reference.lower())
        if info is None:
            self._unknown(step, match["name"])
            return
        self._check_inputs(step, info)

    def _unknown_input(self, key: Text, info: TaskInfo) -> None:
        """A warning only: Azure hands the task what it does not know, and the task does not look at it."""
        names = sorted({*info.required, *info.optional, *info.aliases})
        message = f"task {info.name}@{info.version} has no input '{shown(key.value)}'; it is not looked at"
        hint = closest(key.value, names) or f"it takes: {', '.join(names)}"
        self._problems.warning(key, message, code="unknown-input", hint=hint)

    def _malformed(self, step: Step) -> None:
        message = f"'{shown(step.subject.value)}' is not a task and its major version, such as Bash@3"
        hint = "name the major version only" if _FULL_VERSION.match(step.subject.value) else ""
        self._problems.error(step.subject, message, code="wrong-task", hint=hint)

    def _unknown(self, step: Step, name: str) -> None:
        message = f"task '{shown(step.subject.value)}' is not available in Drivetrain yet"
        versions = [known for known in self._names if known.lower().startswith(f"{name.lower()}@")]
        hint = f"here there is {' and '.join(versions)}" if versions else closest(name, self._short_names())
        listing = "" if hint else f"here there are: {', '.join(self._names)}"
        self._problems.error(step.subject, message, code="unknown-task", hint=hint or listing)

    def _short_names(self) -> list[str]:
        return [known.rsplit("@", 1)[0] for known in self._names]

    def _check_inputs(self, step: Step, info: TaskInfo) -> None:
        names = info.required | info.optional
        canonical = {name.lower(): name for name in names}
        canonical.update({alias.lower(): name for alias, name in info.aliases.items()})
        given: dict[str, str] = {}
        for key in step.input_keys:
            name = canonical.get(key.value.lower())
            if name is None:
                self._unknown_input(key, info)
            elif name in given:
                message = f"'{shown(key.value)}' and '{shown(given[name])}' are the same input of {info.name}"
                self._problems.error(key, message, code="duplicate-key")
            else:
                given[name] = key.value
        for name in sorted(info.required - given.keys()):
            message = f"task {info.name}@{info.version} needs the input '{name}'"
            self._problems.error(step.subject, message, code="missing-input")
