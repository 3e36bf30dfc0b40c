"""Names and versions of assets, checked as they come in with the path of a request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from drivetrain.registry.names import asset_name, asset_version

NameOf = Annotated[str, Depends(asset_name)]
VersionOf = Annotated[str, Depends(asset_version)]
