"""Azure's execution service: `/execution/v1.0/{workspace}/experiments/{experiment}/...`, by which azureml-core submits.

The routes are those of azureml-core's `azureml/_execution/_commands.py`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Query as Asked

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.documents import parsed, text, whole_body
from drivetrain.view.api.azure.execution.configuration import LOCAL, Configuration, configuration
from drivetrain.view.api.azure.execution.local import checked, package
from drivetrain.view.api.azure.execution.multipart import parts
from drivetrain.view.api.azure.history.model import FINAL, Change, run_id
from drivetrain.view.api.azure.history.runs import History, HistoryOf

router = APIRouter(tags=["execution"])
_MOST = 64 * 1024 * 1024
_DEFINITION = "definition.json"
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
            "cancelUri": f"{history.address}/history/v1.0{history.workspace.path}/runs/{run}/cancel",
        },
        definition=body.get("Configuration") or body.get("configuration"),
    )
    await history.put(experiment_id, run, change)
