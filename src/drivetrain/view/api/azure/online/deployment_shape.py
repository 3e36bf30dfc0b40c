"""Online deployments: bodies of REST <-> values of serving. Pure.

https://learn.microsoft.com/rest/api/azureml/online-deployments/create-or-update
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.serve.model import DeploymentSpec, Runtime
from drivetrain.view.api.azure.arm.bodies import checked_body, object_at, text_at, texts_at, whole_at
from drivetrain.view.api.azure.arm.shapes import described, system_data
from drivetrain.view.api.azure.arm.workspace_shape import LOCATION
from drivetrain.view.api.azure.online.settings_shape import (
    collection_of,
    probe_of,
    probe_shown,
    request_of,
    request_shown,
)

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace
    from drivetrain.serve.model import Deployment
    from drivetrain.view.api.azure.online.standing import Standing

RUNTIME, SLEEPS, COMMAND = "drivetrain.runtime", "drivetrain.sleeps_after", "drivetrain.command"
"""Properties of a deployment by which an Azure client says what Azure has no word for."""
TOLD = ("drivetrain.note", "drivetrain.runs_on", "drivetrain.problem")
"""Properties that we add; clients send back what they have read."""
_TEXTS = ("tags", "properties")
_NAMED = ("environmentId", "instanceType", "modelMountPath", "description", "endpointComputeType")
_IGNORED = {
    "appInsightsEnabled": "appInsightsEnabled has no meaning here: the endpoint's own page shows its figures",
    "modelMountPath": "modelMountPath is not heeded: AZUREML_MODEL_DIR says where the model is",
    "egressPublicNetworkAccess": "egressPublicNetworkAccess is not heeded: replicas reach what this machine reaches",
}
_KEPT = (
    *_NAMED,
    "appInsightsEnabled",
    "codeConfiguration",
    "containerResourceRequirements",
    "dataCollector",
    "egressPublicNetworkAccess",
    "model",
    "properties",
    "scaleSettings",
)
"""Of the properties of a deployment, those that only its makers read, or that are read again when it changes."""
_MOST_INSTANCES = 64


class DeploymentAsked(Struct, frozen=True):
    """What a client says of a deployment, before what it names is looked up."""

    spec: DeploymentSpec
    """All of it but the model, the code and the environment."""
    model: str
    """How it is named; empty for none."""
    environment: str
    code: str
    script: str
    """The scoring script, in the code."""
    command: tuple[str, ...]
    notes: tuple[str, ...]
    """What has no meaning here, for people."""


def deployment_asked(body: Mapping[str, Any]) -> DeploymentAsked:
    """The deployment that a body describes. Raises UserError."""
    kept = checked_body(body, _TEXTS)
    properties = kept["properties"]
    for name in _NAMED:
        text_at(properties, name)
    own = {key: value for key, value in texts_at(properties, "properties").items() if key not in TOLD}
    kept["properties"] = {**properties, "properties": own}
    spec = DeploymentSpec(
        runtime=_runtime(own),
        variables=texts_at(properties, "environmentVariables"),
        instances=_instances(kept, properties),
        sleeps_after=_sleeps(own),
        request=request_of(properties),
        liveness=probe_of(properties, "livenessProbe"),
        readiness=probe_of(properties, "readinessProbe"),
        collection=collection_of(kept["properties"]),
        body=_kept(kept),
    )
    return DeploymentAsked(
        spec=spec,
        model=_model(properties),
        environment=text_at(properties, "environmentId"),
        code=text_at(properties, "codeConfiguration", "codeId"),
        script=text_at(properties, "codeConfiguration", "scoringScript"),
        command=_command(own),
        notes=tuple(_ignored(properties)),
    )


def _model(properties: Mapping[str, Any]) -> str:
    """Batch deployments, and some tools for online ones, name it in an object."""
    if isinstance(properties.get("model"), dict):
        return text_at(properties, "model", "assetId")
    return text_at(properties, "model")


def _instances(body: Mapping[str, Any], properties: Mapping[str, Any]) -> int:
    least = whole_at(object_at(properties, "scaleSettings"), "minInstances", default=1)
    found = whole_at(body, "sku", "capacity", default=least) or 1
    if found > _MOST_INSTANCES:
        raise UserError(
            f"sku.capacity is {found}: this machine runs at most {_MOST_INSTANCES} instances of a deployment"
        )
    return found


def _runtime(own: Mapping[str, str]) -> Runtime:
    said = own.get(RUNTIME, "").lower() or Runtime.AUTO.value
    try:
        return Runtime(said)
    except ValueError:
        raise UserError(f"{RUNTIME} is '{said[:40]}': it must be one of {', '.join(Runtime)}") from None


def _sleeps(own: Mapping[str, str]) -> float:
    said = own.get(SLEEPS, "0")
    if not said.isdecimal() or len(said) > 8:  # noqa: PLR2004 - some years
        raise UserError(f"{SLEEPS} is '{said[:40]}': it must be a whole number of seconds")
    return float(said)


def _command(own: Mapping[str, str]) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(own.get(COMMAND, "")))
    except ValueError as error:
        raise UserError(f"{COMMAND} cannot be read: {error}") from error


def _ignored(properties: Mapping[str, Any]) -> list[str]:
    found = [words for name, words in _IGNORED.items() if properties.get(name) not in (None, False, "", "Enabled")]
    if text_at(object_at(properties, "scaleSettings"), "scaleType").lower() == "targetutilization":
        found.append("the number of instances stays what it is: minInstances, or sku.capacity")
    if text_at(properties, "endpointComputeType").lower() == "kubernetes":
        found.append("it runs on this machine, not on Kubernetes")
    return found


def _kept(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a body beside the deployment's own values. Variables may be secrets: they are not kept twice."""
    properties = {name: body["properties"][name] for name in _KEPT if body["properties"].get(name) is not None}
    properties["endpointComputeType"] = properties.get("endpointComputeType") or "Managed"
    properties["scaleSettings"] = object_at(properties, "scaleSettings") or {"scaleType": "Default"}
    return {**body, "properties": properties}


