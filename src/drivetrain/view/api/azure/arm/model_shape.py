"""Models of Azure Machine Learning as MLflow's registry keeps them. Pure.

A version of a model is a version of MLflow's registered model: description, tags, stage and files are MLflow's own.
What only Azure knows of it is one tag more: its type and properties, where its files were said to be, and its version
where that is not MLflow's number. https://mlflow.org/docs/latest/ml/model-registry/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from drivetrain.clock import timestamp
from drivetrain.errors import UserError
from drivetrain.view.api.azure.arm.bodies import checked_body, object_at, text_at
from drivetrain.view.api.azure.arm.shapes import described, system_data

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace

RECORD = "drivetrain.model"
WORKSPACE = "drivetrain.workspace"
PROJECT = "drivetrain.project"
TYPES = ("custom_model", "mlflow_model", "triton_model")
STAGES = ("None", "Development", "Staging", "Production", "Archived")
_OURS = ("drivetrain.", "mlflow.")
_STORED = re.compile(r"mlflow-artifacts:/+([^/]+)/(models/)?([^/]+)/artifacts/?(.*)")
_KEPT_BY_MLFLOW = ("None", "Staging", "Production", "Archived")


class Record(Struct, frozen=True, omit_defaults=True):
    """What only Azure knows of a version, or of a name."""

    version: str = ""
    """Empty where it is MLflow's number."""
    uri: str = ""
    type: str = ""
    stage: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    flavors: Mapping[str, Any] = field(default_factory=dict)
    archived: bool = False
    by: str = ""

    def text(self) -> str:
        """For the tag."""
        return msgspec.json.encode(self).decode()


class ModelVersion(Struct, frozen=True):
    """A version as MLflow has it, and what we know beside."""

    name: str
    number: str
    """MLflow's."""
    record: Record
    tags: Mapping[str, str]
    workspace: str
    """The GUID of the workspace that it was registered in; empty when it was by MLflow itself."""
    source: str
    run_id: str
    description: str
    stage: str
    created: int
    updated: int
    """Milliseconds since 1970."""

    @property
    def version(self) -> str:
        """As Azure calls it."""
        return self.record.version or self.number


def tags_of(found: Mapping[str, Any]) -> dict[str, str]:
    """MLflow's list of tags by name."""
    return {tag["key"]: tag.get("value", "") for tag in found.get("tags", [])}


def record_of(tags: Mapping[str, str]) -> Record:
    """Ours among the tags; an empty one where there is none."""
    try:
        return msgspec.json.decode(tags.get(RECORD, "{}"), type=Record)
    except msgspec.MsgspecError:  # whoever could write the tag wrote nonsense
        return Record()


def plain_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Those that are a user's."""
    return {key: value for key, value in tags.items() if not key.startswith(_OURS)}


def version_of(found: Mapping[str, Any]) -> ModelVersion:
    """A version, from `model_version` of MLflow's answers."""
    tags = tags_of(found)
    return ModelVersion(
        name=found["name"],
        number=str(found["version"]),
        record=record_of(tags),
        tags=plain_tags(tags),
        workspace=tags.get(WORKSPACE, ""),
        source=found.get("source", ""),
        run_id=found.get("run_id", ""),
        description=found.get("description", ""),
        stage=found.get("current_stage", "None"),
        created=int(found.get("creation_timestamp", 0)),
        updated=int(found.get("last_updated_timestamp", 0)),
    )


class Wanted(Struct, frozen=True):
    """What a client says of a version."""

    record: Record
    tags: Mapping[str, str]
    description: str


def wanted(body: Mapping[str, Any], by: str) -> Wanted:
    """The version that the body of a request describes. Raises UserError.

    https://learn.microsoft.com/rest/api/azureml/model-versions/create-or-update
    """
    properties = checked_body(body, ("tags", "properties"))["properties"]
    kind, stage = text_at(properties, "modelType"), text_at(properties, "stage")
    if kind and kind not in TYPES:
        raise UserError(f"modelType is '{kind[:40]}': it must be one of {', '.join(TYPES)}")
    if stage and stage not in STAGES:
        raise UserError(f"stage is '{stage[:40]}': it must be one of {', '.join(STAGES)}")
    tags = properties.get("tags", {})
    if reserved := [key for key in tags if key.startswith(_OURS)]:
        raise UserError(f"the tag '{reserved[0][:80]}' is not a user's: tags that begin with {' or '.join(_OURS)}")
    record = Record(
        uri=text_at(properties, "modelUri"),
        type=kind,
        stage=stage,
        properties=properties.get("properties", {}),
        flavors=object_at(properties, "flavors"),
        archived=properties.get("isArchived") is True,
        by=by,
    )
    return Wanted(record, tags, text_at(properties, "description"))


def stored_at(location: str) -> tuple[str, str, str] | None:
    """Experiment, run or logged model, and path, of a place in MLflow's artifacts (`mlflow-artifacts:/...`)."""
    found = _STORED.fullmatch(location)
    return (found[1], found[3], found[4].strip("/")) if found else None


def uri_of(workspace: Workspace, location: str) -> str:
    """The address by which Azure's clients find what lies at a place in MLflow's artifacts; else the place itself."""
    found = stored_at(location)
    if found is None:
        return location
    _, owner, path = found
    group = f"azureml://subscriptions/{workspace.subscription}/resourcegroups/{workspace.resource_group}"
    store = f"{group}/workspaces/{workspace.name}/datastores/workspaceartifactstore"
    return f"{store}/paths/ExperimentRun/dcid.{owner}/{path}".rstrip("/")


def version_shown(
    workspace: Workspace, model: ModelVersion, location: str, flavors: Mapping[str, Any]
) -> dict[str, Any]:
    """A version as clients read it. `location` is where MLflow says that its files are."""
    record = model.record
    stage = record.stage if record.stage not in _KEPT_BY_MLFLOW else ""
    properties = {
        "modelUri": record.uri or uri_of(workspace, location),
        "modelType": record.type or ("mlflow_model" if flavors else "custom_model"),
        "flavors": flavors,
        "jobName": model.run_id or None,
        "stage": stage or (model.stage if model.stage != "None" else None),
        "description": model.description or None,
        "tags": model.tags,
        "properties": record.properties,
        "isArchived": record.archived,
        "isAnonymous": False,
        "provisioningState": "Succeeded",
    }
    path = f"models/{model.name}/versions/{model.version}"
    return described(workspace, path, {}, properties, _system(model.created, model.updated, record.by))


def container_shown(
    workspace: Workspace, found: Mapping[str, Any], newest: ModelVersion | None, following: int, *, archived: bool
) -> dict[str, Any]:
    """A name as clients read it, from `registered_model` of MLflow's answers."""
    tags = tags_of(found)
    record = record_of(tags)
    properties = {
        "description": found.get("description") or None,
        "tags": plain_tags(tags),
        "properties": record.properties,
        "isArchived": archived,
        "latestVersion": newest.version if newest else None,
        "nextVersion": str(following),
        "provisioningState": "Succeeded",
    }
    created, updated = int(found.get("creation_timestamp", 0)), int(found.get("last_updated_timestamp", 0))
    return described(workspace, f"models/{found['name']}", {}, properties, _system(created, updated, record.by))


def _system(created: int, updated: int, by: str) -> dict[str, str]:
    moments = [timestamp(datetime.fromtimestamp(moment / 1000, UTC)) for moment in (created, updated or created)]
    return system_data(moments[0], by or "mlflow", moments[1], by or "mlflow")
