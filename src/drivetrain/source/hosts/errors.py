"""What a host may answer beside what was asked for."""

from __future__ import annotations

from drivetrain.errors import UnavailableError


class RateLimitedError(UnavailableError):
    """The host wants us to ask less often."""

    def __init__(self, message: str, *, hint: str = "", wait_seconds: float = 60.0) -> None:
        super().__init__(message, hint=hint)
        self.wait_seconds = wait_seconds
        """How long to wait before the next request."""
