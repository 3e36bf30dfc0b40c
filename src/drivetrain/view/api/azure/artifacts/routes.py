"""The artifact routes of azureml-mlflow: below a run in the history, and by origin and container.

They are those of its generated clients, `azureml/mlflow/_restclient/{run_artifact,artifact}/operations`.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from drivetrain.view.api.azure.access import EdgeOf, WorkspaceOf
from drivetrain.view.api.azure.artifacts.places import RUNS, Artifacts
from drivetrain.view.api.azure.documents import Document

of_runs = APIRouter(tags=["artifacts"])
stored = APIRouter(tags=["artifacts"])


async def _of_run(edge: EdgeOf, workspace: WorkspaceOf, run: str) -> Artifacts:
    found = Artifacts(edge, workspace, RUNS, f"dcid.{run}")
    await found.open()
    return found


async def _stored(edge: EdgeOf, workspace: WorkspaceOf, origin: str, container: str) -> Artifacts:
    found = Artifacts(edge, workspace, origin, container)
    await found.open()
    return found


OfRun = Annotated[Artifacts, Depends(_of_run)]
Stored = Annotated[Artifacts, Depends(_stored)]
_RUN = ("/experiments/{experiment}/runs/{run}/artifacts", "/experimentids/{experiment}/runs/{run}/artifacts")


def _page(value: list[Any]) -> dict[str, Any]:
    return {"value": value, "continuationToken": None, "nextLink": None}


async def _announce(files: Artifacts, body: Document) -> Any:
    return await asyncio.to_thread(files.announce, body)


async def _content(files: Artifacts, path: str) -> Any:
    return await asyncio.to_thread(files.content, path)


async def _described(files: Artifacts, path: str) -> Any:
    await asyncio.to_thread(files.content, path)
    return files.described(path)


async def _listed(files: Artifacts, path: str = "") -> Any:
    return _page([files.described(name) for name in await asyncio.to_thread(files.paths, path)])


async def _contents(files: Artifacts, path: str = "") -> Any:
    names = await asyncio.to_thread(files.paths, path)
    return _page([files.content(name) for name in names])


for _prefix in _RUN:

    @of_runs.post(f"{_prefix}/batch/metadata")
    async def announce_of_run(files: OfRun, body: Document) -> Any:
        """Announce artifacts of a run: an address to send each to."""
        return await _announce(files, body)

    @of_runs.get(_prefix)
    @of_runs.get(f"{_prefix}/path")
    async def list_of_run(files: OfRun, path: str = "") -> Any:
        """The artifacts of a run, or those whose path begins so."""
        return await _listed(files, path)

    @of_runs.get(f"{_prefix}/metadata")
    async def describe_of_run(files: OfRun, path: str) -> Any:
        """What is said of an artifact."""
        return await _described(files, path)

    @of_runs.get(f"{_prefix}/contentinfo")
    async def content_of_run(files: OfRun, path: str) -> Any:
        """An address to take an artifact from."""
        return await _content(files, path)

    @of_runs.get(f"{_prefix}/prefix/contentinfo")
    async def contents_of_run(files: OfRun, path: str = "") -> Any:
        """Addresses to take all artifacts from whose paths begin so."""
        return await _contents(files, path)


_STORED = "/artifacts/{origin}/{container}"


@stored.post(f"{_STORED}/batch/metadata")
async def announce_stored(files: Stored, body: Document) -> Any:
    """Announce artifacts: an address to send each to."""
    return await _announce(files, body)


@stored.get(f"{_STORED}/metadata")
async def describe_stored(files: Stored, path: str) -> Any:
    """What is said of an artifact."""
    return await _described(files, path)


@stored.get(f"{_STORED}/contentinfo")
async def content_stored(files: Stored, path: str) -> Any:
    """An address to take an artifact from."""
    return await _content(files, path)


@stored.get(f"{_STORED}/write")
async def write_stored(files: Stored, path: str) -> Any:
    """An address to send an artifact to."""
    return await asyncio.to_thread(files.new, path)


@stored.get(f"{_STORED}/prefix/contentinfo")
async def contents_stored(files: Stored, path: str = "") -> Any:
    """Addresses to take all artifacts from whose paths begin so."""
    return await _contents(files, path)
