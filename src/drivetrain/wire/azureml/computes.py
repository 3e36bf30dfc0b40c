"""How many nodes computes have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.registry.model import AssetKind
from drivetrain.view.api.azure.arm.compute_shape import CLUSTER, DEFAULTS

if TYPE_CHECKING:
    from drivetrain.registry.ports import Assets


def capacity(assets: Assets, compute: str) -> int:
    """How many nodes a compute has, by `WORKSPACE-ID/NAME`. Raises NotFoundError."""
    workspace, _, name = compute.partition("/")
    try:
        properties = assets.get(workspace, AssetKind.COMPUTE, name).body.get("properties", {})
    except NotFoundError:
        if name not in DEFAULTS:
            raise NotFoundError(f"there is no compute '{name[:100]}'") from None
        properties = DEFAULTS[name]
    if properties.get("computeType") != CLUSTER:
        return 1
    most = ((properties.get("properties") or {}).get("scaleSettings") or {}).get("maxNodeCount", 1)
    return most if isinstance(most, int) else 1
