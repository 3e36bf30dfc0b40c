"""What keeps measures, and what is told of every request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.serve.measures.model import Exchange, Minute


class Minutes(Protocol):
    """Keeps what deployments have answered, by minute (contract: tests/contracts/test_minutes.py)."""

    def add(self, minutes: Sequence[Minute]) -> None:
        """Add these to what is kept of their minutes."""
        ...

    def of(self, endpoint: str, since: str, until: str = "") -> Sequence[Minute]:
        """Those of one endpoint from `since` on and before `until`, by time and deployment."""
        ...

    def thin_out(self, before: str) -> None:
        """Join the minutes before this moment to hours."""
        ...


class Observer(Protocol):
    """Is told of every request that a front has answered, on its event loop: it must be quick, and never wait."""

    def seen(self, exchange: Exchange) -> None:
        """This was answered."""
        ...
