"""Azure's execution service: `/execution/v1.0/{workspace}/experiments/{experiment}/...`, by which azureml-core submits.

The routes are those of azureml-core's `azureml/_execution/_commands.py`.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Query as Asked

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf
from drivetrain.view.api.azure.documents import Document, mapping, parsed, text, whole_body
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.execution.configuration import LOCAL, Configuration, configuration
from drivetrain.view.api.azure.execution.local import checked, package
from drivetrain.view.api.azure.execution.multipart import parts
from drivetrain.view.api.azure.execution.remote import job_properties
from drivetrain.view.api.azure.execution.snapshot_files import Snapshots
from drivetrain.view.api.azure.history.model import FINAL, Change, run_id
from drivetrain.view.api.azure.history.runs import History, HistoryOf
from drivetrain.view.api.azure.identity.model import Principal
from drivetrain.view.api.azure.jobs.routes import job_name
from drivetrain.view.api.azure.jobs.service import JobService, ServiceOf

router = APIRouter(tags=["execution"])
_MOST = 64 * 1024 * 1024
_MOST_PROJECT = 320 * 1024 * 1024
"""A little more than the 300 MB that Azure allows a project."""
_DEFINITION, _PROJECT = "definition.json", "project.zip"
RunId = Annotated[str, Asked(alias="runId")]


@router.post("/experiments/{experiment}/localrun")
async def local_run(edge: EdgeOf, history: HistoryOf, request: Request, experiment: str, run: RunId) -> Response:
    """Begin a run where the client is: what it is to unpack and run there."""
    body = await _definition(request)
    found = checked(configuration(body))
    made = await history.make_experiment(experiment)
    await _begin(history, made["experiment_id"], run_id(run), body, found)
    archive = package(edge.address, history.workspace, made, run, history.token(), found)
    return Response(archive, media_type="application/zip")


@router.post("/experiments/{experiment}/localprepare")
async def prepare(history: HistoryOf, experiment: str) -> Any:
    """Nothing is made ready beforehand."""
    await history.make_experiment(experiment)
    raise UserError("environments of local runs are the user's own: there is nothing to prepare")


@router.post("/experiments/{experiment}/snapshotrun")
async def snapshot_run(
    edge: EdgeOf, history: HistoryOf, jobs: ServiceOf, who: PrincipalOf, experiment: str, run: RunId, body: Document
) -> Any:  # fmt: skip
    """Run a snapshot of a project on a compute."""
    return await _submit(edge, history, jobs, who, experiment, run, body)


@router.post("/experiments/{experiment}/startrun")
async def start_run(
    edge: EdgeOf, history: HistoryOf, jobs: ServiceOf, who: PrincipalOf, request: Request, experiment: str, run: RunId
) -> Any:  # fmt: skip
    """Run a project on a compute whose files come with the request."""
    sent = parts(request.headers.get("content-type", ""), await whole_body(request, _MOST_PROJECT))
    if not {_DEFINITION, _PROJECT} <= sent.keys():
        raise UserError(f"the body needs the files {_DEFINITION} and {_PROJECT}")
    body = parsed(sent[_DEFINITION])
    body["SnapshotId"] = await asyncio.to_thread(Snapshots(edge, history.workspace).make, sent[_PROJECT])
    return await _submit(edge, history, jobs, who, experiment, run, body)


async def _submit(
    edge: Edge, history: History, jobs: JobService, who: Principal, experiment: str, run: str, body: dict[str, Any]
) -> Any:  # fmt: skip
    found = configuration(body)
    whole = mapping(body, "Configuration") or mapping(body, "configuration")
    merged = {**whole, "SnapshotId": text(body, "SnapshotId") or text(body, "snapshotId")}
    workspace = history.workspace
    properties = await asyncio.to_thread(job_properties, edge, workspace, experiment, merged, found, who.name)
    if parent := text(body, "ParentRunId"):
        properties["parentJobName"] = run_id(parent)
    await jobs.submit(job_name(run), properties)
    fields = {"scriptName": found.script or found.command, "cancelUri": _cancel(history, run), "target": found.target}
    await history.change(await history.run(run), Change(fields=fields, definition=whole))
    return {"runId": run}


def _cancel(history: History, run: str) -> str:
    return f"{history.address}/history/v1.0{history.workspace.path}/runs/{run}/cancel"


async def _definition(request: Request) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "")
    body = await whole_body(request, _MOST)
    if content_type.lower().startswith("application/json"):
        return parsed(body)
    found = parts(content_type, body)
    if _DEFINITION not in found:
        raise UserError(f"the body has no file {_DEFINITION}")
    return parsed(found[_DEFINITION])


async def _begin(
    history: History, experiment_id: str, run: str, body: dict[str, Any], found: Configuration
) -> None:  # fmt: skip
    try:
        there = await history.run(run)
    except NotFoundError:
        pass
    else:
        if there["info"].get("status") in FINAL:
            raise ConflictError(f"the run {run} has ended: submit under another id")
    parent, snapshot = text(body, "ParentRunId"), text(body, "SnapshotId")
    properties = {"_azureml.ComputeTargetType": "local" if found.target == LOCAL else "amlcompute"}
    change = Change(
        status="Preparing",
        parent=run_id(parent) if parent else "",
        properties={**properties, **({"ContentSnapshotId": snapshot} if snapshot else {})},
        fields={
            "runType": "azureml.scriptrun",
            "runTypeV2": {"orchestrator": "Execution", "traits": []},
            "target": found.target,
            "scriptName": found.script or found.command,
            "cancelUri": _cancel(history, run),
        },
        definition=body.get("Configuration") or body.get("configuration"),
    )
    await history.put(experiment_id, run, change)
