"""Signing in with official clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_azure_identity_finds_the_managed_identity(client: Callable[..., Any]) -> None:
    assert client("ml", "default_credential.py") == {"parts": 2}
