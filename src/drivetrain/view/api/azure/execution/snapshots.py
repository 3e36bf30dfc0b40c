"""Snapshots of projects: `/content/v2.0/{workspace}/snapshots/...`, and `v1.0` of older clients. A client sends what
changed since its last one.

The routes are those of azureml-core's `azureml/_restclient/snapshots_client.py`.
"""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Query as Asked
from fastapi.responses import JSONResponse

from drivetrain.errors import NotFoundError, UserError
from drivetrain.view.api.azure.access import EdgeOf, WorkspaceOf
from drivetrain.view.api.azure.documents import Document, listed, mapping, objects, parsed, text, whole_body
from drivetrain.view.api.azure.execution.multipart import parts
from drivetrain.view.api.azure.execution.snapshot_files import MOST_FILES, Snapshots
from drivetrain.view.api.azure.history.artifacts import artifact_parts

newer = APIRouter(tags=["snapshots"])
older = APIRouter(tags=["snapshots"])
_DEEPEST = 100
_NONE = "00000000-0000-0000-0000-000000000000"
_TREE = "dirTreeRootFile"
_MOST_PROJECT = 320 * 1024 * 1024
"""A little more than the 300 MB that Azure allows a project."""


@older.get("/snapshots/latest/metadata")
def latest() -> Any:
    """What the client sent last, for one that has forgotten: nothing, so it sends everything."""
    return {"id": _NONE, "root": {}}


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


@older.post("/snapshots/{snapshot}")
async def make_from_files(
    edge: EdgeOf,
    workspace: WorkspaceOf,
    request: Request,
    snapshot: str,
    parent: Annotated[str, Asked(alias="parentSnapshotId")] = "",
) -> Any:
    """A snapshot whose new files come with the request, as clients until 2020 send them: several hundred at a time, so
    that all but the last of a large project are not complete.
    """
    sent = parts(request.headers.get("content-type", ""), await whole_body(request, _MOST_PROJECT), MOST_FILES)
    return await asyncio.to_thread(_kept, Snapshots(edge, workspace), snapshot, parent, sent)


def _kept(found: Snapshots, snapshot: str, parent: str, sent: Mapping[str, bytes]) -> Any:
    names = _tree({"DirTreeNode": parsed(sent.get(_TREE, b""))})
    before = found.get(parent) if parent and parent != _NONE else {}
    new = {name: found.add(sent[name]) for name in names if name in sent}
    found.keep(snapshot, {name: new.get(name) or before[name] for name in names if name in new or name in before})
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
    return {"zipSasUri": _archive(Snapshots(edge, workspace), snapshot)}


@older.get("/snapshots/{snapshot}")
def zipped_before(edge: EdgeOf, workspace: WorkspaceOf, snapshot: str) -> Any:
    """The same for older clients, as a text."""
    return JSONResponse(_archive(Snapshots(edge, workspace), snapshot))


def _archive(found: Snapshots, snapshot: str) -> str:
    files = found.get(snapshot)

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, blob in files.items():
                archive.write(found.path(blob), name)

    return found.archive(snapshot, write)


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
