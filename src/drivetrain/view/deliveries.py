"""Deliveries of webhooks where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.source.model import SourceEvent
    from drivetrain.source.webhooks.model import Delivery


class NoDeliveries:
    """What views ask of deliveries, where no host delivers."""

    def recent(self, project_id: int | None = None, limit: int = 50, state: str | None = None) -> Sequence[Delivery]:
        """There is none."""
        del project_id, limit, state
        return ()

    def get(self, delivery_id: int) -> Delivery:
        """There is none. Raises NotFoundError."""
        raise NotFoundError(f"there is no delivery {delivery_id}", hint="no host delivers here")

    def events(self, delivery_id: int) -> Sequence[SourceEvent]:
        """There is none."""
        del delivery_id
        return ()

    def replay(self, delivery_id: int) -> Delivery:
        """There is none. Raises NotFoundError."""
        return self.get(delivery_id)
