"""Where deliveries are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.source.webhooks.model import Delivery


class Deliveries(Protocol):
    """Every call is one transaction."""

    def keep(self, delivery: Delivery) -> int | None:
        """Keep a delivery (its `id` is given here); None when one of this link and guid is there already."""
        ...

    def pending(self, limit: int = 100) -> Sequence[Delivery]:
        """Those that wait, oldest first."""
        ...

    def finish(self, delivery_id: int, outcome: str) -> None:
        """It is done with; this came of it."""
        ...

    def replay(self, delivery_id: int) -> Delivery:
        """It waits again. Raises NotFoundError."""
        ...

    def get(self, delivery_id: int) -> Delivery:
        """One of them. Raises NotFoundError."""
        ...

    def recent(self, project_id: int | None = None, limit: int = 50) -> Sequence[Delivery]:
        """The newest first, of one project or all."""
        ...
