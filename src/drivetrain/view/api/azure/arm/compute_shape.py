"""Computes: checked as they come in, and as clients read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.view.api.azure.arm.bodies import checked_body, object_at, text_at, whole_at
from drivetrain.view.api.azure.arm.shapes import described, system_of
from drivetrain.view.api.azure.arm.workspace_shape import LOCATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.model import Asset, Workspace

CLUSTER, INSTANCE = "AmlCompute", "ComputeInstance"
_ATTACHED = ("VirtualMachine", "Kubernetes", "SynapseSpark")
_SECRETS = ("adminUserPassword", "password", "privateKeyData", "adminUserSshPublicKey", "key", "token")
DEFAULTS: dict[str, dict[str, Any]] = {
    "cpu-cluster": {"computeType": CLUSTER, "properties": {"vmSize": "Standard_DS3_v2"}},
}
"""What every workspace has from the start: the name that nearly every example of Azure's own uses.
https://github.com/Azure/azureml-examples"""


def compute_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a compute as it is kept: without secrets. Raises UserError.

    https://learn.microsoft.com/rest/api/azureml/compute/create-or-update
    """
    kept = checked_body(body)
    properties = kept["properties"]
    kind = text_at(properties, "computeType")
    if kind in _ATTACHED:
        raise UserError(f"a compute of type {kind} cannot be attached here", hint=f"use {CLUSTER} or {INSTANCE}")
    if kind not in (CLUSTER, INSTANCE):
        raise UserError(f"computeType is '{kind[:40]}': it must be {CLUSTER} or {INSTANCE}")
    text_at(properties, "properties", "vmSize")
    if kind == CLUSTER:
        properties["properties"] = {**object_at(properties, "properties"), "scaleSettings": _scale(properties)}
    kept["properties"] = without_secrets(properties)
    return kept


def _scale(properties: Mapping[str, Any]) -> dict[str, Any]:
    given = object_at(properties, "properties", "scaleSettings")
    most, least = whole_at(given, "maxNodeCount", default=1), whole_at(given, "minNodeCount")
    if least > most:
        raise UserError(f"minNodeCount is {least}, which is more than maxNodeCount, {most}")
    idle = text_at(given, "nodeIdleTimeBeforeScaleDown") or "PT120S"
    return {"maxNodeCount": most, "minNodeCount": least, "nodeIdleTimeBeforeScaleDown": idle}


def without_secrets(value: Any) -> Any:
    """The same without passwords and keys: nothing here would use them."""
    if isinstance(value, dict):
        return {key: without_secrets(found) for key, found in value.items() if key not in _SECRETS}
    return [without_secrets(found) for found in value] if isinstance(value, list) else value


def compute_shown(workspace: Workspace, asset: Asset, address: str) -> dict[str, Any]:
    """The body of `GET {workspace}/computes/N`."""
    given = asset.body.get("properties", {})
    properties = {
        "computeLocation": asset.body.get("location") or LOCATION,
        "description": None,
        "resourceId": None,
        "disableLocalAuth": True,
        "isAttachedCompute": False,
        **given,
        "createdOn": asset.created_at,
        "modifiedOn": asset.updated_at,
        "provisioningState": "Succeeded",
        "provisioningErrors": None,
    }
    shape = _cluster if given.get("computeType") == CLUSTER else _instance
    properties["properties"] = shape(workspace, asset, address)
    body = {"location": LOCATION, "tags": {}, **asset.body}
    return described(workspace, f"computes/{asset.name}", body, properties, system_of(asset))


def _cluster(workspace: Workspace, asset: Asset, address: str) -> dict[str, Any]:
    del workspace, address
    given = asset.body["properties"].get("properties", {})
    states = ("idleNodeCount", "runningNodeCount", "preparingNodeCount", "unusableNodeCount", "leavingNodeCount")
    scale = {"maxNodeCount": 1, "minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": "PT120S"}
    return {
        "vmSize": "STANDARD_DS3_V2",
        "vmPriority": "Dedicated",
        "osType": "Linux",
        "isolatedNetwork": False,
        "remoteLoginPortPublicAccess": "NotSpecified",
        "enableNodePublicIp": True,
        "subnet": None,
        **given,
        "scaleSettings": {**scale, **given.get("scaleSettings", {})},
        "allocationState": "Steady",
        "allocationStateTransitionTime": asset.updated_at,
        "currentNodeCount": 0,
        "targetNodeCount": 0,
        "nodeStateCounts": {**dict.fromkeys(states, 0), "preemptedNodeCount": 0},
        "errors": None,
    }


def _instance(workspace: Workspace, asset: Asset, address: str) -> dict[str, Any]:
    given = asset.body["properties"].get("properties", {})
    path = f"{workspace.path}/computes/{asset.name}"
    return {
        "vmSize": "STANDARD_DS3_V2",
        "applicationSharingPolicy": "Shared",
        "computeInstanceAuthorizationType": "personal",
        "enableNodePublicIp": True,
        "state": "Running",
        **given,
        "sshSettings": {"sshPublicAccess": "Disabled", **given.get("sshSettings", {})},
        "applications": [{"displayName": "Studio", "endpointUri": f"{address}{path}"}],
        "createdBy": {"userName": asset.created_by, "userOrgId": workspace.id, "userId": workspace.id},
        "errors": [],
    }
