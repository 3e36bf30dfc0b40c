"""Online endpoints: bodies of REST <-> values of serving. Pure.

https://learn.microsoft.com/rest/api/azureml/online-endpoints/create-or-update
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.serve.model import AuthMode
from drivetrain.view.api.azure.arm.bodies import checked_body, merged, object_at, text_at, texts_at, whole_at
from drivetrain.view.api.azure.arm.shapes import described, system_data
from drivetrain.view.api.azure.arm.workspace_shape import LOCATION

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace
    from drivetrain.serve.model import Endpoint

AUTH = {"Key": AuthMode.KEY, "AMLToken": AuthMode.ISSUED, "AADToken": AuthMode.ENTRA}
_WRITTEN = {mode: word for word, mode in AUTH.items()}
_WHOLE, _MIRROR = 100, 50
_TEXTS = ("tags", "properties")
_KEYS = {"primaryKey": "primary", "secondaryKey": "secondary"}
_KEPT = ("description", "properties", "publicNetworkAccess", "compute")
"""Of the properties of an endpoint, those that only its makers read."""


class EndpointAsked(Struct, frozen=True):
    """What a client says of an endpoint."""

    auth: AuthMode
    traffic: Mapping[str, int]
    mirror: Mapping[str, int]
    keys: Mapping[str, str]
    """The keys that its maker chose, by `primary` and `secondary`."""
    body: Mapping[str, Any]


def endpoint_asked(body: Mapping[str, Any]) -> EndpointAsked:
    """The endpoint that a body describes. Raises UserError."""
    kept = checked_body(body, _TEXTS)
    properties = kept.pop("properties")
    keys = texts_at(properties, "keys")
    for name in ("publicNetworkAccess", "compute"):
        text_at(properties, name)
    kept["properties"] = {name: properties[name] for name in _KEPT if properties.get(name) is not None}
    return EndpointAsked(
        auth=_auth(text_at(properties, "authMode")),
        traffic=_shares(properties, "traffic"),
        mirror=_shares(properties, "mirrorTraffic"),
        keys={_KEYS[name]: value for name, value in keys.items() if name in _KEYS and value},
        body=kept,
    )


def _auth(said: str) -> AuthMode:
    for word, mode in AUTH.items():
        if word.lower() == (said or "Key").lower():
            return mode
    raise UserError(f"authMode is '{said[:40]}': it must be one of {', '.join(AUTH)}")


def _shares(properties: Mapping[str, Any], key: str) -> dict[str, int]:
    given = object_at(properties, key)
    return {name: share for name in given if (share := whole_at(given, name))}


def check_shares(traffic: Mapping[str, int], mirror: Mapping[str, int], deployments: list[str]) -> None:
    """Raises UserError unless traffic goes to deployments that are there, and all of it or none, and a mirror is what
    Azure allows. https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints
    """
    known = {name.lower() for name in deployments}
    for key, shares in (("traffic", traffic), ("mirrorTraffic", mirror)):
        for name in shares:
            if name.lower() not in known:
                there = ", ".join(sorted(deployments)) or "none"
                raise UserError(f"{key} names '{name[:80]}', which is no deployment of this endpoint ({there})")
    if sum(traffic.values()) not in (0, _WHOLE):
        raise UserError(f"traffic adds up to {sum(traffic.values())} percent: it must be 0 or 100")
    if len(mirror) > 1 or sum(mirror.values()) > _MIRROR:
        raise UserError("mirrorTraffic may name one deployment, with at most 50 percent")
    if {name.lower() for name in mirror} & {name.lower() for name in traffic}:
        raise UserError("a deployment cannot have traffic and mirrorTraffic")


def endpoint_body(endpoint: Endpoint) -> dict[str, Any]:
    """All that a client may say of an endpoint, as it is now: what a PATCH is merged into."""
    properties = {
        **endpoint.body.get("properties", {}),
        "authMode": _WRITTEN[endpoint.auth],
        "traffic": dict(endpoint.traffic),
        "mirrorTraffic": dict(endpoint.mirror),
    }
    return {**endpoint.body, "properties": properties}


def endpoint_patched(endpoint: Endpoint, patch: Mapping[str, Any]) -> dict[str, Any]:
    """The body after a patch. Traffic is replaced, also by none: azureml-mlflow clears it before it deletes."""
    found = merged(endpoint_body(endpoint), patch)
    properties = object_at(patch, "properties")
    for key in ("traffic", "mirrorTraffic"):
        if properties.get(key) is not None:
            given = object_at(properties, key)
            found["properties"][key] = {name: share for name, share in given.items() if share is not None}
    return found


def endpoint_shown(workspace: Workspace, endpoint: Endpoint, address: str) -> dict[str, Any]:
    """An endpoint as clients read it. `address` is where its front answers."""
    whole = endpoint_body(endpoint)
    properties = whole["properties"]
    properties = {
        **properties,
        "provisioningState": "Succeeded",
        "scoringUri": f"{address}/score",
        "swaggerUri": f"{address}/swagger.json",
        "publicNetworkAccess": properties.get("publicNetworkAccess") or "Enabled",
        "properties": {**properties.get("properties", {}), "azureml.onlineendpointid": _path(workspace, endpoint)},
    }
    system = system_data(endpoint.created_at, endpoint.created_by, endpoint.updated_at)
    body = {"location": LOCATION, "tags": {}, "kind": None, **whole}
    return described(workspace, f"onlineEndpoints/{endpoint.name}", body, properties, system)


def _path(workspace: Workspace, endpoint: Endpoint) -> str:
    return f"{workspace.path}/onlineEndpoints/{endpoint.name}".lower()
