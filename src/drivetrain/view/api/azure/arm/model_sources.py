"""Whose files a model may be made of: addresses that MLflow is to keep are judged as those of its own clients are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.view.api.azure.identity.model import PrincipalKind
from drivetrain.view.api.mlflow.isolation import Isolation
from drivetrain.view.api.mlflow.ownership import Ownership

if TYPE_CHECKING:
    from drivetrain.record.tracking.service import Tracking
    from drivetrain.view.api.azure.identity.model import Principal

_VERSIONS = "/api/2.0/mlflow/model-versions/create"


async def check_source(tracking: Tracking, who: Principal, uri: str) -> None:
    """Raises NotFoundError when they are another project's: who may read a model may read its files, and serve them."""
    if who.kind is PrincipalKind.OWNER:
        return
    asked = json.dumps({"source": uri}).encode()
    verdict = await Isolation(Ownership(tracking)).verdict(who.project, "POST", _VERSIONS, b"", asked)
    if verdict.reason:
        raise NotFoundError(f"modelUri: {verdict.reason}")
