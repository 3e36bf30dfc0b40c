"""Runs as their hosts are told of them, made short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from drivetrain.clock import parse_timestamp
from drivetrain.record.tracking.model import TrainingRun
from drivetrain.run.model import JobRecord, JobRef, RepositorySource, Result, Run, StageRecord, State
from drivetrain.source.events import PullRequest
from drivetrain.source.model import Commit, Reason
from drivetrain.view.answers.story import Results, Story

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD, MERGE = "a" * 40, "c" * 40
NOW = parse_timestamp("2026-11-26T10:00:00.000Z")
PULL = PullRequest(7, "Better features", "ada", "refs/heads/feature/x", HEAD, "refs/heads/main")
BASE = "https://drivetrain.example.com"


def run(run_id: int = 12, /, **more: Any) -> Run:
    source = RepositorySource("churn", "https://x/churn.git", "/mirror", "refs/pull/7/merge", Commit(MERGE, "Merge"))
    found = Run(
        id=run_id,
        number=f"20261126.{run_id}",
        pipeline="churn",
        file="azure-pipelines.yml",
        reason=Reason.PULL_REQUEST,
        source=source,
        requested_for="ada",
        project_id=1,
        project="churn",
        state=State.COMPLETED,
        result=Result.SUCCEEDED,
        created_at="2026-11-26T09:00:00.000Z",
        started_at="2026-11-26T09:00:01.000Z",
        finished_at="2026-11-26T09:03:06.000Z",
    )
    return replace(found, **more)


def training(metrics: Mapping[str, float], params: Mapping[str, str] | None = None, **more: Any) -> TrainingRun:
    found = TrainingRun(
        id="t1", pipeline_run_id=12, job="Train", experiment_id="1", experiment="churn", name="brave-fox-1",
        status="FINISHED", start_time=1, end_time=2, params=params or {}, metrics=metrics, tags={},
    )  # fmt: skip
    return replace(found, **more)


def results(run_id: int = 12, /, **more: Any) -> Results:
    made = run(run_id, **more.pop("run", {}))
    return replace(Results(made, page=f"{BASE}/runs/{run_id}"), **more)


def job(name: str = "Train", result: Result | None = Result.SUCCEEDED, **more: Any) -> JobRecord:
    state = State.COMPLETED if result else State.RUNNING
    found = JobRecord(JobRef("Build", name), 1, name, state, result, started_at="2026-11-26T09:00:01.000Z")
    return replace(found, finished_at="2026-11-26T09:03:05.000Z" if result else "", **more)


def story(**more: Any) -> Story:
    found = Story(
        name="drivetrain/churn/pr",
        sha=HEAD,
        results=results(),
        stages=(StageRecord("Build", "Build", State.COMPLETED, Result.SUCCEEDED),),
        jobs=(job(),),
        pull_request=PULL,
        target="main",
    )
    return replace(found, **more)
