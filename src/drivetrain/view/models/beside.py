"""What views ask of models beside the registry's own port: lines, and versions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.errors import NotFoundError
from drivetrain.view.answers.metrics import Beside, Direction, direction_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from drivetrain.registry.versions.model import LineageNode, ModelVersion, Promotion


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


def _names(one: Mapping[str, object], two: Mapping[str, object]) -> list[str]:
    return sorted({*one, *two})


def _metric(name: str, one: ModelVersion, two: ModelVersion) -> MetricBeside:
    said = {**one.directions, **two.directions}.get(name, "")
    direction = Direction(said) if said else direction_of(name, {})
    before, now = one.metrics.get(name), two.metrics.get(name)
    mark = "" if now is None else str(Beside(name, now, before, direction).mark)
    return MetricBeside(name, before, now, str(direction), mark)


class Lineages(Protocol):
    """Draws lines from commits to what is live."""

    def of(self, text: str) -> Sequence[LineageNode]:
        """Of a model, a version or a commit: one tree for each commit. Raises NotFoundError, UserError."""
        ...


class NoModels:
    """Models, and their lines, where there are none."""

    def look(self) -> int:
        """Nothing is new."""
        return 0

    def names(self) -> Sequence[str]:
        """None."""
        return ()

    def versions(self, name: str) -> Sequence[ModelVersion]:
        """Raises NotFoundError."""
        raise NotFoundError(f"there is no model '{name}'")

    def find(self, reference: str) -> ModelVersion:
        """Raises NotFoundError."""
        raise NotFoundError(f"there is no model '{reference}'")

    def files(self, version: ModelVersion) -> Path:
        """Raises NotFoundError."""
        raise NotFoundError(f"there are no files of {version.reference}")

    def set_alias(
        self, name: str, alias: str, version: str, *, by: str, run_id: int | None = None, reason: str = ""
    ) -> Promotion:
        """Raises NotFoundError."""
        del alias, version, by, run_id, reason
        raise NotFoundError(f"there is no model '{name}'")

    def promotions(self, name: str = "", *, limit: int = 200) -> Sequence[Promotion]:
        """None."""
        del name, limit
        return ()

    def of(self, text: str) -> Sequence[LineageNode]:
        """Raises NotFoundError."""
        raise NotFoundError(f"there is nothing of '{text}'")
