"""What Azure's run history says of a run, and where MLflow keeps it. Pure.

The shapes are those of azureml-core's `azureml/_restclient/models`: https://pypi.org/project/azureml-core/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.record.tracking.model import RESERVED_TAGS, is_reserved
from drivetrain.view.api.azure.documents import MOST_CHARACTERS, milliseconds, text, texts, utc

WORKSPACE = "drivetrain.workspace"
"""The tag that says to which workspace, by its GUID, a training run belongs."""
PROJECT = "drivetrain.project"
"""Whose a training run is: jobs of other projects cannot see it. Without it, the home's own."""
PROPERTY = "drivetrain.property."
"""Azure's properties are tags that begin so."""
STATUS = "drivetrain.run.status"
"""Azure's own word for the status where MLflow's says less."""
STARTED = "drivetrain.run.started"
FIELDS = "drivetrain.run.fields"
"""A JSON object of what Azure keeps of a run and MLflow has no place for."""
ARCHIVED = "drivetrain.archived"
"""The tag of an experiment that says when it was archived."""
PARENT, ROOT, NOTE, NAME = "mlflow.parentRunId", "mlflow.rootRunId", "mlflow.note.content", "mlflow.runName"
_HIDDEN = (RESERVED_TAGS, "mlflow.")
_RUN_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_\-]{0,255}")
_EARLY = ("NotStarted", "Unapproved", "Pausing", "Paused", "Starting", "Preparing", "Queued", "Provisioning")
_LATER = ("Running", "Finalizing", "CancelRequested", "NotResponding")
STATUSES = {
    **dict.fromkeys(_EARLY, "SCHEDULED"),
    **dict.fromkeys(_LATER, "RUNNING"),
    "Completed": "FINISHED",
    "Failed": "FAILED",
    "Canceled": "KILLED",
}
"""Azure's statuses, and MLflow's for them."""
_PLAIN = {
    "SCHEDULED": "NotStarted",
    "RUNNING": "Running",
    "FINISHED": "Completed",
    "FAILED": "Failed",
    "KILLED": "Canceled",
}
FINAL = ("FINISHED", "FAILED", "KILLED")
_KEPT = (
    "runType",
    "runTypeV2",
    "scriptName",
    "target",
    "dataContainerId",
    "createdFrom",
    "cancelUri",
    "diagnosticsUri",
    "heartbeatEnabled",
    "options",
    "primaryMetricName",
    "hidden",
    "queueingInfo",
    "inputDatasets",
    "outputDatasets",
)


class Change(Struct, frozen=True):
    """What a request says of a run: what is not said is None or empty."""

    status: str = ""
    name: str = ""
    description: str | None = None
    parent: str = ""
    end: int | None = None
    tags: Mapping[str, str] = {}
    properties: Mapping[str, str] = {}
    fields: Mapping[str, Any] = {}
    definition: Mapping[str, Any] | None = None


def run_id(value: str) -> str:
    """The id, if a run may have it. Raises UserError."""
    if not _RUN_ID.fullmatch(value):
        raise UserError(f"'{value[:80]}' is no run id: letters, digits, '_' and '-', at most 256, the first no sign")
    return value


def change(body: dict[str, Any]) -> Change:
    """What the body of a PATCH says. Raises UserError."""
    status = text(body, "status")
    if status and status not in STATUSES:
        raise UserError(f"'{status}' is no status of a run: {', '.join(STATUSES)}")
    parent = text(body, "parentRunId")
    definition = body.get("runDefinition")
    return Change(
        status,
        text(body, "displayName") or text(body, "name"),
        text(body, "description") if body.get("description") is not None else None,
        run_id(parent) if parent else "",
        milliseconds(body.get("endTimeUtc")),
        tags_of(texts(body, "tags")),
        tags_of(texts(body, "properties")),
        {key: body[key] for key in _KEPT if body.get(key) is not None},
        definition if isinstance(definition, dict) else None,
    )


def tags_of(found: Mapping[str, str]) -> Mapping[str, str]:
    """Tags as their user gave them. Raises UserError for those that are the server's."""
    taken = next((name for name in found if is_reserved(name)), None)
    if taken is not None:
        raise UserError(f"the tag '{taken}' is the server's: choose a name that does not begin with '{RESERVED_TAGS}'")
    return found


