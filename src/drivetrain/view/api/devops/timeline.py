"""The timeline of a build: a tree of records for stages, phases, jobs and steps, as Azure's web page reads it.

Ids are always the same for the same thing; those of stages, jobs and steps are `System.StageId`, `System.JobId` and
`System.TaskInstanceId`. https://learn.microsoft.com/rest/api/azure/devops/build/timeline/get
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Response

from drivetrain.run.checks.model import Approval
from drivetrain.run.model import Issue, JobRecord, JobRef, StageRecord, State, StepRecord, Timeline
from drivetrain.run.predefined import guid
from drivetrain.run.runner.layout import step_id
from drivetrain.view.api.devops.access import LinksOf, ProjectOf, ServicesOf, TimelineOf
from drivetrain.view.api.devops.approval_ids import approval_id
from drivetrain.view.api.devops.build_logs import log_numbers
from drivetrain.view.api.devops.links import NOBODY, Links, without_nothing
from drivetrain.view.api.devops.teams import TeamProject
from drivetrain.view.api.devops.words import record_result, record_state

router = APIRouter(prefix="/{project}/_apis/build/builds/{build}/timeline", tags=["timeline"])
_WORKER = {"Job", "Task"}
_MOST_ISSUES = 10
"""Of each type in one record, as on Azure."""


@router.get("", response_model=None)
def get_timeline(services: ServicesOf, project: ProjectOf, links: LinksOf, timeline: TimelineOf) -> dict[str, Any]:
    """The timeline of a run."""
    asked = services.site.desk.of_run(timeline.run.id).approvals
    return _document(links, project, timeline, asked)


@router.get("/{timeline_id}", response_model=None)
def get_one(
    services: ServicesOf, project: ProjectOf, links: LinksOf, timeline: TimelineOf, timeline_id: str
) -> dict[str, Any] | Response:
    """The timeline by its id; any other id has none, which Azure answers with nothing."""
    if timeline_id.lower() not in {guid("timeline", timeline.run.id), NOBODY}:
        return Response(status_code=204)
    return get_timeline(services, project, links, timeline)


def _document(links: Links, project: TeamProject, timeline: Timeline, asked: Any) -> dict[str, Any]:
    run = timeline.run
    own = guid("timeline", run.id)
    events = len(timeline.steps) + len(timeline.jobs) + sum(step.state is State.COMPLETED for step in timeline.steps)
    return {
        "id": own,
        "changeId": events,
        "lastChangedBy": NOBODY,
        "lastChangedOn": run.finished_at or run.started_at or run.created_at,
        "records": list(Records(links, project, timeline, asked).all()),
        "url": links.api(f"build/builds/{run.id}/Timeline/{own}", project),
    }


class Records:
    """Makes the records of one run."""

    def __init__(self, links: Links, project: TeamProject, timeline: Timeline, asked: list[Approval]) -> None:
        self._links, self._project, self._timeline = links, project, timeline
        self._run = timeline.run.id
        self._asked = asked
        self._logs = log_numbers(timeline)
        self._issues: dict[tuple[JobRef | None, int, int | None], list[Issue]] = defaultdict(list)
        self._steps: dict[tuple[JobRef, int], list[StepRecord]] = defaultdict(list)
        for issue in timeline.issues:
            self._issues[issue.job, issue.attempt, issue.step].append(issue)
        for step in timeline.steps:
            self._steps[step.job, step.attempt].append(step)

    def all(self) -> Iterator[dict[str, Any]]:
        """Every record: parents come before their children."""
        for order, stage in enumerate(self._timeline.stages, 1):
            yield self._stage(order, stage)
            yield from self._checkpoint(stage)
        phases: dict[tuple[str, str], list[JobRecord]] = defaultdict(list)
        for job in self._timeline.jobs:
            phases[job.ref.stage, job.ref.job].append(job)
        for order, jobs in enumerate(phases.values(), 1):
            yield self._phase(order, jobs)
            for place, job in enumerate(jobs, 1):
                yield from self._job(place, job)

    def _record(self, kind: str, own: str, parent: str | None, record: Any, order: int, **more: Any) -> dict[str, Any]:
        found = {
            "previousAttempts": [],
            "id": own,
            "parentId": parent,
            "type": kind,
            "startTime": record.started_at or None,
            "finishTime": record.finished_at or None,
            "percentComplete": getattr(record, "percent", None),
            "state": record_state(record.state),
            "result": record_result(record.result),
            "changeId": 1,
            "lastModified": record.finished_at or record.started_at or self._timeline.run.created_at,
            "workerName": "drivetrain" if kind in _WORKER else None,
            "order": order,
            "errorCount": 0,
            "warningCount": 0,
            "attempt": getattr(record, "attempt", 1),
            "resultCode": record.reason or None,
            **more,
        }
        return {name: value for name, value in found.items() if value is not None or name in _ALWAYS}

    def _stage(self, order: int, stage: StageRecord) -> dict[str, Any]:
        own = guid(self._run, stage.name)
        place = {"timelineId": guid("timeline", self._run), "recordId": own}
        earlier = [{"attempt": each.attempt, **place} for each in stage.earlier]
        more = {"name": stage.display_name or stage.name, "identifier": stage.name, "previousAttempts": earlier}
        return self._record("Stage", own, None, stage, order, **more)

    def _checkpoint(self, stage: StageRecord) -> Iterator[dict[str, Any]]:
        """What people were asked before the stage: a checkpoint, and its approvals by their ids."""
        asked = [each for each in self._asked if each.stage == stage.name and not each.step]
        own = guid("checkpoint", self._run, stage.name)
        for order, each in enumerate(asked):
            waits = each.state == "pending"
            shared = {"startTime": each.created_at, "finishTime": each.finished_at or None}
            words = {
                **shared,
                "state": "inProgress" if waits else "completed",
                "result": None if waits else ("succeeded" if each.state == "approved" else "failed"),
                "attempt": each.attempt,
                "lastModified": each.finished_at or each.created_at,
            }
            if not order:
                yield {"id": own, "parentId": guid(self._run, stage.name), "type": "Checkpoint", "name": "Checkpoint",
                       **words}  # fmt: skip
            yield {"id": approval_id(each), "parentId": own, "type": "Checkpoint.Approval", "name": each.subject,
                   "order": order + 1, **words}  # fmt: skip

    def _phase(self, order: int, jobs: list[JobRecord]) -> dict[str, Any]:
        first, last = jobs[0], jobs[-1]
        ref = first.ref
        own, parent = guid("phase", self._run, ref.stage, ref.job), guid(self._run, ref.stage)
        more = {
            "name": first.display_name.rsplit(" ", 1)[0] if ref.leg else first.display_name or ref.job,
            "refName": ref.job,
            "identifier": f"{ref.stage}.{ref.job}",
            "state": record_state(_joined([job.state for job in jobs])),
            "startTime": min((job.started_at for job in jobs if job.started_at), default=None),
        }
        return self._record("Phase", own, parent, last, order, **more)

    def _job(self, order: int, job: JobRecord) -> Iterator[dict[str, Any]]:
        own = guid(self._run, job.ref, job.attempt)
        steps = self._steps[job.ref, job.attempt]
        issues = [issue for step in [None, *(each.index for each in steps)] for issue in self._of(job, step)]
        more = {
            "name": job.display_name or job.ref.job,
            "refName": job.ref.leg or job.ref.job,
            "identifier": str(job.ref),
            **self._with_issues(issues),
            **self._log(self._logs.get((job.ref, job.attempt, 0))),
        }
        parent = guid("phase", self._run, job.ref.stage, job.ref.job)
        yield self._record("Job", own, parent, job, order, **more)
        for step in steps:
            yield self._task(own, step)

    def _task(self, job: str, step: StepRecord) -> dict[str, Any]:
        name, _, version = step.task.partition("@")
        more = {
            "name": step.display_name or step.name,
            "refName": step.name,
            "task": {"id": guid("task", name.lower()), "name": name, "version": version or "1"} if name else None,
            **self._with_issues(self._issues[step.job, step.attempt, step.index]),
            **self._log(self._logs.get((step.job, step.attempt, step.index))),
        }
        own = step_id(self._run, step.job, step.attempt, step.index)
        return self._record("Task", own, job, step, step.index, **more)

    def _of(self, job: JobRecord, step: int | None) -> list[Issue]:
        return self._issues[job.ref, job.attempt, step]

    def _with_issues(self, issues: list[Issue]) -> dict[str, Any]:
        shown = [issue for kind in ("error", "warning") for issue in _typed(issues, kind)[:_MOST_ISSUES]]
        counts = {"errorCount": len(_typed(issues, "error")), "warningCount": len(_typed(issues, "warning"))}
        return {**counts, "issues": [_issue(each) for each in shown]} if issues else counts

    def _log(self, number: int | None) -> dict[str, Any]:
        if number is None:
            return {}
        url = self._links.api(f"build/builds/{self._run}/logs/{number}", self._project)
        return {"log": {"id": number, "type": "Container", "url": url}}


_ALWAYS = frozenset({"parentId", "startTime", "finishTime", "result", "percentComplete"})


def _typed(issues: list[Issue], kind: str) -> list[Issue]:
    return [issue for issue in issues if issue.type == kind]


def _joined(states: list[State]) -> State:
    """Of a phase: what all of its jobs are, else it runs."""
    return states[0] if len(set(states)) == 1 else State.RUNNING


def _issue(issue: Issue) -> dict[str, Any]:
    data = without_nothing(
        {
            "type": issue.type,
            "sourcepath": issue.file,
            "linenumber": str(issue.line) if issue.line else None,
            "columnnumber": str(issue.column) if issue.column else None,
            "code": issue.code,
        }
    )
    return {"type": issue.type, "category": "General", "message": issue.message, "data": data}
