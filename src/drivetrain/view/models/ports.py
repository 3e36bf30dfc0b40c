"""What the pages of models need from outside. Every text in it is hostile: views escape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.gates.ports import Verdicts
    from drivetrain.registry.versions.model import LineageNode
    from drivetrain.registry.versions.ports import Models


class Lineages(Protocol):
    """Draws lines from commits to what is live."""

    def of(self, text: str) -> Sequence[LineageNode]:
        """Of a model, a version or a commit: one tree for each commit. Raises NotFoundError, UserError."""
        ...


class Registry(Struct, frozen=True):
    """The models of a home, and what gates have said of them."""

    models: Models
    verdicts: Verdicts
    lineages: Lineages | None = None
