"""What a batch endpoint and its deployments must be. Pure.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-endpoint-batch
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.view.api.azure.arm.bodies import checked_body, text_at, texts_at

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTH_MODES = ("Key", "AMLToken", "AADToken")
_TEXTS = ("tags", "properties")


def endpoint_body(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The body of an endpoint as it is kept, and the keys that its maker chose. Raises UserError."""
    kept = checked_body(body, _TEXTS)
    properties = kept["properties"]
    said = text_at(properties, "authMode") or "AADToken"
    mode = next((each for each in AUTH_MODES if each.lower() == said.lower()), "")
    if not mode:
        raise UserError(f"authMode is '{said[:40]}': it must be one of {', '.join(AUTH_MODES)}")
    keys = texts_at(properties, "keys")
    properties.pop("keys", None)
    properties["authMode"] = mode
    text_at(properties, "defaults", "deploymentName")
    return kept, {name: value for name, value in keys.items() if name in ("primaryKey", "secondaryKey") and value}


def deployment_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a deployment as it is kept. Raises UserError."""
    kept = checked_body(body, _TEXTS)
    properties = kept["properties"]
    for name in ("environmentId", "instanceType", "compute"):
        text_at(properties, name)
    if isinstance(properties.get("model"), dict):
        text_at(properties, "model", "assetId")
    text_at(properties, "codeConfiguration", "codeId")
    texts_at(properties, "environmentVariables")
    return kept
