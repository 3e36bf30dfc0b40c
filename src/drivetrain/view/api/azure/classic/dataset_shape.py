"""Datasets of the SDK v1: how one is kept as a data asset, and how older clients read it. Pure.

https://learn.microsoft.com/python/api/azureml-core/azureml.core.dataset.dataset
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import yaml

from drivetrain.errors import UserError
from drivetrain.registry.model import Asset, AssetKind, text_of
from drivetrain.view.api.azure.documents import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.registry.model import Workspace

DEFINITION = "dataset"
"""The part of the asset's body that has what an older client said."""
UNREGISTERED = "unregistered-"
"""Begins the name of a dataset that was saved without one, as `azureml.data` asks for it."""
_NAME = re.compile(r"[^\W_][^/\\?#%\0]{0,254}")
_PATHS = ("pattern", "folder", "file")
_DATASTORE = re.compile(r"azureml://.*/datastores/([^/]+)/paths/(.*)", re.IGNORECASE)
_GLOB = re.compile(r"[*?\[]")


def checked_name(name: str) -> str:
    """The name: in the SDK v1, it may have spaces. Raises UserError."""
    if not _NAME.fullmatch(name):
        raise UserError(f"'{name[:80]}' is no name for a dataset: it must match {_NAME.pattern}")
    return name


def text_at(body: Mapping[str, Any], key: str) -> str:
    """A text of any length. Raises UserError when it is something else."""
    found = body.get(key)
    if found is not None and not isinstance(found, str):
        raise UserError(f"'{key}' must be a text")
    return found or ""


def definition_of(kind: str, dataflow: str, properties: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a dataset. Raises UserError for one that no client of today could read again."""
    if not rslex(dataflow):
        raise UserError(
            "the dataset says nothing that azureml-dataprep 2.0 or newer could read: take a newer version of it"
        )
    return {"datasetType": kind, "dataflow": dataflow, "properties": properties}


def content_id(workspace: Workspace, definition: Mapping[str, Any]) -> str:
    """The id of a dataset that was saved without a name: the same for the same content."""
    said = json.dumps(definition, sort_keys=True)
    return str(uuid.uuid5(uuid.UUID(workspace.id), said))


def rslex(dataflow: str) -> str:
    """The YAML in a dataflow that says where the files are and how they are read; empty when it has none."""
    try:
        found = json.loads(dataflow) if dataflow else {}
    except (ValueError, RecursionError) as error:
        raise UserError(f"the dataflow of the dataset is not JSON: {error}") from error
    meta = found.get("meta") if isinstance(found, dict) else None
    return text_of(meta, "RsDataflow") if isinstance(meta, dict) else ""


def paths(dataflow: str) -> Iterator[str]:
    """Where its files are, as it says. Raises UserError."""
    try:
        found = yaml.safe_load(rslex(dataflow))
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError("the dataflow of the dataset is not YAML") from error
    given = found.get("paths") if isinstance(found, dict) else None
    for each in given if isinstance(given, list) else ():
        for key in _PATHS:
            if isinstance(each, dict) and isinstance(each.get(key), str):
                yield each[key]


def data_uri(dataflow: str) -> str:
    """The folder or file that newer clients are told of: the first path, up to its first pattern."""
    first = next(paths(dataflow), "")
    found = _DATASTORE.fullmatch(first)
    if found is None:
        return first
    fixed = found[2][: match.start()] if (match := _GLOB.search(found[2])) else found[2]
    return f"azureml://datastores/{found[1]}/paths/{fixed.rpartition('/')[0] if fixed != found[2] else fixed}"


def asset_of(workspace: Workspace, name: str, saved: str, body: dict[str, Any], said: Mapping[str, Any]) -> Asset:
    """A dataset as a data asset, under `hash` the id that it was saved by. `said`: what it is."""
    properties = {
        "dataType": "uri_folder",
        "dataUri": data_uri(said["dataflow"]),
        "description": text_at(body, "description"),
        "tags": mapping(body, "tags"),
        "properties": {},
        "isAnonymous": name.startswith(UNREGISTERED),
    }
    return Asset(workspace.id, AssetKind.DATA, name, "", {"properties": properties, DEFINITION: dict(said)}, saved)


def name_id(workspace: str, name: str) -> str:
    """The id of a registered name."""
    return str(uuid.uuid5(uuid.UUID(workspace), f"dataset {name}"))


def shown(asset: Asset) -> dict[str, Any]:
    """A registered dataset at one version, as `DatasetDto` (`azureml/_restclient/models/dataset_dto.py`)."""
    said, properties = asset.body[DEFINITION], asset.body["properties"]
    number = name_id(asset.workspace, asset.name)
    return {
        "datasetId": number,
        "datasetState": {"state": "active"},
        "name": asset.name,
        "description": properties.get("description") or None,
        "tags": properties.get("tags") or {},
        "isVisible": True,
        "datasetType": said["datasetType"],
        "createdTime": asset.created_at,
        "modifiedTime": asset.updated_at or asset.created_at,
        "latest": {
            "datasetId": number,
            "versionId": asset.version,
            "datasetDefinitionState": {"state": "active"},
            "dataflow": said["dataflow"],
            "properties": said["properties"],
            "savedDatasetId": asset.hash,
            "createdTime": asset.created_at,
        },
    }


def saved_shown(asset: Asset) -> dict[str, Any]:
    """A dataset by the id that it was saved by, as `SavedDatasetDto`."""
    said = asset.body[DEFINITION]
    kept = {"datasetType": said["datasetType"], "properties": said["properties"], "dataflowJson": said["dataflow"]}
    return {"id": asset.hash, **kept}
