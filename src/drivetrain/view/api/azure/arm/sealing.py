"""Secrets of what a workspace holds: sealed by the home's vault, in the body, and never shown with it.

A change of the vault's key seals them anew where they lie (store/rotation.py).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.model import Asset
    from drivetrain.run.ports import Vault

SEALED = "sealed"
"""The key of a body that holds them."""


def with_secrets(vault: Vault, body: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    """The body, holding these secrets sealed."""
    return {**body, SEALED: vault.seal(json.dumps(secrets))} if secrets else dict(body)


def secrets_of(vault: Vault, asset: Asset) -> dict[str, Any]:
    """The secrets of an asset; none when it was made without. Raises CorruptError."""
    sealed = asset.body.get(SEALED)
    found: dict[str, Any] = json.loads(vault.open(sealed)) if isinstance(sealed, str) else {}
    return found
