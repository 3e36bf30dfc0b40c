"""Parameters and metrics of two versions side by side, for the command line, the API and the pages. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.record.tracking.model import DIRECTION_TAGS
from drivetrain.view.answers.metrics import Beside, Direction, direction_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.versions.model import ModelVersion


class ParamBeside(Struct, frozen=True):
    """A parameter of two versions; None where one has none."""

    name: str
    one: str | None
    two: str | None

    @property
    def same(self) -> bool:
        """Whether both have the same."""
        return self.one == self.two


class MetricBeside(Struct, frozen=True):
    """A metric of two versions."""

    name: str
    one: float | None
    two: float | None
    direction: str
    """`min`, `max`, or empty when nobody knows which way it is to go."""
    mark: str
    """How the second stands to the first: `better`, `worse`, `same`, or empty."""


class Comparison(Struct, frozen=True):
    """Two versions side by side."""

    one: ModelVersion
    two: ModelVersion
    params: tuple[ParamBeside, ...]
    metrics: tuple[MetricBeside, ...]


def compare(one: ModelVersion, two: ModelVersion) -> Comparison:
    """All parameters and metrics that either has."""
    params = (ParamBeside(name, one.params.get(name), two.params.get(name)) for name in _names(one.params, two.params))
    metrics = (_metric(name, one, two) for name in _names(one.metrics, two.metrics))
    return Comparison(one, two, tuple(params), tuple(metrics))


def _direction(name: str, one: ModelVersion, two: ModelVersion) -> Direction:
    """Which way it is to go: as either has said, the second before the first."""
    said = {**one.directions, **two.directions}.get(name, "")
    return direction_of(name, {f"{DIRECTION_TAGS}{name}": said})


def _names(one: Mapping[str, object], two: Mapping[str, object]) -> list[str]:
    return sorted({*one, *two})


def _metric(name: str, one: ModelVersion, two: ModelVersion) -> MetricBeside:
    direction = _direction(name, one, two)
    before, now = one.metrics.get(name), two.metrics.get(name)
    mark = "" if now is None else str(Beside(name, now, before, direction).mark)
    return MetricBeside(name, before, now, str(direction), mark)