def deployment_body(workspace: Workspace, deployment: Deployment) -> dict[str, Any]:
    """All that a client may say of a deployment, as it is now: what a PATCH is merged into."""
    spec, given = deployment.spec, deployment.spec.body
    properties = {
        **_named(workspace, deployment),
        **given.get("properties", {}),
        "environmentVariables": dict(spec.variables),
        "livenessProbe": probe_shown(spec.liveness),
        "readinessProbe": probe_shown(spec.readiness),
        "requestSettings": request_shown(spec.request),
    }
    sku = {"name": "Default", **given.get("sku", {}), "capacity": spec.instances}
    return {**{key: value for key, value in given.items() if key != NOTES}, "properties": properties, "sku": sku}


def _named(workspace: Workspace, deployment: Deployment) -> dict[str, Any]:
    """What a deployment names that was not made by a client of Azure, as these would name it."""
    name, colon, version = deployment.spec.model.rpartition(":")
    return {
        "model": f"{workspace.path}/models/{name}/versions/{version}" if colon else None,
        "endpointComputeType": "Managed",
        "scaleSettings": {"scaleType": "Default"},
    }


NOTES = "notes"
"""The key of a kept body with what is told of how it runs here."""


def deployment_shown(workspace: Workspace, deployment: Deployment, stands: Standing) -> dict[str, Any]:
    """A deployment as clients read it."""
    whole = deployment_body(workspace, deployment)
    properties = whole["properties"]
    properties = {
        **properties,
        "provisioningState": stands.state.value,
        "appInsightsEnabled": bool(properties.get("appInsightsEnabled")),
        "properties": {**properties.get("properties", {}), **_told(deployment, stands)},
    }
    system = system_data(deployment.created_at, deployment.created_by, deployment.updated_at)
    path = f"onlineEndpoints/{deployment.endpoint}/deployments/{deployment.name}"
    return described(workspace, path, {"location": LOCATION, "tags": {}, **whole}, properties, system)


def _told(deployment: Deployment, stands: Standing) -> dict[str, str]:
    launch = deployment.launch
    notes = [*deployment.spec.body.get(NOTES, ()), *((launch.note,) if launch is not None and launch.note else ())]
    found = {
        "drivetrain.note": "; ".join(notes),
        "drivetrain.runs_on": launch.runtime if launch is not None else "",
        "drivetrain.problem": stands.problem,
    }
    return {name: value for name, value in found.items() if value}
