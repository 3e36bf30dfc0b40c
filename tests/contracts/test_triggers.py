"""What every implementation of `PipelineSchedules`, `ProgressedRuns` and `ResourceRefs` must do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
from msgspec.structs import replace

from drivetrain.plan.model import Plan
from drivetrain.run.events import RunEvent
from drivetrain.run.model import RepositorySource, Result, StageRecord, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.source.events import PullRequest, PullRequestChanged
from drivetrain.source.model import Commit, Project, Reason, RefUpdate, Schedule
from drivetrain.source.triggers.ports import BranchAt, Planned
from drivetrain.store.database import Database
from drivetrain.store.pipeline_schedules import SqlitePipelineSchedules
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.ref_runs import SqliteRefRuns
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.source_events import SqliteSourceEvents
from drivetrain.store.trigger_marks import SqliteProgressedRuns, SqliteResourceRefs

if TYPE_CHECKING:
    from pathlib import Path

A, B = "a" * 40, "b" * 40
MAIN = "refs/heads/main"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
NIGHTLY = Schedule("0 0 * * *", "nightly")


class Stores(NamedTuple):
    schedules: SqlitePipelineSchedules
    progressed: SqliteProgressedRuns
    refs: SqliteResourceRefs
    runs: SqliteRunStore
    ref_runs: SqliteRefRuns
    events: SqliteSourceEvents
    projects: SqliteProjects
    project: Project


@pytest.fixture(params=["sqlite"])
def stores(tmp_path: Path) -> Stores:
    database = Database(tmp_path / "drivetrain.db")
    projects = SqliteProjects(database)
    seen = {MAIN: A, "refs/tags/v1": A}
    project = projects.add(Project(0, "churn", "/repos/churn", "main"), seen)
    return Stores(
        SqlitePipelineSchedules(database),
        SqliteProgressedRuns(database),
        SqliteResourceRefs(database),
        SqliteRunStore(database),
        SqliteRefRuns(database),
        SqliteSourceEvents(database),
        projects,
        project,
    )


def at(stores: Stores, sha: str = A, ref: str = MAIN) -> BranchAt:
    return BranchAt(stores.project.id, ref, sha)


def planned(stores: Stores, due_at: datetime = NOON, schedule: Schedule = NIGHTLY) -> Planned:
    return Planned(stores.project.id, MAIN, schedule, due_at)


def test_branches_are_looked_at_once_for_each_of_their_moves(stores: Stores) -> None:
    assert list(stores.schedules.moved()) == [at(stores)]
    assert stores.schedules.file_id(stores.project.id, MAIN) is None
    stores.schedules.put(at(stores), "file", ())
    assert list(stores.schedules.moved()) == []
    assert stores.schedules.file_id(stores.project.id, MAIN) == "file"
    stores.events.ingest(RefUpdate(stores.project.id, MAIN, A, B), Reason.INDIVIDUAL_CI)
    assert list(stores.schedules.moved()) == [at(stores, B)]


def test_a_branch_that_is_gone_is_told_once_and_has_no_schedules_then(stores: Stores) -> None:
    stores.schedules.put(at(stores), "file", [planned(stores)])
    stores.events.ingest(RefUpdate(stores.project.id, MAIN, A, ""), Reason.INDIVIDUAL_CI)
    assert list(stores.schedules.moved()) == [at(stores, "")]
    stores.schedules.put(at(stores, ""), "", ())
    assert (list(stores.schedules.moved()), list(stores.schedules.every())) == ([], [])


def test_schedules_come_back_when_they_are_due_and_not_before(stores: Stores) -> None:
    stores.schedules.put(at(stores), "file", [planned(stores)])
    assert list(stores.schedules.due(NOON - timedelta(seconds=1))) == []
    assert list(stores.schedules.due(NOON)) == [planned(stores)]
    stores.schedules.advance(planned(stores), NOON + timedelta(days=1))
    assert list(stores.schedules.due(NOON)) == []
    stores.schedules.advance(planned(stores), None)
    assert list(stores.schedules.every()) == []


def test_a_schedule_that_stays_in_the_file_keeps_its_time(stores: Stores) -> None:
    stores.schedules.put(at(stores), "one", [planned(stores)])
    changed = replace(NIGHTLY, always=True)
    stores.schedules.put(at(stores, B), "two", [planned(stores, NOON + timedelta(days=9), changed)])
    assert list(stores.schedules.every(stores.project.id)) == [planned(stores, NOON, changed)]
    stores.schedules.put(at(stores, B), "two", None)
    assert len(stores.schedules.every()) == 1


def test_nothing_of_a_removed_project_is_due(stores: Stores) -> None:
    stores.schedules.put(at(stores), "file", [planned(stores)])
    stores.refs.put(stores.project.id, "/x", {MAIN: (A, 0)})
    stores.projects.remove(stores.project.id, delete_runs=False)
    assert (list(stores.schedules.due(NOON)), list(stores.schedules.moved())) == ([], [])
    assert stores.refs.positions(stores.project.id, "/x") is None


def new_run(stores: Stores, reason: Reason = Reason.SCHEDULE, sha: str = A, ref: str = MAIN) -> NewRun:
    source = RepositorySource("churn", "/repos/churn", "/repos/churn", ref, Commit(sha))
    return NewRun("churn", "azure-pipelines.yml", reason, source, "Ada", project_id=stores.project.id)


def create(stores: Stores, new: NewRun) -> int:
    plan = Plan("churn", "azure-pipelines.yml", "$(Rev:r)", ())
    return stores.runs.create(new, plan, number_key="", number=lambda *_: "1").id


def record(stores: Stores, run_id: int, changes: Changes) -> None:
    event = RunEvent(stores.runs.last_seq(run_id) + 1, "2026-01-01T00:00:00.000Z", "x")
    stores.runs.record(run_id, [event], changes)


def end(stores: Stores, run_id: int, result: Result = Result.SUCCEEDED) -> None:
    record(stores, run_id, Changes(RunChange(State.COMPLETED, result)))


def stage(state: State, result: Result | None = None) -> Changes:
    return Changes(stages=[StageRecord("Train", "Train", state, result)])


def test_a_run_is_marked_when_a_stage_or_all_of_it_has_ended(stores: Stores) -> None:
    run_id = create(stores, new_run(stores))
    record(stores, run_id, stage(State.PENDING))
    record(stores, run_id, stage(State.RUNNING))
    assert list(stores.progressed.pending()) == []
    record(stores, run_id, stage(State.COMPLETED, Result.SUCCEEDED))
    record(stores, run_id, stage(State.COMPLETED, Result.SUCCEEDED))
    ((found, mark),) = stores.progressed.pending()
    assert found == run_id
    end(stores, run_id)
    stores.progressed.done(run_id, mark)
    ((found, later),) = stores.progressed.pending()  # more has ended since
    stores.progressed.done(found, later)
    assert list(stores.progressed.pending()) == []


def test_a_run_of_a_working_tree_is_never_marked(stores: Stores) -> None:
    run_id = create(stores, replace(new_run(stores), project_id=None))
    record(stores, run_id, stage(State.PENDING))
    record(stores, run_id, stage(State.COMPLETED, Result.SUCCEEDED))
    end(stores, run_id)
    assert list(stores.progressed.pending()) == []


def test_refs_of_another_repository_come_back_with_how_often_they_moved(stores: Stores) -> None:
    project_id = stores.project.id
    assert stores.refs.positions(project_id, "/tools") is None
    stores.refs.put(project_id, "/tools", {})
    assert stores.refs.positions(project_id, "/tools") == {}
    stores.refs.put(project_id, "/tools", {MAIN: (A, 0), "refs/tags/v1": (A, 0)})
    stores.refs.put(project_id, "/tools", {MAIN: (B, 1)})
    assert stores.refs.positions(project_id, "/tools") == {MAIN: (B, 1), "refs/tags/v1": (A, 0)}


def test_a_run_keeps_what_started_it(stores: Stores) -> None:
    pull = PullRequest(7, "<b>$(reboot)", "eve", "refs/heads/x", B, MAIN, fork=True)
    cause = PullRequestChanged(pull, asked_by="ada", action="asked")
    run_id = create(stores, replace(new_run(stores), cause=cause, restricted=True))
    run = stores.runs.get(run_id)
    assert (run.cause, run.restricted) == (cause, True)
    plain = stores.runs.get(create(stores, new_run(stores)))
    assert (plain.cause, plain.restricted) == (None, False)


def test_runs_of_a_ref_are_found_by_how_they_stand(stores: Stores) -> None:
    first, second = create(stores, new_run(stores)), create(stores, new_run(stores, Reason.INDIVIDUAL_CI, B))
    create(stores, new_run(stores, ref="refs/heads/other"))
    place = (stores.project.id, MAIN)
    assert list(stores.ref_runs.unfinished(*place)) == [first, second]
    assert list(stores.ref_runs.unfinished(*place, Reason.SCHEDULE)) == [first]
    assert list(stores.ref_runs.of_commit(*place, B)) == [second]
    assert stores.ref_runs.last_scheduled(*place) is None
    end(stores, first, Result.FAILED)
    assert stores.ref_runs.last_scheduled(*place) is None
    end(stores, second)
    third = create(stores, new_run(stores, sha=B))
    end(stores, third, Result.SUCCEEDED_WITH_ISSUES)
    assert stores.ref_runs.last_scheduled(*place) == (third, B)
