"""Environments as azureml-core registers and reads them: `/environment/v1.0/{workspace}/environments/...`. They are the
same that Azure Resource Manager lists: one list for both generations of clients.

The routes are those of azureml-core's `azureml/_restclient/environment_client.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from fastapi import APIRouter

from drivetrain.errors import NotFoundError, UserError
from drivetrain.registry import names
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.assets import environment
from drivetrain.view.api.azure.documents import Document, listed, mapping, text, texts
from drivetrain.view.api.azure.edge import Edge

router = APIRouter(prefix="/environments", tags=["environments"])
_KIND = AssetKind.ENVIRONMENT
DEFINITION = "drivetrain.definition"
"""The property of the asset that has the whole definition of an older client."""
_LABELS = "drivetrain.labels"
_NEWEST = "latest"


@router.get("")
@router.get("/")
def list_all(edge: EdgeOf, workspace: WorkspaceOf) -> Any:
    """The newest version of each."""
    found = [shown(each) for each in edge.assets.names(workspace.id, _KIND) if not each.archived]
    return {"value": found, "continuationToken": None}


@router.get("/{name}")
def newest(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """The newest version of one."""
    return shown(_newest(edge, workspace, name))


@router.get("/{name}/versions/{version}")
def get(edge: EdgeOf, workspace: WorkspaceOf, name: str, version: str) -> Any:
    """One version."""
    return shown(edge.assets.get(workspace.id, _KIND, name, version))


@router.get("/{name}/labels/{label}")
def labelled(edge: EdgeOf, workspace: WorkspaceOf, name: str, label: str) -> Any:
    """The version with a label."""
    for each in edge.assets.versions(workspace.id, _KIND, name):
        if label in _labels(each) or label == _NEWEST:
            return shown(each)
    raise NotFoundError(f"no version of the environment '{name[:80]}' has the label '{label[:80]}'")


@router.put("/{name}")
def register(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: Document) -> Any:
    """A new version, unless the newest one is the same."""
    return shown(registered(edge, workspace, who.name, name, body))


@router.put("/{name}/versions/{version}")
def register_version(
    edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, version: str, body: Document
) -> Any:
    """A version under a number of the client's."""
    names.asset_version(version)
    return shown(edge.assets.put(_asset(workspace, name, version, body), by=who.name))


@router.put("/{name}/versions/{version}/metadata")
def label(
    edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, version: str, body: Document
) -> Any:  # fmt: skip
    """Give a version its labels."""
    labels = listed(body, "Labels")
    if not all(isinstance(each, str) for each in labels):
        raise UserError("'Labels' must be a list of texts")
    found = edge.assets.get(workspace.id, _KIND, name, version)
    properties = found.body["properties"]
    kept = {**(properties.get("properties") or {}), _LABELS: json.dumps(labels)}
    edge.assets.put(_with(found, {**properties, "properties": kept}), by=who.name)
    return {}


def _with(asset: Asset, properties: Mapping[str, Any]) -> Asset:
    return Asset(asset.workspace, asset.kind, asset.name, asset.version, {**asset.body, "properties": properties})


def _newest(edge: Edge, workspace: Workspace, name: str) -> Asset:
    found = edge.assets.versions(workspace.id, _KIND, name)
    if not found:
        raise NotFoundError(f"there is no environment '{name[:80]}' in {workspace.name}")
    return found[0]


def registered(edge: Edge, workspace: Workspace, by: str, name: str, definition: Mapping[str, Any]) -> Asset:
    """A new version with this definition, or the newest one when it is the same. Raises UserError."""
    wanted = _asset(workspace, name, "", definition)
    before = edge.assets.versions(workspace.id, _KIND, name)
    if before and _definition(before[0]) == _definition(wanted):
        return before[0]
    return edge.assets.add(wanted, by=by)


def _asset(workspace: Workspace, name: str, version: str, body: Mapping[str, Any]) -> Asset:
    """The definition as an asset that newer clients and jobs understand: an image, and a conda file."""
    names.asset_name(name)
    given = {key[:1].lower() + key[1:]: value for key, value in body.items()}
    python, docker = mapping(given, "python"), mapping(given, "docker")
    variables = texts(given, "environmentVariables")
    conda = mapping(python, "condaDependencies")
    properties: dict[str, Any] = {
        "image": text(docker, "baseImage"),
        "condaFile": "" if python.get("userManagedDependencies") is True else yaml.safe_dump(conda, sort_keys=False),
        "environmentVariables": variables,
        "properties": {DEFINITION: json.dumps({**given, "name": name, "version": None}, sort_keys=True)},
    }
    kept = {key: value for key, value in properties.items() if value}
    if not kept.get("image") and not kept.get("condaFile"):
        kept["condaFile"] = yaml.safe_dump({"dependencies": []})
    return Asset(workspace.id, _KIND, name, version, {"properties": environment(kept, name, version)})


def _definition(asset: Asset) -> str:
    found = (asset.body.get("properties", {}).get("properties") or {}).get(DEFINITION, "")
    return str(found)


def _labels(asset: Asset) -> list[str]:
    found = (asset.body.get("properties", {}).get("properties") or {}).get(_LABELS)
    return list(json.loads(found)) if isinstance(found, str) else []


def shown(asset: Asset) -> dict[str, Any]:
    """An environment as azureml-core reads it (`azureml/core/environment.py`)."""
    given = json.loads(_definition(asset)) if _definition(asset) else _of_newer(asset)
    return {
        **given,
        "name": asset.name,
        "version": asset.version,
        "environmentVariables": given.get("environmentVariables") or {},
        "assetId": f"azureml://locations/local/workspaces/{asset.workspace}/environments/{asset.name}/versions/{asset.version}",
        "inferencingStackVersion": given.get("inferencingStackVersion"),
    }


def _of_newer(asset: Asset) -> dict[str, Any]:
    """What a newer client said, in the words of the older one."""
    properties = asset.body.get("properties", {})
    try:
        conda = yaml.safe_load(properties.get("condaFile") or "") or {}
    except (yaml.YAMLError, RecursionError):
        conda = {}
    plain = {"name": "project_environment", "dependencies": [], "channels": []}
    return {
        "environmentVariables": properties.get("environmentVariables") or {},
        "python": {
            "interpreterPath": "python",
            "userManagedDependencies": not conda,
            "condaDependencies": {**plain, **conda} if isinstance(conda, dict) else plain,
            "baseCondaEnvironment": None,
        },
        "docker": {
            "baseImage": properties.get("image") or None,
            "platform": {"os": "Linux", "architecture": "amd64"},
            "baseDockerfile": None,
            "baseImageRegistry": {"address": None, "username": None, "password": None},
            "enabled": False,
            "arguments": [],
        },
        "spark": {"repositories": [], "packages": [], "precachePackages": False},
    }
