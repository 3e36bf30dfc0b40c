"""Runs on a compute: what an older client submits becomes a command job, as newer clients make them, and runs as one.

https://learn.microsoft.com/azure/machine-learning/how-to-migrate-from-v1
"""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from drivetrain.errors import UserError
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.classic.environments import registered
from drivetrain.view.api.azure.documents import mapping, text
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.execution.configuration import SCRIPT, Configuration
from drivetrain.view.api.azure.execution.local import script_source
from drivetrain.view.api.azure.execution.snapshot_files import Snapshots

_FOLDERS = "Mount", "Download"
_MODES = {"mount": "ReadOnlyMount", "download": "Download", "upload": "ReadWriteMount"}
_REFERENCE = "$AZUREML_DATAREFERENCE_"


def job_properties(
    edge: Edge, workspace: Workspace, experiment: str, body: Mapping[str, Any], found: Configuration, by: str
) -> dict[str, Any]:
    """The properties of the command job. Blocks. Raises UserError, NotFoundError."""
    if found.in_container:
        raise UserError("a run in a container of its own is not served here: name the environment only")
    inputs = _inputs(found)
    snapshot = text(dict(body), "SnapshotId")
    if not snapshot:
        raise UserError("the run has no snapshot of its project: set run_config.history.snapshot_project = True")
    environment = _environment(edge, workspace, mapping(dict(body), "environment"), by)
    seconds = {"timeout": f"PT{found.seconds}S", "jobLimitsType": "Command"} if found.seconds else None
    properties: dict[str, Any] = {
        "jobType": "Command",
        "experimentName": experiment,
        "environmentId": f"{workspace.path}/environments/{environment.name}/versions/{environment.version}",
        "codeId": _code(edge, workspace, snapshot, by),
        "command": _command(found),
        "environmentVariables": dict(found.variables),
        "inputs": inputs,
        "properties": {"ContentSnapshotId": snapshot},
        "limits": seconds,
        "resources": {"instanceCount": found.nodes},
        "computeId": "" if found.target == "amlcompute" else f"{workspace.path}/computes/{found.target}",
    }
    return {key: value for key, value in properties.items() if value not in (None, "")}


def _environment(edge: Edge, workspace: Workspace, definition: dict[str, Any], by: str) -> Asset:
    """The run's environment, registered under its name, as Azure does with every one that is used."""
    name = text(definition, "name") or "default-environment"
    return registered(edge, workspace, by, "-".join(name.split()), definition)


def _code(edge: Edge, workspace: Workspace, snapshot: str, by: str) -> str:
    """The snapshot of the project as code, made once."""
    found = Snapshots(edge, workspace)
    added = hashlib.sha256(script_source().encode()).hexdigest()
    name = f"snapshot-{found.known(snapshot)}-{added[:8]}"
    there = [each.version for each in edge.assets.versions(workspace.id, AssetKind.CODE, name)]
    if not there:
        container = edge.blobs.new_container(workspace)
        account = edge.blobs.account_of(workspace)
        _copy(found, snapshot, edge.blobs.path(account, container))
        body = {"properties": {"codeUri": edge.blobs.url(account, container)}}
        edge.assets.put(Asset(workspace.id, AssetKind.CODE, name, "1", body), by=by)
    return f"{workspace.path}/codes/{name}/versions/1"


def _copy(found: Snapshots, snapshot: str, folder: Path) -> None:
    for name, blob in found.get(snapshot).items():
        path = folder.joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found.path(blob), path)
    script = folder.joinpath(*SCRIPT.split("/"))
    script.parent.mkdir(exist_ok=True)
    script.write_text(script_source(), "utf-8")


def _inputs(found: Configuration) -> dict[str, dict[str, str]]:
    """Data references as inputs. Raises UserError for data that is named in another way."""
    inputs = {}
    for name, each in found.data.items():
        if not isinstance(each, dict) or not text(each, "dataStoreName"):
            raise UserError(f"the data '{name[:80]}' is no reference to a datastore: datasets are not served here")
        mode = text(each, "mode").lower() or "mount"
        if mode not in _MODES or mode == "upload":
            raise UserError(f"the data '{name[:80]}' cannot be brought by '{mode[:20]}': {' or '.join(_FOLDERS)}")
        path = text(each, "pathOnDataStore").strip("/")
        uri = f"azureml://datastores/{text(each, 'dataStoreName')}/paths/{path}"
        inputs[_input(name)] = {"jobInputType": "uri_folder", "uri": uri, "mode": _MODES[mode]}
    return inputs


def _input(name: str) -> str:
    """The input that a data reference becomes: names that the older client makes up may begin with a digit."""
    return name if name.isidentifier() and name.isascii() else f"data_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"


def _command(found: Configuration) -> str:
    """The line for a shell. Where the older client names a data reference, the newer one names an input."""
    if any("${{" in each or "$[[" in each for each in (found.command, found.script, *found.arguments)):
        raise UserError("arguments with '${{' or '$[[' in them are not served here")
    if found.command:
        return _with_inputs(found.command, found.data)
    return " ".join(_word(each, found.data) for each in found.line)


def _word(word: str, names: Iterable[str]) -> str:
    replaced = _with_inputs(word, names)
    return replaced if replaced != word else shlex.quote(word)


def _with_inputs(written: str, names: Iterable[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        written = written.replace(_REFERENCE + name, f"${{{{inputs.{_input(name)}}}}}")
    return written
