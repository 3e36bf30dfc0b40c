"""What an endpoint and a deployment must be. Pure.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-endpoint-online
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.view.api.azure.arm.bodies import checked_body, object_at, text_at, texts_at, whole_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

AUTH_MODES = ("Key", "AMLToken", "AADToken")
_WHOLE, _MIRROR = 100, 50
_TEXTS = ("tags", "properties")


def endpoint_body(body: Mapping[str, Any], *, batch: bool = False) -> tuple[dict[str, Any], dict[str, str]]:
    """The body of an endpoint as it is kept, and the keys that its maker chose. Raises UserError."""
    kept = checked_body(body, _TEXTS)
    properties = kept["properties"]
    said = text_at(properties, "authMode") or ("AADToken" if batch else "Key")
    mode = next((each for each in AUTH_MODES if each.lower() == said.lower()), "")
    if not mode:
        raise UserError(f"authMode is '{said[:40]}': it must be one of {', '.join(AUTH_MODES)}")
    keys = texts_at(properties, "keys")
    properties.pop("keys", None)
    properties["authMode"] = mode
    text_at(properties, "defaults", "deploymentName")
    return kept, {name: value for name, value in keys.items() if name in ("primaryKey", "secondaryKey") and value}


def check_traffic(properties: Mapping[str, Any], deployments: Collection[str]) -> None:
    """Raises UserError unless traffic goes to deployments that are there, and all of it or none."""
    shares = _shares(properties, "traffic", deployments)
    if sum(shares.values()) not in (0, _WHOLE):
        raise UserError(f"traffic adds up to {sum(shares.values())} percent: it must be 0 or 100")
    mirrored = _shares(properties, "mirrorTraffic", deployments)
    if len(mirrored) > 1 or sum(mirrored.values()) > _MIRROR:
        raise UserError("mirrorTraffic may name one deployment, with at most 50 percent")
    if any(shares.get(name) for name in mirrored):
        raise UserError("a deployment cannot have traffic and mirrorTraffic")


def _shares(properties: Mapping[str, Any], key: str, deployments: Collection[str]) -> dict[str, int]:
    given = object_at(properties, key)
    shares = {name: whole_at(given, name) for name in given}
    for name, share in shares.items():
        if name not in deployments and share:
            known = ", ".join(sorted(deployments)) or "none"
            raise UserError(f"{key} names '{name[:80]}', which is no deployment of this endpoint ({known})")
    return shares


def deployment_body(body: Mapping[str, Any], *, batch: bool = False) -> dict[str, Any]:
    """The body of a deployment as it is kept. Raises UserError."""
    kept = checked_body(body, _TEXTS)
    properties = kept["properties"]
    for name in ("environmentId", "instanceType", "compute"):
        text_at(properties, name)
    if isinstance(properties.get("model"), dict):
        text_at(properties, "model", "assetId")
    elif not batch:
        text_at(properties, "model")
    text_at(properties, "codeConfiguration", "codeId")
    texts_at(properties, "environmentVariables")
    if not batch:
        sku = object_at(kept, "sku")
        kept["sku"] = {"name": "Default", **sku, "capacity": whole_at(kept, "sku", "capacity", default=1) or 1}
        properties["endpointComputeType"] = text_at(properties, "endpointComputeType") or "Managed"
        properties["scaleSettings"] = object_at(properties, "scaleSettings") or {"scaleType": "Default"}
    return kept
