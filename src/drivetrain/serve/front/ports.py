"""What a front asks of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from drivetrain.serve.model import Endpoint, Wanted


class Tokens(Protocol):
    """Knows the tokens of `aml_token` and `aad_token` endpoints. May be slow: it is asked on a thread, and its word is
    kept until the token expires.
    """

    def allows(self, token: str, endpoint: Endpoint) -> float:
        """Until when it may ask this endpoint: seconds since 1970; 0 when it may not."""
        ...


class Read(Protocol):
    """Reads what the front has to do. Called on a thread."""

    def __call__(self) -> Wanted:
        """All of it. Raises NotFoundError when the endpoint is no more."""
        ...
