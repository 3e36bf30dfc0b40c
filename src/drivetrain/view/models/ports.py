"""What the pages of models need from outside. Every text in it is hostile: views escape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from drivetrain.registry.gates.ports import Verdicts
    from drivetrain.registry.versions.ports import Models


class Registry(Struct, frozen=True):
    """The models of a home, and what gates have said of them."""

    models: Models
    verdicts: Verdicts
