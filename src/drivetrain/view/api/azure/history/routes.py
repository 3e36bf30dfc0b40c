"""Azure's run history as azureml-core and azure-ai-ml ask for it: `/history/v1.0/{workspace}/...`.

The routes are those of azureml-core's `azureml/_restclient/operations`: https://pypi.org/project/azureml-core/
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as Asked

from drivetrain.errors import UserError
from drivetrain.view.api.azure.documents import Document, TextList, mapping, milliseconds, objects, text
from drivetrain.view.api.azure.history import filters
from drivetrain.view.api.azure.history.details import details_document
from drivetrain.view.api.azure.history.model import change, run_document, tags_of
from drivetrain.view.api.azure.history.runs import History, HistoryOf, Query, Run
from drivetrain.view.api.azure.jobs.service import ServiceOf

router = APIRouter(tags=["run history"])
_BY_NAME = "/experiments/{experiment}/runs/{run}"
_BY_ID = "/experimentids/{experiment_id}/runs/{run}"
_EVENTS = {
    "Start": "Running",
    "Queued": "Queued",
    "Completed": "Completed",
    "Failed": "Failed",
    "Canceled": "Canceled",
    "CancelRequested": "CancelRequested",
}
_COUNTED = [
    "provisioning",
    "queued",
    "notStarted",
    "starting",
    "preparing",
    "running",
    "completed",
    "failed",
    "canceled",
    "notResponding",
]
_EVENT = "Microsoft.MachineLearning.Run."


@router.get("/runs/{run}")
@router.get(_BY_NAME)
@router.get(_BY_ID)
async def get_run(history: HistoryOf, run: str) -> Any:
    """One run."""
    return _shown(history, await history.run(run))


@router.patch(_BY_NAME)
async def put_run(history: HistoryOf, jobs: ServiceOf, experiment: str, run: str, body: Document) -> Any:
    """Make a run, or change it."""
    if isinstance(body.get("hidden"), bool):
        await jobs.archive(run, archived=body["hidden"])
    made = await history.make_experiment(experiment)
    return _shown(history, await history.put(made["experiment_id"], run, change(body)))


@router.patch(_BY_ID)
async def put_run_by_id(history: HistoryOf, experiment_id: str, run: str, body: Document) -> Any:
    """Make a run, or change it, of the experiment of an id."""
    there = await history.experiment_of_id(experiment_id)
    return _shown(history, await history.put(there["experiment_id"], run, change(body)))


@router.patch("/runs/{run}")
async def change_run(history: HistoryOf, run: str, body: Document) -> Any:
    """Change a run that is there."""
    return _shown(history, await history.change(await history.run(run), change(body)))


@router.patch("/experiments/{experiment}/batch/runs")
async def put_runs(history: HistoryOf, experiment: str, body: Document) -> Any:
    """Make or change many."""
    made = await history.make_experiment(experiment)
    found = {}
    for each in objects(body, "runs"):
        run = await history.put(made["experiment_id"], text(each, "runId"), change(each))
        found[text(each, "runId")] = _shown(history, run)
    return {"runs": found, "errors": {}}


@router.get("/runs/{run}/details")
@router.get(_BY_NAME + "/details")
@router.get(_BY_ID + "/details")
async def run_details(history: HistoryOf, jobs: ServiceOf, run: str) -> Any:
    """What there is to say of a run, with the addresses of its logs."""
    status = await jobs.status(run)  # first: once it says that the job has ended, the run has all that it wrote
    found = await history.run(run)
    document = details_document(found, history.definition(run), history.logs(found))
    return document if status is None else {**document, "status": str(status)}


@router.post("/experiments/{experiment}/runs:query")
async def query_runs(history: HistoryOf, experiment: str, body: Document) -> Any:
    """The runs of an experiment that a filter wants, a page at a time."""
    there = await history.experiment(experiment)
    top = body.get("top")
    query = Query(
        filters.parse(text(body, "filter")),
        order=text(body, "orderby") or text(body, "orderBy"),
        top=top if isinstance(top, int) else 100,
        token=text(body, "continuationToken"),
    )
    return await _page(history, [there["experiment_id"]], query)


@router.get("/experiments/{experiment}/runs")
async def list_runs(
    history: HistoryOf,
    experiment: str,
    wanted: Annotated[str, Asked(alias="$filter")] = "",
    order: Annotated[str, Asked(alias="$orderby")] = "",
    top: Annotated[int, Asked(alias="$top")] = 100,
    token: Annotated[str, Asked(alias="$continuationToken")] = "",
) -> Any:
    """The runs of an experiment, as older clients ask for them."""
    there = await history.experiment(experiment)
    query = Query(filters.parse(wanted), order=order, top=top, token=token)
    return await _page(history, [there["experiment_id"]], query)


async def _page(history: History, experiments: list[str], query: Query) -> dict[str, Any]:
    found, token = await history.search(experiments, query)
    return {"value": found, "continuationToken": token or None}


@router.get("/runs/{run}/children")
@router.get(_BY_NAME + "/children")
async def child_runs(history: HistoryOf, run: str, wanted: Annotated[str, Asked(alias="$filter")] = "") -> Any:
    """The runs that this one is the parent of."""
    meant = filters.parse(wanted)
    found = [each for each in await history.children(run) if filters.holds(meant, each)]
    return {"value": found, "continuationToken": None}


@router.get("/computes/{compute}/runs")
async def runs_on_compute(history: HistoryOf, compute: str) -> Any:
    """The newest runs that name this compute."""
    experiments = [each["experiment_id"] for each in await history.experiments()]
    query = Query(filters.Comparison("Target", "eq", compute), top=1000)
    return await _page(history, experiments, query) if experiments else {"value": []}


@router.get("/experiments/{experiment}/runcounts")
async def run_counts(history: HistoryOf, experiment: str) -> Any:
    """How many runs are in which status."""
    there = await history.experiment(experiment)
    counts = dict.fromkeys(
        ("provisioning", "queued", "notStarted", "starting", "preparing", "running", "completed", "failed", "canceled"),
        0,
    )
    query = Query(None, top=1000)
    while True:
        page, token = await history.search([there["experiment_id"]], query)
        for each in page:
            status = each["status"][:1].lower() + each["status"][1:]
            counts[status] = counts.get(status, 0) + 1
        if not token:
            return counts
        query = query.next(token)


@router.delete(_BY_NAME + "/tags")
async def delete_tags(history: HistoryOf, run: str, names: TextList) -> Any:
    """Delete tags of a run."""
    tags_of(dict.fromkeys(names, ""))
    return _shown(history, await history.untag(await history.run(run), names))


@router.post(_BY_NAME + "/events")
@router.post(_BY_ID + "/events")
@router.post("/runs/{run}/events")
async def post_event(history: HistoryOf, run: str, body: Document) -> Any:
    """Something happened to a run."""
    await _happened(history, await history.run(run), body)
    return {}


@router.post("/experiments/{experiment}/batch/events")
async def post_events(history: HistoryOf, experiment: str, body: Document) -> Any:
    """Something happened to many runs."""
    await history.experiment(experiment)
    for event in objects(body, "events"):
        data = mapping(event, "data")
        await _happened(history, await history.run(text(data, "RunId") or text(data, "runId")), event)
    return {"errors": []}


async def _happened(history: History, run: Run, event: dict[str, Any]) -> None:
    """https://learn.microsoft.com/azure/machine-learning/v1/how-to-track-monitor-analyze-runs"""
    kind = text(event, "name").removeprefix(_EVENT)
    data = mapping(event, "data")
    if kind in _EVENTS:
        await history.set_status(run, _EVENTS[kind], milliseconds(data.get("EndTime")))
    elif kind == "Error":
        await history.keep(run, error=_error(data.get("ErrorResponse")))
    elif kind == "Warning":
        await history.warn(run, text(data, "Source"), text(data, "Message"))


