"""Snapshots of projects: `/content/v2.0/{workspace}/snapshots/...`. A client sends what changed since its last one.

The routes are those of azureml-core's `azureml/_restclient/snapshots_client.py`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response

from drivetrain.errors import NotFoundError, UserError
from drivetrain.view.api.azure.access import EdgeOf, WorkspaceOf
from drivetrain.view.api.azure.documents import Document, listed, mapping, objects, text
from drivetrain.view.api.azure.execution.snapshot_files import MOST_FILES, Snapshots
from drivetrain.view.api.azure.history.artifacts import artifact_parts

newer = APIRouter(tags=["snapshots"])
older = APIRouter(tags=["snapshots"])
_DEEPEST = 100


@older.get("/snapshots/latest/metadata")
def latest() -> Any:
    """What the client sent last, for one that has forgotten: nothing, so it sends everything."""
    return {"id": "00000000-0000-0000-0000-000000000000", "root": {}}


@newer.post("/snapshots/getblob")
def announce(edge: EdgeOf, workspace: WorkspaceOf, body: Document) -> Any:
    """Addresses to upload files to."""
    names = listed(body, "FileNames")
    if len(names) > MOST_FILES:
        raise UserError(f"a snapshot has at most {MOST_FILES} files")
    found = Snapshots(edge, workspace)
    return {"fileNodes": [{"fullName": _name(each), "blobUri": found.announce()} for each in names]}


def _name(found: object) -> str:
    if not isinstance(found, str):
        raise UserError("the name of a file must be a text")
    artifact_parts(found)
    return found


@newer.post("/snapshots/{snapshot}")
def make(edge: EdgeOf, workspace: WorkspaceOf, snapshot: str, body: Document) -> Any:
    """A snapshot of the files in a tree: those just uploaded, and those of the one before."""
    found = Snapshots(edge, workspace)
    uploaded = {
        _name(text(each, "FullName")): found.announced(text(each, "BlobUri"))
        for each in objects(mapping(body, "FileRevisionList"), "FileNodes")
    }
    parent = text(body, "ParentSnapshotId")
    before = found.get(parent) if uploaded.keys() != set(_tree(body)) else {}
    files = {}
    for name in _tree(body):
        if name not in uploaded and name not in before:
            raise NotFoundError(f"the file '{name}' was not uploaded, and is not in the snapshot {parent}")
        files[name] = uploaded.get(name) or before[name]
    found.keep(snapshot, files)
    return {"id": snapshot}


def _tree(body: Mapping[str, Any]) -> list[str]:
    found = list(_below(body.get("DirTreeNode"), "", 0))
    if len(found) > MOST_FILES:
        raise UserError(f"a snapshot has at most {MOST_FILES} files")
    return found


def _below(node: Any, prefix: str, depth: int) -> Iterator[str]:
    children = node.get("children", node.get("Children")) if isinstance(node, dict) else None
    if depth > _DEEPEST or not isinstance(children, (dict, list)):
        raise UserError("the tree of the snapshot cannot be read")
    for child in children.values() if isinstance(children, dict) else children:
        name = child.get("name", child.get("Name")) if isinstance(child, dict) else None
        if not isinstance(name, str) or "/" in name:
            raise UserError("the tree of the snapshot has a node without a name")
        kind = child.get("type", child.get("Type"))
        if kind == "File":
            yield _name(prefix + name)
        else:
            yield from _below(child, f"{prefix}{name}/", depth + 1)


@newer.post("/snapshots/{snapshot}/zip")
def zipped(edge: EdgeOf, workspace: WorkspaceOf, snapshot: str) -> Any:
    """The address of all its files in one archive."""
    found = Snapshots(edge, workspace)
    files = found.get(snapshot)

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, blob in files.items():
                archive.write(found.path(blob), name)

    return {"zipSasUri": found.archive(snapshot, write)}


@newer.get("/snapshots/{snapshot}/metadata")
@older.get("/snapshots/{snapshot}/metadata")
def metadata(edge: EdgeOf, workspace: WorkspaceOf, snapshot: str) -> Any:
    """What is in it."""
    files = Snapshots(edge, workspace).get(snapshot)
    return {"id": snapshot, "root": {"name": "", "type": "Directory", "children": {}}, "files": sorted(files)}


@newer.delete("/snapshots/{snapshot}")
def delete(edge: EdgeOf, workspace: WorkspaceOf, snapshot: str) -> Response:
    """Forget it."""
    Snapshots(edge, workspace).forget(snapshot)
    return Response(status_code=200)
