"""Whether a model that was made again is the same: its metrics, parameters, environment, data, and each of its files.

Pure. What is written anew into every file of a kind (ids, the time, addresses in memory) is no difference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.registry.versions.model import ModelVersion

NEW_EACH_TIME = ("run_id", "model_uuid", "model_id", "utc_time_created", "artifact_path", "model_size_bytes")
"""Keys of `MLmodel` that say nothing of the model."""
NOT_OF_THE_MODEL = frozenset({"registered_model_meta"})
"""MLflow writes the name and the version into it."""
MLMODEL = "MLmodel"


class CannotError(UserError):
    """A version cannot be made again; the message says why."""


def cannot(version: ModelVersion, why: str, hint: str = "") -> CannotError:
    """The error that a version cannot be made again."""
    return CannotError(f"{version.reference} cannot be made again: {why}", hint=hint)


class Difference(Struct, frozen=True):
    """Something that is not as it was."""

    kind: str
    """`metric`, `parameter`, `package`, `python`, `data`, `file`."""
    name: str
    before: str
    now: str
    counts: bool = True
    """Whether the model is another one by it: metrics and files say so, the others may explain it."""


class Tolerance(Struct, frozen=True):
    """How far a metric may be off."""

    absolute: float = 0.0
    relative: float = 0.0

    def same(self, before: float, now: float) -> bool:
        """Whether two values count as one."""
        if math.isnan(before) or math.isnan(now):
            return math.isnan(before) and math.isnan(now)
        return before == now or math.isclose(before, now, rel_tol=self.relative, abs_tol=self.absolute)


def differences(
    before: ModelVersion,
    now: ModelVersion,
    tolerance: Tolerance,
    alike: Callable[[str], bool],
) -> list[Difference]:
    """All of them, those that count first. `alike`: whether two files of a name, which are not equal, say the same."""
    found = [*_metrics(before, now, tolerance), *_files(before, now, alike)]
    found += _texts("parameter", before.params, now.params)
    if before.python != now.python:
        found.append(Difference("python", "", before.python, now.python, counts=False))
    found += _texts("package", before.packages, now.packages)
    found += _texts("data", _data(before), _data(now))
    return sorted(found, key=lambda each: not each.counts)


def _metrics(before: ModelVersion, now: ModelVersion, tolerance: Tolerance) -> list[Difference]:
    found = []
    for name in sorted({*before.metrics, *now.metrics}):
        was, is_ = before.metrics.get(name), now.metrics.get(name)
        if was is None or is_ is None or not tolerance.same(was, is_):
            found.append(Difference("metric", name, _number(was), _number(is_)))
    return found


def _number(value: float | None) -> str:
    return "" if value is None else repr(value)


def _files(before: ModelVersion, now: ModelVersion, alike: Callable[[str], bool]) -> list[Difference]:
    found = []
    for name in sorted({*before.files, *now.files} - NOT_OF_THE_MODEL):
        was, is_ = before.files.get(name, ""), now.files.get(name, "")
        if was != is_ and not (was and is_ and alike(name)):
            found.append(Difference("file", name, was, is_))
    return found


def lasting(said: Mapping[str, object]) -> dict[str, object]:
    """What an `MLmodel` says of the model."""
    return {key: value for key, value in said.items() if key not in NEW_EACH_TIME}


def _texts(kind: str, before: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    names = sorted({*before, *now})
    return [
        Difference(kind, name, before.get(name, ""), now.get(name, ""), counts=False)
        for name in names
        if before.get(name) != now.get(name)
    ]


def _data(version: ModelVersion) -> dict[str, str]:
    return {f"{each.name} {each.context}".strip(): each.digest for each in version.data}
