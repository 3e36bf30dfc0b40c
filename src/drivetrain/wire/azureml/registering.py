"""Outputs that a job was told to name become assets of its workspace once it has succeeded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from drivetrain.errors import ConflictError
from drivetrain.registry.model import Asset, AssetKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.registry.model import Workspace
    from drivetrain.registry.ports import Assets
    from drivetrain.run.azureml.model import AzureJob

_log = logging.getLogger(__name__)
_MODELS = ("custom_model", "mlflow_model", "triton_model")


def register_outputs(assets: Assets, workspace: Workspace, job: AzureJob) -> Sequence[Asset]:
    """Make the assets, and give those that are models, which are MLflow's to register. What this job has made already
    is not made again: this may be told twice.
    """
    models = []
    for name, output in (job.body.get("outputs") or {}).items():
        if isinstance(output, dict) and output.get("assetName"):
            asset = _asset(workspace, job, name, output)
            if asset.kind is AssetKind.MODEL:
                models.append(asset)
                continue
            made = [each.body["properties"].get("properties", {}) for each in _versions(assets, asset)]
            if asset.body["properties"]["properties"] not in made:
                _add(assets, asset, job)
    return models


def _versions(assets: Assets, asset: Asset) -> Sequence[Asset]:
    return assets.versions(asset.workspace, asset.kind, asset.name)


def _add(assets: Assets, asset: Asset, job: AzureJob) -> None:
    try:
        assets.add(asset, by=job.created_by)
    except ConflictError as error:
        _log.warning("an output of the job %s: %s", job.name, error.message)


def _asset(workspace: Workspace, job: AzureJob, name: str, output: Mapping[str, Any]) -> Asset:
    kind, uri = str(output.get("jobOutputType") or "uri_folder"), str(output.get("uri") or "")
    properties: dict[str, Any] = {
        "description": output.get("description"),
        "tags": {},
        "properties": {"azureml.jobName": job.name, "azureml.outputName": name},
        "isAnonymous": False,
        "isArchived": False,
    }
    if kind in _MODELS:
        properties |= {"modelType": kind, "modelUri": uri, "jobName": job.name}
    else:
        properties |= {"dataType": kind, "dataUri": uri}
    which = AssetKind.MODEL if kind in _MODELS else AssetKind.DATA
    version = str(output.get("assetVersion") or "")
    body = {"properties": properties}
    return Asset(workspace.id, which, str(output["assetName"]), version, body, created_by=job.created_by)
