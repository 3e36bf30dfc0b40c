"""Environments, data, components and code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.registry.model import AssetKind
from drivetrain.view.api.azure.arm.bodies import object_at, text_at
from drivetrain.view.api.azure.arm.versioned import Rules, versioned

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA_TYPES = ("uri_file", "uri_folder", "mltable")
COMPONENT_TYPES = ("command", "pipeline", "sweep", "automl", "import", "data_transfer", "flow_parallel", "distributed")
_OF_THE_SERVICE = frozenset({"id", "creation_context"})
"""What a client has read of a component, and sends back with a change."""
_REFUSED_COMPONENTS = ("parallel", "spark")


def environment(properties: dict[str, Any], name: str, version: str) -> dict[str, Any]:
    """An environment: an image, an image and a conda file, or a folder with a Dockerfile. Raises UserError.

    https://learn.microsoft.com/azure/machine-learning/reference-yaml-environment
    """
    del name, version
    for key in ("image", "condaFile", "environmentType", "osType"):
        text_at(properties, key)
    if not any(properties.get(key) for key in ("image", "condaFile", "build")):
        raise UserError("an environment needs an image, a condaFile or a build context")
    if properties.get("build") is not None:
        file = text_at(properties, "build", "dockerfilePath") or "Dockerfile"
        properties["build"] = {"contextUri": text_at(properties, "build", "contextUri"), "dockerfilePath": file}
    return {**properties, "osType": properties.get("osType") or "Linux"}


def data(properties: dict[str, Any], name: str, version: str) -> dict[str, Any]:
    """A data asset: a type and where it is. Raises UserError.

    https://learn.microsoft.com/azure/machine-learning/reference-yaml-data
    """
    del name, version
    kind = text_at(properties, "dataType")
    if kind not in DATA_TYPES:
        raise UserError(f"dataType is '{kind[:40]}': it must be one of {', '.join(DATA_TYPES)}")
    if not text_at(properties, "dataUri"):
        raise UserError("a data asset needs a dataUri")
    return properties


def component(properties: dict[str, Any], name: str, version: str) -> dict[str, Any]:
    """A component: what its YAML said, as an object. Raises UserError.

    https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command
    """
    spec = object_at(properties, "componentSpec")
    kind = text_at(spec, "type").removesuffix("_component")
    if kind in _REFUSED_COMPONENTS:
        raise UserError(f"components of type '{kind}' cannot run here", hint="write it as a command component")
    if kind not in COMPONENT_TYPES:
        hint = f"one of {', '.join(COMPONENT_TYPES)}"
        raise UserError(f"componentSpec.type is '{kind[:40]}', which is no type of component", hint=hint)
    own = {key: value for key, value in spec.items() if key not in _OF_THE_SERVICE}
    return {**properties, "componentSpec": {**own, "name": name, "version": version}}


def code(properties: dict[str, Any], name: str, version: str) -> dict[str, Any]:
    """A code snapshot: where its files were uploaded. Raises UserError."""
    del name, version
    if not text_at(properties, "codeUri"):
        raise UserError("code needs a codeUri")
    return properties


def _type_of_data(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"dataType": properties.get("dataType", DATA_TYPES[0])}


def curated(name: str) -> dict[str, Any] | None:
    """One of the environments that Azure keeps in every workspace; what stands for its image here, its name says.

    https://learn.microsoft.com/azure/machine-learning/resource-curated-environments
    """
    if not name.lower().startswith(("azureml-", "acpt-")):
        return None
    return {
        "image": f"mcr.microsoft.com/azureml/curated/{name.lower()}:1",
        "osType": "Linux",
        "environmentType": "Curated",
    }


environments = versioned(Rules(AssetKind.ENVIRONMENT, ("image", "condaFile", "build"), environment, built_in=curated))
data_assets = versioned(Rules(AssetKind.DATA, ("dataType", "dataUri"), data, _type_of_data))
_ABOUT = frozenset({"description", "display_name", "tags", "_source"})
"""What `az ml component update` may change: https://learn.microsoft.com/cli/azure/ml/component"""
components = versioned(Rules(AssetKind.COMPONENT, ("componentSpec",), component, free=_ABOUT))
codes = versioned(Rules(AssetKind.CODE, ("codeUri",), code))
