"""Where the outputs of jobs lie, as `jobs.download` asks: run data, and what the ids in it stand for.

The routes are those of azure-ai-ml's `_restclient` (runhistory, dataset_dataplane):
https://pypi.org/project/azure-ai-ml/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from drivetrain.errors import NotFoundError
from drivetrain.registry.model import text_of
from drivetrain.view.api.azure.documents import Document, listed, text
from drivetrain.view.api.azure.history.model import run_document
from drivetrain.view.api.azure.history.runs import HistoryOf
from drivetrain.view.api.azure.jobs.service import ServiceOf

if TYPE_CHECKING:
    from drivetrain.run.azureml.model import AzureJob
    from drivetrain.view.api.azure.jobs.service import JobService

history = APIRouter(tags=["jobs"])
data = APIRouter(tags=["jobs"])
_DATA = ("uri_file", "uri_folder", "mltable")
"""Models are said to be folders: azure-ai-ml 1.35 fails by itself when it asks for those that are models."""
_PREFIX, _BETWEEN = "azureml://jobs/", "/outputs/"
MOST = 1000


@history.post("/rundata")
async def run_data(runs: HistoryOf, jobs: ServiceOf, body: Document) -> Any:
    """A training run, with the outputs of the job that it is."""
    name = text(body, "runId")
    shown: dict[str, Any] = {**run_document(await runs.run(name))}
    try:
        job = await jobs.get(name)
    except NotFoundError:
        return {"runMetadata": shown}
    return {"runMetadata": {**shown, "outputs": _outputs(job)}, "runDefinition": runs.definition(name)}


def _outputs(job: AzureJob) -> dict[str, Any]:
    return {
        name: {"assetId": f"{_PREFIX}{job.name}{_BETWEEN}{name}", "type": kind if kind in _DATA else "uri_folder"}
        for name, output in (job.body.get("outputs") or {}).items()
        if isinstance(output, dict)
        for kind in (str(output.get("jobOutputType") or "uri_folder"),)
    }


@data.post("/dataversion/batchGetResolvedUris")
async def data_uris(jobs: ServiceOf, body: Document) -> Any:
    """Where outputs lie that are data, by their ids."""
    return {"values": {each: {"uri": uri, "type": kind} for each, uri, kind in await _found(jobs, body)}}


async def _found(jobs: JobService, body: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    for each in listed(body, "values")[:MOST]:
        name, _, output = str(each).removeprefix(_PREFIX).partition(_BETWEEN)
        try:
            outputs = (await jobs.get(name)).body.get("outputs") or {}
        except NotFoundError:
            continue
        if uri := text_of(outputs, output, "uri"):
            found.append((str(each), uri, text_of(outputs, output, "jobOutputType")))
    return found