def _error(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise UserError("'ErrorResponse' must be an object")
    return found


@router.get(_BY_NAME + "/metricsingest/wait")
@router.get("/runs/{run}/metricsingest/wait")
async def metrics_are_in(history: HistoryOf, run: str) -> Any:
    """Metrics are readable as soon as they are acknowledged."""
    await history.run(run)
    return {}


@router.get(_BY_NAME + "/token")
@router.get(_BY_ID + "/token")
async def run_token(history: HistoryOf, run: str) -> Any:
    """A new token for whoever asks, while the old one is good."""
    await history.run(run)
    return history.token()


@router.post("/runs/{run}/spans")
@router.post(_BY_NAME + "/spans")
async def spans(history: HistoryOf, run: str) -> Any:
    """Traces of the client itself, which nobody reads here."""
    await history.run(run)
    return {}


@router.post("/runs/{run}/cancel")
@router.post(_BY_NAME + "/cancel")
async def cancel_run(history: HistoryOf, jobs: ServiceOf, run: str) -> Any:
    """Ask a run to end."""
    found = await history.run(run)
    await history.set_status(found, "CancelRequested")
    await jobs.cancel_run(run)
    return {}


def _shown(history: History, run: Run) -> dict[str, Any]:
    found = run_document(run)
    definition = history.definition(found["runId"])
    return found if definition is None else {**found, "runDefinition": definition}
