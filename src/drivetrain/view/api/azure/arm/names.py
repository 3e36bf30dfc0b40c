"""Names and versions of assets, checked as they come in with the path of a request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from drivetrain.registry.names import ASSET, checked


def asset_name(name: str) -> str:
    """The name of an asset, from the path of a request."""
    return checked("asset", ASSET, name)


def asset_version(version: str) -> str:
    """The version of an asset, from the path of a request."""
    return checked("version", ASSET, version)


NameOf = Annotated[str, Depends(asset_name)]
VersionOf = Annotated[str, Depends(asset_version)]
