"""Outputs that a job was told to name become data assets of its workspace once it has succeeded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from drivetrain.errors import ConflictError
from drivetrain.registry.model import Asset, AssetKind
from drivetrain.view.api.azure.jobs.models import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.registry.model import Workspace
    from drivetrain.registry.ports import Assets
    from drivetrain.run.azureml.model import AzureJob

_log = logging.getLogger(__name__)


def register_outputs(assets: Assets, workspace: Workspace, job: AzureJob) -> None:
    """Make the assets. What this job has made already is not made again: this may be told twice."""
    for name, output in (job.body.get("outputs") or {}).items():
        if isinstance(output, dict) and output.get("assetName") and output.get("jobOutputType") not in TYPES:
            asset = _asset(workspace, job, name, output)
            made = [each.body["properties"].get("properties", {}) for each in _versions(assets, asset)]
            if asset.body["properties"]["properties"] not in made:
                _add(assets, asset, job)


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
    properties |= {"dataType": kind, "dataUri": uri}
    version = str(output.get("assetVersion") or "")
    return Asset(workspace.id, AssetKind.DATA, str(output["assetName"]), version, {"properties": properties})
