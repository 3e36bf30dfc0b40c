"""What one principal may do with the jobs of one workspace."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool

from drivetrain.definition.azureml.fields import Fields
from drivetrain.definition.azureml.model import JobHead
from drivetrain.definition.azureml.rest import head_from
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.plan.azureml.model import TrackedRun
from drivetrain.record.tracking.model import REPRODUCES
from drivetrain.run.azureml.model import JobStatus
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.history.model import Change, run_document, tags_of
from drivetrain.view.api.azure.history.runs import History
from drivetrain.view.api.azure.jobs.again import reproduced
from drivetrain.view.api.azure.jobs.models import Models
from drivetrain.view.api.azure.jobs.ports import REUSED, Tracked
from drivetrain.view.api.azure.jobs.shapes import WORKED_OUT, job_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.model import AzureJob
    from drivetrain.run.azureml.ports import JobsWanted
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.identity.model import Principal
    from drivetrain.view.api.azure.jobs.ports import Submission

_RUN_TYPES = {"Command": "azureml.scriptrun", "Sweep": "azureml.HyperDriveRun", "Pipeline": "azureml.PipelineRun"}


class JobService:
    """The verbs. Each may raise UnavailableError when MLflow cannot be had."""

    def __init__(self, edge: Edge, workspace: Workspace, principal: Principal) -> None:
        self._edge = edge
        self._workspace = workspace
        self._principal = principal
        self._history = History(edge, workspace, principal)

    async def get(self, name: str) -> AzureJob:
        """One of them. Raises NotFoundError."""
        return await run_in_threadpool(self._edge.jobs.get, self._workspace.id, name)

    async def show(self, job: AzureJob) -> dict[str, Any]:
        """One of them as clients read it."""
        progress, run = await asyncio.gather(run_in_threadpool(self._edge.desk.progress, job), self._run(job))
        return job_shown(self._workspace, job, progress, self._links(job), run)

    async def _run(self, job: AzureJob) -> Mapping[str, Any] | None:
        try:
            return await self._history.run(job.name)
        except NotFoundError:
            return None

    def _links(self, job: AzureJob) -> dict[str, str]:
        """Where people look: our page of the pipeline run that carries it out. It has a query, because azure-ai-ml adds
        `&tid=...` to it.
        """
        here = self._edge.pages or self._edge.address
        page = f"{here}/runs/{job.run_id}" if job.run_id is not None else here
        tracking = f"azureml://{self._edge.address.partition('://')[2]}/mlflow/v1.0{self._workspace.path}?"
        return {"Tracking": tracking, "Studio": f"{page}?job={job.name}"}

    async def list(self, wanted: JobsWanted) -> dict[str, Any]:
        """Those that are wanted, the newest first."""
        page = await run_in_threadpool(self._edge.jobs.list, self._workspace.id, wanted)
        shown = await run_in_threadpool(lambda: [self._edge.desk.progress(job) for job in page.jobs])
        runs = await self._runs(page.jobs)
        answer: dict[str, Any] = {
            "value": [
                job_shown(self._workspace, job, progress, self._links(job), runs.get(job.name))
                for job, progress in zip(page.jobs, shown, strict=True)
            ]
        }
        if page.next:
            answer["nextLink"] = self._edge.address + self._workspace.path + "/jobs?" + _query(wanted, page.next)
        return answer

    async def _runs(self, jobs: Sequence[AzureJob]) -> dict[str, Mapping[str, Any]]:
        """Their training runs by name, all at once."""
        experiments = {str(job.body.get("experimentId") or "") for job in jobs} - {""}
        if not experiments:
            return {}
        names = ", ".join(f"'{job.name}'" for job in jobs)
        asked = {"experiment_ids": sorted(experiments), "filter": f"attributes.run_id IN ({names})"}
        found = await self._history.mlflow.post("runs/search", {**asked, "max_results": len(jobs)})
        return {run["info"]["run_id"]: run for run in found.get("runs", [])}

    async def submit(self, name: str, properties: object, schedule: str = "") -> dict[str, Any]:
        """Make one, and have it carried out. Raises UserError, NotFoundError naming the field."""
        submission = await self._read(name, properties)
        made_by = await run_in_threadpool(self._edge.made_by, self._principal)
        marks = {REPRODUCES: made_by[REPRODUCES]} if REPRODUCES in made_by else {}
        return await self._launch(replace(submission, schedule=schedule, variables=marks), properties)

    async def reproduce(self, before: AzureJob, name: str, variables: Mapping[str, str]) -> dict[str, Any]:
        """Submit a command again under another name, to compare what comes of it; `variables` are its pipeline run's.
        Raises UserError, NotFoundError naming the field.
        """
        properties = reproduced(before)
        submission = await self._read(name, properties)
        held = await run_in_threadpool(self._edge.desk.hold, self._workspace, submission, before)
        return await self._launch(replace(held, variables=variables), properties)

    async def _read(self, name: str, properties: object) -> Submission:
        found, granted = await Models(self._edge, self._workspace, self._principal).found_in(properties)
        return await run_in_threadpool(self._edge.desk.read, self._workspace, name, found, granted)

    async def _launch(self, submission: Submission, properties: object) -> dict[str, Any]:
        tracked = await self._tracked(submission, properties)
        steps = [await self._tracked(step, step.properties) for step in submission.steps]
        try:
            job = await run_in_threadpool(
                lambda: self._edge.desk.launch(self._workspace, tracked, by=self._principal.name, steps=steps)
            )
        except BaseException:
            for each in (tracked, *steps):
                await self._history.set_status(await self._history.run(each.run.id), "Failed")
            raise
        return await self.show(job)

    async def _tracked(self, submission: Submission, properties: object) -> Tracked:
        run = await self._track(submission)
        return Tracked(submission, run, _kept(properties, submission, run))

    async def _track(self, submission: Submission) -> TrackedRun:
        """The training run that the job is."""
        head = submission.head
        identity = await self._history.mlflow.experiment(head.experiment)
        change = Change(
            status="Completed" if head.properties.get(REUSED) == "true" and submission.parent else "NotStarted",
            name=head.display_name or submission.name,
            description=head.description or None,
            parent=submission.parent,
            tags=tags_of(head.tags),
            properties={"azureml.runsource": _RUN_TYPES[submission.kind], **tags_of(head.properties)},
            fields={"target": head.compute or "serverless"},
        )
        run = await self._history.put(identity, submission.name, change)
        if mark := submission.variables.get(REPRODUCES):
            await self._history.tag(submission.name, {REPRODUCES: mark})
        root = run_document(run)["rootRunId"]
        return TrackedRun(submission.name, head.experiment, identity, root=root)

    async def change(self, job: AzureJob, properties: object) -> dict[str, Any]:
        """Change its name, description, tags, properties and whether it is archived; the rest stays as it is, as on
        Azure. Raises UserError.
        """
        fields = Fields(properties, "properties")
        head = head_from(fields)
        fields.checked()
        given = properties if isinstance(properties, dict) else {}
        if isinstance(given.get("isArchived"), bool) and given["isArchived"] is not job.archived:
            archived: bool = given["isArchived"]
            job = await run_in_threadpool(self._archive, job, archived=archived)
        await self._retitle(job, head, given)
        return await self.show(job)

    async def _retitle(self, job: AzureJob, head: JobHead, given: Mapping[str, Any]) -> None:
        try:
            run = await self._history.run(job.name)
        except NotFoundError:
            return
        change = Change(
            name=head.display_name,
            description=head.description if given.get("description") is not None else None,
            tags=tags_of(head.tags),
            properties=tags_of(head.properties),
        )
        await self._history.change(run, change)
        gone = set(run_document(run)["tags"]) - set(head.tags) if isinstance(given.get("tags"), dict) else set()
        await self._history.untag(run, sorted(gone))

    def _archive(self, job: AzureJob, *, archived: bool) -> AzureJob:
        return self._edge.jobs.change(
            self._workspace.id, job.name, lambda there: replace(there, archived=archived), by=self._principal.name
        )

    async def archive(self, name: str, *, archived: bool) -> None:
        """Archive the job that a training run is, or take it back; nothing when it is none."""
        try:
            job = await self.get(name)
        except NotFoundError:
            return
        await run_in_threadpool(self._archive, job, archived=archived)

    async def status(self, name: str) -> JobStatus | None:
        """How far the job is that a training run is, to be told who follows its log; None when it is none.

        Clients print a log only while the job goes on, and no job of Azure's ends before they have begun to look. One
        that has ended before anybody looked is said to be finishing, once: so its log is printed.
        """
        try:
            job = await self.get(name)
        except NotFoundError:
            return None
        status = (await run_in_threadpool(self._edge.desk.progress, job)).status
        return self._edge.watched.status(f"{job.workspace}/{job.name}", status)

    async def cancel(self, job: AzureJob) -> None:
        """Ask it to end; nothing for one that has ended."""
        await run_in_threadpool(lambda: self._edge.desk.cancel(job, by=self._principal.name))

    async def cancel_run(self, name: str) -> None:
        """Ask the job to end that a training run is; nothing when it is none."""
        with suppress(NotFoundError):
            await self.cancel(await self.get(name))

    async def delete(self, job: AzureJob) -> None:
        """Forget one that has ended, and its training run. Raises ConflictError while it is under way."""
        progress = await run_in_threadpool(self._edge.desk.progress, job)
        if not progress.status.final:
            raise ConflictError(f"the job '{job.name}' is {progress.status}", hint="cancel it first")
        if await self._run(job) is not None:
            await self._history.mlflow.post("runs/delete", {"run_id": job.name})
        await run_in_threadpool(self._edge.jobs.delete, self._workspace.id, job.name)


def _kept(properties: object, submission: Submission, tracked: TrackedRun) -> dict[str, Any]:
    """The properties as they are shown from now on: what is worked out is left out, and outputs say where they lie."""
    given = dict(properties) if isinstance(properties, dict) else {}
    found = {name: value for name, value in given.items() if name not in WORKED_OUT}
    outputs = {
        name: {**(found.get("outputs") or {}).get(name, {}), **more} for name, more in submission.outputs.items()
    }
    head = submission.head
    return {
        **found,
        "displayName": head.display_name or submission.name,
        "tags": dict(head.tags),
        "properties": dict(head.properties),
        "outputs": outputs,
        "experimentId": tracked.experiment_id,
    }


def _query(wanted: JobsWanted, skip: int) -> str:
    view = {False: "ActiveOnly", True: "ArchivedOnly", None: "All"}[wanted.archived]
    asked: dict[str, Any] = {"listViewType": view, "$skip": skip, "$top": wanted.limit}
    asked |= {"jobType": str(wanted.kind)} if wanted.kind else {}
    asked |= {"tag": wanted.tag} if wanted.tag else {}
    asked |= {"parentJobName": wanted.parent} if wanted.parent else {}
    asked |= {"scheduleId": wanted.schedule} if wanted.schedule else {}
    asked |= {"scheduled": str(wanted.scheduled).lower()} if wanted.scheduled is not None else {}
    return urlencode(asked)


def _service(edge: EdgeOf, workspace: WorkspaceOf, principal: PrincipalOf) -> JobService:
    """The verbs of a request."""
    return JobService(edge, workspace, principal)


ServiceOf = Annotated[JobService, Depends(_service)]
