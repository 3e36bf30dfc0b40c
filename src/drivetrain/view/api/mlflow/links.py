"""Addresses of artifacts for a client that has its own way to them: another spelling of the same places, in what it
sends and in what it is answered.
"""

from __future__ import annotations

from typing import Protocol

LINKS = "drivetrain.links"
"""The key of an ASGI scope under which whoever mounts the front says that a client has one."""


class Links(Protocol):
    """The two spellings."""

    def outward(self, content: bytes) -> bytes:
        """An answer of MLflow's in the client's spelling."""
        ...

    def inward(self, content: bytes) -> bytes:
        """A body of the client's in MLflow's spelling."""
        ...
