"""Identifiers: the other thing that tests must own."""

from __future__ import annotations

import secrets
import uuid
from typing import Protocol


class Ids(Protocol):
    """Makes identifiers that nobody else has."""

    def guid(self) -> str:
        """A new GUID, lower case with dashes, as Azure writes them."""
        ...

    def token(self) -> str:
        """A new unguessable token of at least 256 bits, safe in a URL and a header."""
        ...


class RandomIds:
    """Identifiers from the operating system's randomness."""

    def guid(self) -> str:
        """A random GUID."""
        return str(uuid.uuid4())

    def token(self) -> str:
        """A random URL-safe token of 256 bits. It begins with no dash, or programs would take it for an option."""
        while (made := secrets.token_urlsafe(32)).startswith("-"):
            pass
        return made
