"""Our values -> the shapes of the API."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import quote

from drivetrain.view.api.own import shapes
from drivetrain.view.keys import job_key, key
from drivetrain.view.moments import from_milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.record.tracking.model import TrainingRun
    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import Artifact, Issue, JobRecord, Run, StageRecord, StepRecord, Timeline
    from drivetrain.view.logs.lines import Window
    from drivetrain.view.ports import ProjectStatus


def run(value: Run) -> shapes.RunShape:
    """A run."""
    source, commit = value.source, value.source.commit
    return shapes.RunShape(
        id=value.id,
        number=value.number,
        pipeline=value.pipeline,
        file=value.file,
        project=value.project,
        reason=value.reason,
        branch=source.ref,
        repository=source.uri,
        commit=shapes.CommitShape(
            sha=commit.sha, message=commit.message, author=commit.author_name, author_email=commit.author_email
        ),
        requested_for=value.requested_for,
        state=value.state,
        result=value.result,
        waiting=value.waiting,
        cancel_requested=value.cancel_requested,
        created_at=value.created_at,
        started_at=value.started_at,
        finished_at=value.finished_at,
        parameters=dict(value.parameters),
        variables=dict(value.variables),
        tags=list(value.tags),
        url=f"/runs/{value.id}",
    )


def timeline(value: Timeline) -> shapes.TimelineShape:
    """A run with everything below it."""
    steps: dict[tuple[object, int], list[StepRecord]] = defaultdict(list)
    for step in value.steps:
        steps[step.job, step.attempt].append(step)
    return shapes.TimelineShape(
        run=run(value.run),
        stages=[_stage(stage) for stage in value.stages],
        jobs=[_job(value.run.id, job, steps[job.ref, job.attempt]) for job in value.jobs],
        issues=[_issue(issue) for issue in value.issues],
        artifacts=[artifact(each) for each in value.artifacts],
    )


def _stage(value: StageRecord) -> shapes.StageShape:
    return shapes.StageShape(
        name=value.name,
        display_name=value.display_name,
        state=value.state,
        result=value.result,
        attempt=value.attempt,
        reason=value.reason,
        started_at=value.started_at,
        finished_at=value.finished_at,
        earlier=[
            shapes.EndedStageShape(
                attempt=each.attempt,
                result=each.result,
                reason=each.reason,
                started_at=each.started_at,
                finished_at=each.finished_at,
            )
            for each in value.earlier
        ],
    )


def _job(run_id: int, value: JobRecord, steps: Sequence[StepRecord]) -> shapes.JobShape:
    secret = {name.lower() for name in value.secret_outputs}
    where = f"/api/v1/runs/{run_id}/logs/{job_key(value.ref, value.attempt)}"
    return shapes.JobShape(
        key=job_key(value.ref, value.attempt),
        stage=value.ref.stage,
        job=value.ref.job,
        leg=value.ref.leg,
        attempt=value.attempt,
        stage_attempt=value.stage_attempt,
        display_name=value.display_name,
        state=value.state,
        result=value.result,
        reason=value.reason,
        started_at=value.started_at,
        finished_at=value.finished_at,
        outputs={name: text for name, text in value.outputs.items() if name.lower() not in secret},
        steps=[_step(step, f"{where}/{step.index}/lines") for step in steps],
    )


def _step(value: StepRecord, log: str) -> shapes.StepShape:
    return shapes.StepShape(
        index=value.index,
        name=value.name,
        display_name=value.display_name,
        task=value.task,
        state=value.state,
        result=value.result,
        outcome=value.outcome,
        exit_code=value.exit_code,
        reason=value.reason,
        tries=value.tries,
        percent=value.percent,
        started_at=value.started_at,
        finished_at=value.finished_at,
        log=log,
    )


def _issue(value: Issue) -> shapes.IssueShape:
    return shapes.IssueShape(
        type=value.type,
        message=value.message,
        job=job_key(value.job, value.attempt) if value.job else None,
        step=value.step,
        file=value.file,
        line=value.line,
        column=value.column,
        code=value.code,
    )


def artifact(value: Artifact) -> shapes.ArtifactShape:
    """An artifact."""
    return shapes.ArtifactShape(
        key=key(value.name),
        name=value.name,
        kind=value.kind,
        files=value.files,
        size=value.size,
        created_at=value.created_at,
        location=value.location,
        properties=dict(value.properties),
        removed_at=value.removed_at,
    )


def event(value: RunEvent) -> shapes.EventShape:
    """An event, without the value of a secret output."""
    data = dict(value.data)
    if data.get("secret"):
        data.pop("value", None)
    return shapes.EventShape(seq=value.seq, time=value.time, type=value.type, data=data)


def window(value: Window, *, complete: bool) -> shapes.LogWindowShape:
    """Lines of a log."""
    lines = [(str(line.kind), line.time_ms, [(span.text, span.style) for span in line.spans]) for line in value.lines]
    return shapes.LogWindowShape(start=value.start, total=value.total, size=value.size, complete=complete, lines=lines)


def training_run(value: TrainingRun) -> shapes.TrainingRunShape:
    """A training run."""
    return shapes.TrainingRunShape(
        id=value.id,
        pipeline_run_id=value.pipeline_run_id,
        job=value.job,
        experiment_id=value.experiment_id,
        experiment=value.experiment,
        name=value.name,
        status=value.status,
        started_at=from_milliseconds(value.start_time),
        finished_at=from_milliseconds(value.end_time) if value.end_time else "",
        params=dict(value.params),
        metrics={name: number if math.isfinite(number) else None for name, number in value.metrics.items()},
        tags=dict(value.tags),
        url=mlflow_page(value),
    )


def mlflow_page(value: TrainingRun) -> str:
    """Where MLflow shows a training run."""
    return f"/mlflow/#/experiments/{quote(value.experiment_id, safe='')}/runs/{quote(value.id, safe='')}"


def project(value: ProjectStatus) -> shapes.ProjectShape:
    """A project."""
    each = value.project
    return shapes.ProjectShape(
        id=each.id,
        name=each.name,
        url=each.url,
        branch=each.branch,
        file=each.file,
        watch=value.watch,
        checked_at=value.checked_at,
        problem=value.problem,
    )