def tags_for(changed: Change, before: Mapping[str, str]) -> dict[str, str]:
    """The tags that keep a change, given those that were there."""
    found = {**changed.tags, **{PROPERTY + key: value for key, value in changed.properties.items()}}
    if changed.fields:
        kept = json.dumps({**_fields(before), **changed.fields}, separators=(",", ":"))
        if len(kept) > MOST_CHARACTERS:
            raise UserError(f"what is said of the run is longer than {MOST_CHARACTERS} characters")
        found[FIELDS] = kept
    if changed.description is not None:
        found[NOTE] = changed.description
    if changed.parent:
        found[PARENT] = changed.parent
    if changed.status:
        found[STATUS] = changed.status
    return found


def tags_in(run: Mapping[str, Any]) -> dict[str, str]:
    """All tags of a run as MLflow answers it."""
    return {tag["key"]: tag.get("value", "") for tag in run.get("data", {}).get("tags", [])}


def status_of(run: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    """Azure's word for the status of a run."""
    coarse = run["info"].get("status", "RUNNING")
    finer = tags.get(STATUS, "")
    return finer if STATUSES.get(finer) == coarse else _PLAIN.get(coarse, "Running")


def error_of(tags: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Why it failed, as its client said."""
    found = _fields(tags).get("error")
    return found if isinstance(found, dict) else None


def warnings_of(tags: Mapping[str, str]) -> list[Any]:
    """What its client warned of."""
    found = _fields(tags).get("warnings")
    return found if isinstance(found, list) else []


def run_document(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run of MLflow's as Azure describes it (`RunDto`)."""
    info, tags = run["info"], tags_in(run)
    fields, status, identity = _fields(tags), status_of(run, tags), info["run_id"]
    created = int(info.get("start_time") or 0)
    user = {"userObjectId": "", "userTenantId": "", "userName": info.get("user_id", "")}
    found = {
        "runType": tags.get(PROPERTY + "azureml.runsource"),
        "target": None,
        "dataContainerId": f"dcid.{identity}",
        "heartbeatEnabled": False,
        "hidden": info.get("lifecycle_stage") == "deleted",
        **fields,
        **_times(info, tags, status),
        "runId": identity,
        "runUuid": identity,
        "runNumber": created,
        "rootRunId": tags.get(ROOT) or tags.get(PARENT) or identity,
        "rootRunUuid": tags.get(ROOT) or tags.get(PARENT) or identity,
        "parentRunId": tags.get(PARENT),
        "parentRunUuid": tags.get(PARENT),
        "experimentId": info["experiment_id"],
        "status": status,
        "name": info.get("run_name", ""),
        "displayName": info.get("run_name", ""),
        "description": tags.get(NOTE),
        "userId": user["userName"],
        "createdBy": user,
        "properties": {k.removeprefix(PROPERTY): v for k, v in tags.items() if k.startswith(PROPERTY)},
        "tags": {key: value for key, value in tags.items() if not key.startswith(_HIDDEN)},
    }
    return {key: value for key, value in found.items() if value is not None}


def _times(info: Mapping[str, Any], tags: Mapping[str, str], status: str) -> dict[str, str | None]:
    created, ended = int(info.get("start_time") or 0), info.get("end_time")
    started = int(tags[STARTED]) if tags.get(STARTED, "").isdecimal() else created
    return {
        "createdUtc": utc(created),
        "startTimeUtc": None if status in _EARLY else utc(started),
        "endTimeUtc": utc(int(ended)) if ended else None,
    }


def _fields(tags: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = json.loads(tags.get(FIELDS, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def experiment_document(found: Mapping[str, Any]) -> dict[str, Any]:
    """An experiment of MLflow's as Azure describes it (`ExperimentDto`)."""
    tags = {tag["key"]: tag.get("value", "") for tag in found.get("tags", [])}
    return {
        "experimentId": found["experiment_id"],
        "name": found["name"],
        "description": tags.get(NOTE),
        "createdUtc": utc(int(found.get("creation_time") or 0)),
        "archivedTime": tags.get(ARCHIVED) or None,
        "tags": {key: value for key, value in tags.items() if not key.startswith(_HIDDEN)},
    }
