"""What a service connection gives a client to sign in with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_SECRET = 6
"""Shorter values are words and numbers that messages may well hold."""
_TOKENS = ("accesstoken", "apitoken", "password")


class Credentials(Struct, frozen=True):
    """The scheme and the parameters of a service connection, opened. They are never shown, logged or kept."""

    scheme: str = ""
    """As the connection says: `PersonalAccessToken`, `Token`, `UsernamePassword`, `App`, ..."""
    parameters: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """A parameter, its name in any case; empty when there is none."""
        return next((value for each, value in self.parameters.items() if each.lower() == name.lower()), "")

    @property
    def token(self) -> str:
        """The token, whatever the scheme calls it: a password may be one as well."""
        return next((found for name in _TOKENS if (found := self.get(name))), "")

    @property
    def username(self) -> str:
        """Whose password it is; empty for a token that stands alone."""
        return self.get("username")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may hold."""
        values = (value for name, value in self.parameters.items() if name.lower() != "username")
        return tuple(value for value in values if len(value) >= SHORTEST_SECRET)

    def __repr__(self) -> str:
        return f"Credentials({self.scheme!r})"
