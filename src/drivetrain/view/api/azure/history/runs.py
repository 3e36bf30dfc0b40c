"""The runs and experiments of a workspace, which are MLflow's own: one list for every client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

from fastapi import Depends

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.record.tracking.calls import MlflowCalls
from drivetrain.record.tracking.writes import parse
from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.documents import utc
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.history import filters
from drivetrain.view.api.azure.history.artifacts import run_files
from drivetrain.view.api.azure.history.details import LOG_FOLDERS
from drivetrain.view.api.azure.history.model import (
    FINAL,
    NAME,
    PARENT,
    PROJECT,
    ROOT,
    STARTED,
    STATUSES,
    WORKSPACE,
    Change,
    run_document,
    tags_for,
    tags_in,
    warnings_of,
)  # fmt: skip
from drivetrain.view.api.azure.history.model import (
    run_id as checked_run_id,
)
from drivetrain.view.api.azure.identity.authority import TOKEN_SECONDS
from drivetrain.view.api.azure.identity.model import Audience, Principal

PAGE, LARGEST_PAGE = 100, 1000
_MOST_WARNINGS = 9
_ORDER = {
    "starttimeutc": "attributes.start_time",
    "createdutc": "attributes.start_time",
    "endtimeutc": "attributes.end_time",
    "runid": "attributes.run_id",
    "status": "attributes.status",
    "name": "attributes.run_name",
    "displayname": "attributes.run_name",
}
Run = Mapping[str, Any]


class History:
    """What one principal may do with the runs of one workspace. Every call may raise UnavailableError."""

    def __init__(self, edge: Edge, workspace: Workspace, principal: Principal) -> None:
        self._edge = edge
        self.workspace = workspace
        self._principal = principal
        self.mlflow = MlflowCalls(edge.tracking)

    @property
    def address(self) -> str:
        """The edge's own."""
        return self._edge.address

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self._edge.clock.now().timestamp() * 1000)

    # Experiments

    async def experiment(self, name: str) -> Mapping[str, Any]:
        """The experiment of this name. Raises NotFoundError."""
        found = await self.mlflow.get("experiments/get-by-name", experiment_name=name)
        experiment: Mapping[str, Any] = found["experiment"]
        if experiment.get("lifecycle_stage") == "deleted":
            raise NotFoundError(f"the experiment '{name}' was deleted")
        return experiment

    async def experiment_of_id(self, experiment_id: str) -> Mapping[str, Any]:
        """The experiment of this id. Raises NotFoundError."""
        found: Mapping[str, Any] = (await self.mlflow.get("experiments/get", experiment_id=experiment_id))["experiment"]
        return found

    async def make_experiment(self, name: str) -> Mapping[str, Any]:
        """The experiment of this name, made if it is not there."""
        return await self.experiment_of_id(await self.mlflow.experiment(name))

    async def experiments(self) -> Sequence[Mapping[str, Any]]:
        """Every experiment, the newest first."""
        found: list[Mapping[str, Any]] = []
        token = ""
        while True:
            asked = {"max_results": LARGEST_PAGE, "order_by": ["creation_time DESC"], "page_token": token}
            page = await self.mlflow.post("experiments/search", asked)
            found += page.get("experiments", [])
            token = page.get("next_page_token", "")
            if not token:
                return found

    async def tag_experiment(self, experiment_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of an experiment."""
        for key, value in tags.items():
            asked = {"experiment_id": experiment_id, "key": key, "value": value}
            await self.mlflow.post("experiments/set-experiment-tag", asked)

    # Runs

    async def run(self, run_id: str) -> Run:
        """One run. Raises NotFoundError, also for one of another workspace."""
        run: Run = (await self.mlflow.get("runs/get", run_id=checked_run_id(run_id)))["run"]
        if not self._ours(run):
            raise NotFoundError(f"there is no run {run_id} in the workspace {self.workspace.name}")
        return run

    def _ours(self, run: Run) -> bool:
        return self.sees(tags_in(run))

    def sees(self, tags: Mapping[str, str]) -> bool:
        """Whether what has these tags is this workspace's. What plain MLflow made has no workspace: that of a project
        is seen in all of its own.
        """
        owner = tags.get(WORKSPACE, "")
        return owner == self.workspace.id if owner else tags.get(PROJECT, "") == self.workspace.project

    async def search(self, experiments: Sequence[str], query: Query) -> tuple[Sequence[dict[str, Any]], str]:
        """A page of the runs of these experiments that a query wants, and the token of the next page."""
        asked = {
            "experiment_ids": list(experiments),
            "max_results": query.top,
            "order_by": [query.order],
            "filter": query.mlflow_filter,
            "page_token": query.token,
        }
        page = await self.mlflow.post("runs/search", asked)
        documents = [run_document(run) for run in page.get("runs", []) if self._ours(run)]
        return [each for each in documents if filters.holds(query.wanted, each)], page.get("next_page_token", "")

    async def put(self, experiment_id: str, run_id: str, change: Change) -> Run:
        """Make the run, or change it. Raises NotFoundError, ConflictError, UserError."""
        try:
            before = await self.run(run_id)
        except NotFoundError:
            with suppress(ConflictError):  # somebody was quicker, or it is another's, which `run` says next
                await self._make(experiment_id, run_id, change)
                return await self.run(run_id)
            before = await self.run(run_id)
        return await self.change(before, change)

    async def _make(self, experiment_id: str, run_id: str, change: Change) -> None:
        status = change.status or "NotStarted"
        given = dict(self._edge.made_by(self._principal))
        tags = {**given, **tags_for(change, {}), WORKSPACE: self.workspace.id}
        if self.workspace.project:
            tags[PROJECT] = self.workspace.project
        if change.parent:
            tags[ROOT] = await self._root(change.parent)
        await self.mlflow.create_run(
            checked_run_id(run_id),
            {
                "experiment_id": experiment_id,
                "user_id": self._principal.name,
                "run_name": change.name or run_id,
                "start_time": self.now(),
                "tags": [{"key": key, "value": value} for key, value in tags.items()],
            },
        )
        if STATUSES[status] != "RUNNING":
            await self._set_status(run_id, STATUSES[status])
        self._keep_definition(run_id, change)

    async def _root(self, parent: str) -> str:
        return tags_in(await self.run(parent)).get(ROOT) or parent

    async def change(self, run: Run, change: Change) -> Run:
        """Change a run: the run as it is then."""
        run_id, before = run["info"]["run_id"], tags_in(run)
        tags, info = tags_for(change, before), dict(run["info"])
        if change.name:
            tags[NAME] = info["run_name"] = change.name
        await self.tag(run_id, tags)
        if change.status and STATUSES[change.status] != info.get("status"):
            info = await self._set_status(run_id, STATUSES[change.status], change.end)
        self._keep_definition(run_id, change)
        kept = [{"key": key, "value": value} for key, value in {**before, **tags}.items()]
        return {**run, "info": info, "data": {**run.get("data", {}), "tags": kept}}

    async def set_status(self, run: Run, status: str, end: int | None = None) -> None:
        """Say in which of Azure's statuses a run is. One that has ended stays as it is, but for another end."""
        mlflow = STATUSES[status]
        if run["info"].get("status") in FINAL and mlflow not in FINAL:
            return
        tags = {"drivetrain.run.status": status}
        if status == "Running" and STARTED not in tags_in(run):
            tags[STARTED] = str(self.now())
        await self.tag(run["info"]["run_id"], tags)
        if mlflow != run["info"].get("status"):
            await self._set_status(run["info"]["run_id"], mlflow, end)

    async def _set_status(self, run_id: str, mlflow: str, end: int | None = None) -> dict[str, Any]:
        asked: dict[str, Any] = {"run_id": run_id, "status": mlflow}
        if mlflow in FINAL:
            asked["end_time"] = end or self.now()
        info: dict[str, Any] = (await self.mlflow.post("runs/update", asked))["run_info"]
        return info

    async def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run. Raises UserError for names that MLflow does not take."""
        if tags:
            await self.write({"run_id": run_id, "tags": [{"key": k, "value": v} for k, v in tags.items()]})

    async def write(self, batch: Mapping[str, Any]) -> None:
        """Log a batch as MLflow's `runs/log-batch` takes it, by the journal if it can be. Raises UserError."""
        hot = parse("log-batch", json.dumps(batch).encode())
        if hot is None or not await self._edge.tracking.accept(hot):
            await self.mlflow.post("runs/log-batch", batch)

    async def untag(self, run: Run, names: Sequence[str]) -> Run:
        """Delete tags of a run."""
        run_id, there = run["info"]["run_id"], tags_in(run)
        for name in names:
            if name in there:
                await self.mlflow.post("runs/delete-tag", {"run_id": run_id, "key": name})
        return await self.run(run_id)

    async def children(self, run_id: str) -> Sequence[dict[str, Any]]:
        """The runs whose parent this is, the newest first."""
        run = await self.run(run_id)
        query = Query(filters.Comparison("ParentRunId", "eq", run_id), top=LARGEST_PAGE, mlflow=_tag_is(PARENT, run_id))
        found: list[dict[str, Any]] = []
        while True:
            page, token = await self.search([run["info"]["experiment_id"]], query)
            found += page
            if not token:
                return found
            query = query.next(token)

    # What MLflow has no place for

    async def keep(self, run: Run, **fields: Any) -> None:
        """Keep something of a run that Azure shows and MLflow does not know."""
        await self.tag(run["info"]["run_id"], tags_for(Change(fields=fields), tags_in(run)))

    async def warn(self, run: Run, source: str, message: str) -> None:
        """Add a warning to a run; the oldest give way."""
        known = warnings_of(tags_in(run))[-_MOST_WARNINGS:]
        await self.keep(run, warnings=[*known, {"source": source[:200], "message": message[:500]}])

    def token(self) -> dict[str, str]:
        """A token for whoever asks, for an hour."""
        until = int(self._edge.clock.now().timestamp() + TOKEN_SECONDS) * 1000
        token = self._edge.authority.issue(self._principal, Audience.MACHINE_LEARNING)
        return {"token": token, "expiryTimeUtc": utc(until)}

    def logs(self, run: Run) -> Mapping[str, str]:
        """The logs of a run by name, with addresses to read them at."""
        links = run_files(self._edge, self.workspace, run)
        return {name: links.read_link(name) for folder in LOG_FOLDERS for name in links.names(folder)}

    def _keep_definition(self, run_id: str, change: Change) -> None:
        if change.definition is not None:
            self._edge.run_files.keep_definition(run_id, change.definition)

    def definition(self, run_id: str) -> Mapping[str, Any] | None:
        """The run configuration that a run was submitted with."""
        return self._edge.run_files.definition(run_id)


class Query:
    """Which runs are asked for, in which order, and from where on."""

    def __init__(
        self, wanted: filters.Expression | None, *, order: str = "", top: int = PAGE, token: str = "", mlflow: str = ""
    ) -> None:
        field, _, direction = order.strip().partition(" ")
        known = _ORDER.get(field.lower(), "attributes.start_time")
        self.wanted = wanted
        self.order = f"{known} {'ASC' if direction.strip().lower() == 'asc' else 'DESC'}"
        self.top = min(max(top, 1), LARGEST_PAGE)
        self.token = token
        self.mlflow_filter = mlflow or _pushed_down(wanted)

    def next(self, token: str) -> Query:
        """The same from a later page on."""
        found = Query(self.wanted, top=self.top, token=token, mlflow=self.mlflow_filter)
        found.order = self.order
        return found


def _pushed_down(wanted: filters.Expression | None) -> str:
    """What of the filter MLflow can be asked: tags that are equal, where no quotes come into the way."""
    asked = filters.required_tags(wanted).items()
    return " and ".join(_tag_is(key, value) for key, value in asked if not {"`", "'", '"', "\\"} & {*key, *value})


def _tag_is(key: str, value: str) -> str:
    return f"tags.`{key}` = '{value}'"


def _history(edge: EdgeOf, workspace: WorkspaceOf, principal: PrincipalOf) -> History:
    return History(edge, workspace, principal)


HistoryOf = Annotated[History, Depends(_history)]
