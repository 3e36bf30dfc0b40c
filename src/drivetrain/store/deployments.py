"""Where the jobs of a run deploy to, and what came of it, in the transactions that write the run and its jobs: no
deployment is known without its job, nor a job without its deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.plan.model import ResourceKind
from drivetrain.run.deployments.model import Deployment
from drivetrain.run.model import JobRecord, RepositorySource, Result, State
from drivetrain.store.rows import from_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.plan.model import EnvironmentPlan, JobPlan, Plan, StagePlan

Job = tuple[str, str, int, str]
"""Stage, job, environment, resource."""

WORST = (Result.CANCELED, Result.FAILED, Result.SUCCEEDED_WITH_ISSUES, Result.SUCCEEDED, Result.SKIPPED)


def bind(connection: sqlite3.Connection, plan: Plan, project: str, now: str, by: str) -> tuple[Plan, list[Job]]:
    """The plan with the ids of its environments, which come into being when they are named for the first time; and its
    jobs that deploy. A name that is not known before the run is left alone: the stage's gate refuses it.
    """
    jobs: list[Job] = []

    def bound(stage: StagePlan, job: JobPlan) -> JobPlan:
        name = next((use.name for use in job.resources if use.kind is ResourceKind.ENVIRONMENT), "")
        if job.deployment is None or not name or "$(" in name:
            return job
        environment = find_or_make(connection, name, project, now, by)
        known = _resource(connection, environment, job.deployment.environment, now)
        jobs.append((stage.name, job.name, environment, job.deployment.environment.resource_name))
        return replace(job, deployment=replace(job.deployment, environment=known))

    if not any(job.deployment is not None for stage in plan.stages for job in stage.jobs):
        return plan, jobs
    stages = tuple(replace(stage, jobs=tuple(bound(stage, job) for job in stage.jobs)) for stage in plan.stages)
    return replace(plan, stages=stages), jobs


def find_or_make(connection: sqlite3.Connection, name: str, project: str, now: str, by: str) -> int:
    """The environment that a project means by this name; made when there is none."""
    row = connection.execute(
        "SELECT id FROM environments WHERE name = ? AND project IN (?, '') AND deleted_at = '' "
        "ORDER BY project = '' LIMIT 1",
        (name, project),
    ).fetchone()
    if row is not None:
        return int(row["id"])
    cursor = connection.execute(
        "INSERT INTO environments (project, name, created_at, created_by) VALUES (?, ?, ?, ?)", (project, name, now, by)
    )
    return int(cursor.lastrowid or 0)


def _resource(connection: sqlite3.Connection, environment: int, plan: EnvironmentPlan, now: str) -> EnvironmentPlan:
    plan = replace(plan, id=environment)
    if not plan.resource_name or "$(" in plan.resource_name:
        return plan
    connection.execute(
        "INSERT OR IGNORE INTO environment_resources (environment_id, name, type, tags, created_at) "
        "VALUES (?, ?, ?, ?, ?)",
        (environment, plan.resource_name, plan.resource_type, to_json(split_tags(plan.tags)), now),
    )
    row = connection.execute(
        "SELECT id FROM environment_resources WHERE (environment_id, name) = (?, ?)", (environment, plan.resource_name)
    ).fetchone()
    return replace(plan, resource_id=plan.resource_id or str(row["id"]))


def split_tags(text: str) -> list[str]:
    """Tags as a list."""
    return [tag.strip() for tag in text.split(",") if tag.strip()]


def put_jobs(connection: sqlite3.Connection, run_id: int, jobs: Sequence[Job]) -> None:
    """Write down where the jobs of a new run deploy to."""
    connection.executemany(
        "INSERT INTO deployment_jobs (run_id, stage, job, environment_id, resource) VALUES (?, ?, ?, ?, ?)",
        [(run_id, *job) for job in jobs],
    )


def follow(connection: sqlite3.Connection, run_id: int, records: Sequence[JobRecord]) -> None:
    """Jobs have changed: the deployments among them are written anew. One that has not begun is none."""
    if not any(record.started_at or record.state is State.COMPLETED for record in records):
        return
    rows = connection.execute("SELECT * FROM deployment_jobs WHERE run_id = ?", (run_id,)).fetchall()
    changed = {(record.ref.stage, record.ref.job) for record in records} if rows else set()
    for row in rows:
        if (row["stage"], row["job"]) in changed:
            _write(connection, row)


def _write(connection: sqlite3.Connection, place: sqlite3.Row) -> None:
    key = (place["run_id"], place["stage"], place["job"])
    legs: dict[str, JobRecord] = {}
    for row in connection.execute(
        "SELECT data FROM jobs WHERE (run_id, stage, job) = (?, ?, ?) ORDER BY position, attempt", key
    ):
        record = from_json(row["data"], JobRecord)
        legs[record.ref.leg] = record
    stage = connection.execute(
        "SELECT json_extract(data, '$.attempt') AS attempt FROM stages WHERE (run_id, name) = (?, ?)", key[:2]
    ).fetchone()
    attempt = int(stage["attempt"]) if stage else 1
    known = connection.execute(
        "SELECT data FROM deployments WHERE (run_id, stage, job, attempt) = (?, ?, ?, ?)", (*key, attempt)
    ).fetchone()
    base = from_json(known["data"], Deployment) if known else _new(connection, place, attempt)
    if not known and not any(leg.started_at for leg in legs.values()):
        return
    data = to_json(_progress(base, list(legs.values())))
    connection.execute(
        "INSERT INTO deployments (environment_id, run_id, stage, job, attempt, data) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET data = excluded.data",
        (base.environment_id, *key, attempt, data),
    )


def _new(connection: sqlite3.Connection, place: sqlite3.Row, attempt: int) -> Deployment:
    run = connection.execute(
        "SELECT number, pipeline, project, source, requested_for FROM runs WHERE id = ?", (place["run_id"],)
    ).fetchone()
    source = from_json(run["source"], RepositorySource)
    return Deployment(
        place["environment_id"],
        place["run_id"],
        place["stage"],
        place["job"],
        attempt,
        place["resource"],
        run["number"],
        run["pipeline"],
        run["project"],
        source.ref,
        source.commit.sha,
        source.commit.message,
        run["requested_for"],
    )


def _progress(deployment: Deployment, legs: list[JobRecord]) -> Deployment:
    started = min((leg.started_at for leg in legs if leg.started_at), default="")
    over = all(leg.state is State.COMPLETED for leg in legs)
    results = [leg.result for leg in legs if leg.result is not None and leg.result is not Result.SKIPPED]
    worst = next((result for result in WORST if result in results), Result.SKIPPED)
    return replace(
        deployment,
        display_name=legs[0].display_name if len(legs) == 1 else deployment.job,
        state=State.COMPLETED if over else State.RUNNING,
        result=worst if over else None,
        started_at=started,
        finished_at=max(leg.finished_at for leg in legs) if over else "",
    )
