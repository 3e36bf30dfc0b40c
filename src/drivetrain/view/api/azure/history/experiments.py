"""Experiments as Azure's run history speaks of them. They are MLflow's; an archived one is marked by a tag, because
MLflow's own way (deleting it) would delete its runs.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as Asked
from fastapi.responses import JSONResponse

from drivetrain.errors import ConflictError, UserError
from drivetrain.view.api.azure.documents import Document, text, texts, utc
from drivetrain.view.api.azure.history import filters
from drivetrain.view.api.azure.history.model import ARCHIVED, NOTE, experiment_document, tags_of
from drivetrain.view.api.azure.history.runs import History, HistoryOf, Query

router = APIRouter(tags=["run history"])
_LONGEST_NAME = 256


@router.post("/experiments/{experiment}")
async def make(history: HistoryOf, experiment: str) -> Any:
    """The experiment of this name, made if it is not there."""
    if not experiment.strip() or len(experiment) > _LONGEST_NAME:
        raise UserError(f"an experiment's name has 1 to {_LONGEST_NAME} characters")
    return experiment_document(await history.make_experiment(experiment))


@router.get("/experiments/{experiment}")
async def get(history: HistoryOf, experiment: str) -> Any:
    """The experiment of this name."""
    return experiment_document(await history.experiment(experiment))


@router.get("/experimentids/{experiment_id}")
async def get_by_id(history: HistoryOf, experiment_id: str) -> Any:
    """The experiment of this id."""
    return experiment_document(await history.experiment_of_id(experiment_id))


@router.patch("/experimentids/{experiment_id}")
async def change(history: HistoryOf, experiment_id: str, body: Document) -> Any:
    """Rename, describe, tag, archive or reactivate an experiment."""
    await history.experiment_of_id(experiment_id)
    tags = dict(tags_of(texts(body, "tags")))
    if body.get("description") is not None:
        tags[NOTE] = text(body, "description")
    if isinstance(body.get("archive"), bool):
        tags[ARCHIVED] = utc(history.now()) if body["archive"] else ""
    await history.tag_experiment(experiment_id, tags)
    if text(body, "name"):
        await history.mlflow.post(
            "experiments/update", {"experiment_id": experiment_id, "new_name": text(body, "name")}
        )
    return experiment_document(await history.experiment_of_id(experiment_id))


@router.delete("/experimentids/{experiment_id}")
async def delete(history: HistoryOf, experiment_id: str) -> Any:
    """Delete an experiment without runs. Raises ConflictError when it has any."""
    await history.experiment_of_id(experiment_id)
    found, _ = await history.search([experiment_id], Query(None, top=1))
    if found:
        raise ConflictError("the experiment has runs: archive it instead")
    await history.mlflow.post("experiments/delete", {"experiment_id": experiment_id})
    return JSONResponse({}, 200)


@router.post("/experimentids/{experiment_id}/tags:delete")
async def delete_tags(history: HistoryOf, experiment_id: str, body: Document) -> Any:
    """Delete tags of an experiment."""
    names = body.get("tags") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError("'tags' must be a list of texts")
    tags_of(dict.fromkeys(names, ""))
    there = {tag["key"] for tag in (await history.experiment_of_id(experiment_id)).get("tags", [])}
    for name in there.intersection(names):
        await history.mlflow.post("experiments/delete-experiment-tag", {"experiment_id": experiment_id, "key": name})
    return {"errors": {}}


@router.post("/experiments:query")
async def query(history: HistoryOf, body: Document, view: Annotated[str, Asked(alias="viewType")] = "") -> Any:
    """The experiments that a filter wants."""
    wanted = filters.parse(text(body, "filter"))
    shown = text(body, "viewType") or view or "Default"
    return {"value": await _found(history, wanted, shown.lower()), "continuationToken": None}


@router.get("/experiments")
async def every(history: HistoryOf) -> Any:
    """Every experiment that is not archived."""
    return {"value": await _found(history, None, "default"), "continuationToken": None}


async def _found(history: History, wanted: filters.Expression | None, view: str) -> list[dict[str, Any]]:
    documents = [experiment_document(each) for each in await history.experiments()]
    return [each for each in documents if filters.holds(wanted, each) and _shown(view, each)]


def _shown(view: str, document: dict[str, Any]) -> bool:
    if view == "all":
        return True
    return bool(document["archivedTime"]) is (view == "archivedonly")
