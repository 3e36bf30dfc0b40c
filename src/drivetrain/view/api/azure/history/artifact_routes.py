"""Azure's artifact service: `/artifact/v2.0/{workspace}/artifacts/...`. The files of a run are MLflow's artifacts.

The routes are those of azureml-core's `azureml/_restclient/operations/artifact_operations.py`.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi import Query as Asked
from fastapi.responses import FileResponse

from drivetrain.errors import NotFoundError, UserError
from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.documents import Document, objects, text, utc, whole_body
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.history.artifacts import Files, other_files, run_files
from drivetrain.view.api.azure.history.runs import History, HistoryOf

router = APIRouter(tags=["artifacts"])
ORIGIN = "ExperimentRun"
_CONTAINER = "dcid."
_LOGGED = "m-"
_MOST_PATHS = 10_000


async def _files(edge: Edge, history: History, origin: str, container: str) -> Files:
    if origin != ORIGIN:
        return await asyncio.to_thread(other_files, edge, history.workspace, origin, container)
    owner = container.removeprefix(_CONTAINER)
    if owner.startswith(_LOGGED):
        return await _of_logged_model(edge, history, owner)
    return run_files(edge, history.workspace, await history.run(owner))


async def _of_logged_model(edge: Edge, history: History, model: str) -> Files:
    """The files of a logged model of MLflow's: where models lie that no run made. Raises NotFoundError."""
    info = (await history.mlflow.get(f"logged-models/{quote(model, safe='')}"))["model"]["info"]
    if not history.sees({tag["key"]: tag.get("value", "") for tag in info.get("tags", [])}):
        raise NotFoundError(f"there is no logged model {model} in the workspace {history.workspace.name}")
    root = edge.tracking.artifacts / str(info["experiment_id"]) / "models" / str(info["model_id"]) / "artifacts"
    return Files(edge, history.workspace, f"{ORIGIN}/{_CONTAINER}{model}", root)


@router.post("/artifacts/batch/metadata/{origin}/{container}")
async def make_many(edge: EdgeOf, history: HistoryOf, origin: str, container: str, body: Document) -> Any:
    """Announce files: an address to upload each to."""
    files = await _files(edge, history, origin, container)
    paths = [text(each, "path") for each in objects(body, "paths")]
    if len(paths) > _MOST_PATHS:
        raise UserError(f"at most {_MOST_PATHS} files can be announced at once")
    return {
        "artifacts": {path: _artifact(origin, container, path) for path in paths},
        "artifactContentInformation": {
            path: {"contentUri": files.write_link(path), "origin": origin, "container": container, "path": path}
            for path in paths
        },
        "errors": {},
    }


@router.post("/artifacts/metadata")
async def make_one(edge: EdgeOf, history: HistoryOf, body: Document) -> Any:
    """Announce a file."""
    origin, container, path = text(body, "origin"), text(body, "container"), text(body, "path")
    files = await _files(edge, history, origin, container)
    files.path(path)
    return _artifact(origin, container, path)


@router.get("/artifacts/metadata/{origin}/{container}/{path:path}")
async def get(edge: EdgeOf, history: HistoryOf, origin: str, container: str, path: str) -> Any:
    """What is known of a file."""
    files = await _files(edge, history, origin, container)
    await asyncio.to_thread(files.there, path)
    return _artifact(origin, container, path)


@router.delete("/artifacts/metadata/{origin}/{container}/{path:path}")
async def delete(
    edge: EdgeOf, history: HistoryOf, origin: str, container: str, path: str,
    hard: Annotated[str, Asked(alias="hardDelete")] = "",
) -> Any:  # fmt: skip
    """Delete a file, if that is what is meant: without `hardDelete`, Azure forgets only that it is there."""
    files = await _files(edge, history, origin, container)
    there = await asyncio.to_thread(files.there, path)
    if hard.lower() == "true":
        await asyncio.to_thread(there.unlink)
    return {}


@router.get("/artifacts/contentinfo/{origin}/{container}/{path:path}")
async def content(edge: EdgeOf, history: HistoryOf, origin: str, container: str, path: str) -> Any:
    """An address to read a file at."""
    files = await _files(edge, history, origin, container)
    await asyncio.to_thread(files.there, path)
    return _content(files, origin, container, path)


@router.get("/artifacts/write/{origin}/{container}/{path:path}")
async def write(edge: EdgeOf, history: HistoryOf, origin: str, container: str, path: str) -> Any:
    """An address to write a file at."""
    files = await _files(edge, history, origin, container)
    return {"contentUri": files.write_link(path), "origin": origin, "container": container, "path": path}


@router.get("/artifacts/prefix/contentinfo/{origin}/{container}")
@router.get("/artifacts/prefix/contentinfo/{origin}/{container}/{path:path}")
async def contents(edge: EdgeOf, history: HistoryOf, origin: str, container: str, path: str = "") -> Any:
    """Addresses to read all files at whose names begin so."""
    files = await _files(edge, history, origin, container)
    names = await asyncio.to_thread(files.names, path.lstrip("/"))
    return {"value": [_content(files, origin, container, name) for name in names], "continuationToken": None}


@router.get("/artifacts/content/{origin}/{container}/{path:path}")
async def read(edge: EdgeOf, history: HistoryOf, origin: str, container: str, path: str) -> Any:
    """A file itself."""
    files = await _files(edge, history, origin, container)
    return FileResponse(await asyncio.to_thread(files.there, path), media_type="application/octet-stream")


@router.post("/artifacts/content/{origin}/{container}/{path:path}")
async def upload(
    edge: EdgeOf, history: HistoryOf, request: Request, origin: str, container: str, path: str, append: str = ""
) -> Any:  # fmt: skip
    """Write a file, or more of it."""
    files = await _files(edge, history, origin, container)
    place, body = files.path(path), await whole_body(request)
    await asyncio.to_thread(files.write, place, body, append=append.lower() == "true")
    return _artifact(origin, container, path)


@router.get("/artifacts/{origin}/{container}")
@router.get("/artifacts/{origin}/{container}/{path:path}")
async def listed(edge: EdgeOf, history: HistoryOf, origin: str, container: str, path: str = "") -> Any:
    """The files of a run, or those whose names begin so."""
    files = await _files(edge, history, origin, container)
    names = await asyncio.to_thread(files.names, path)
    return {"value": [_artifact(origin, container, name) for name in names], "continuationToken": None}


def _content(files: Files, origin: str, container: str, path: str) -> dict[str, str]:
    return {"contentUri": files.read_link(path), "origin": origin, "container": container, "path": path}


def _artifact(origin: str, container: str, path: str) -> dict[str, Any]:
    return {
        "artifactId": f"{origin}/{container}/{path}",
        "origin": origin,
        "container": container,
        "path": path,
        "etag": None,
        "createdTime": utc(0),
        "dataPath": None,
    }
