"""What keeps jobs of Azure Machine Learning, and who has the nodes of computes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.definition.azureml.model import JobKind
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.plan.model import JobPlan, Plan, StagePlan
from drivetrain.registry.model import Workspace
from drivetrain.run.azureml.model import AzureJob, JobStatus
from drivetrain.run.azureml.ports import JobsWanted
from drivetrain.run.events import RunEvent
from drivetrain.run.model import AZURE_ML, RepositorySource, Result, StageRecord, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.source.model import Commit, Reason
from drivetrain.store.azure_jobs import SqliteAzureJobs
from drivetrain.store.compute_nodes import SqliteComputeNodes
from drivetrain.store.database import Database
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.workspaces import SqliteWorkspaces

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.azureml.ports import AzureJobs, ComputeNodes

AT = "2026-01-02T03:04:05.000Z"
JOB = AzureJob("w1", "happy_dog", JobKind.COMMAND, "exp", {"tags": {"a": "b"}}, created_by="ada")
PLAN = Plan("exp", "", "x", (StagePlan("job", "job", (JobPlan("command", "c", ()),)),))
SOURCE = RepositorySource("w", "u", "", "", Commit(""), AZURE_ML)


class Home:
    def __init__(self, path: Path) -> None:
        clock = FixedClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
        database = Database(path / "drivetrain.db")
        self.runs = SqliteRunStore(database, clock)
        self.jobs: AzureJobs = SqliteAzureJobs(database, clock)
        self.nodes: ComputeNodes = SqliteComputeNodes(database)
        for number in ("1", "2"):
            SqliteWorkspaces(database, clock).put(Workspace(f"w{number}", "s", "g", f"ws{number}"))

    def run(self) -> int:
        new = NewRun("exp", "", Reason.MANUAL, SOURCE, "ada")
        return self.runs.create(new, PLAN, number_key="k", number=lambda run_id, *_: str(run_id)).id

    def end(self, run_id: int) -> None:
        event = RunEvent(self.runs.last_seq(run_id) + 1, AT, "run.completed", {})
        self.runs.record(run_id, [event], Changes(RunChange(state=State.COMPLETED, result=Result.SUCCEEDED)))

    def end_stage(self, run_id: int, attempt: int = 1) -> None:
        stage = StageRecord("job", "job", State.COMPLETED, Result.SUCCEEDED, attempt)
        event = RunEvent(self.runs.last_seq(run_id) + 1, AT, "stage.completed", {})
        self.runs.record(run_id, [event], Changes(stages=[stage]))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_job_is_kept_and_found_in_any_case(home: Home) -> None:
    kept = home.jobs.add(JOB)
    assert kept == replace(JOB, created_at=AT, updated_at=AT, updated_by="ada")
    assert home.jobs.get("w1", "Happy_Dog") == kept
    with pytest.raises(ConflictError):
        home.jobs.add(replace(JOB, name="HAPPY_DOG"))
    home.jobs.add(replace(JOB, workspace="w2"))
    with pytest.raises(NotFoundError):
        home.jobs.get("w1", "nobody")


def test_what_may_change(home: Home) -> None:
    home.jobs.add(JOB)
    run_id = home.run()
    changed = home.jobs.change(
        "w1",
        "happy_dog",
        lambda job: replace(
            job, body={"x": 1}, archived=True, run_id=run_id, job="job.command", status=JobStatus.FAILED, reason="r",
            started_at="a", finished_at="b", name="other", kind=JobKind.SWEEP,
        ),
        by="eve",
    )  # fmt: skip
    assert (changed.name, changed.kind) == ("happy_dog", JobKind.COMMAND)
    assert (changed.body, changed.archived, changed.run_id, changed.job) == ({"x": 1}, True, run_id, "job.command")
    assert (changed.status, changed.reason, changed.started_at, changed.finished_at, changed.updated_by) == (
        JobStatus.FAILED, "r", "a", "b", "eve",
    )  # fmt: skip
    assert home.jobs.of_run(run_id) == [changed]
    with pytest.raises(NotFoundError):
        home.jobs.change("w1", "nobody", lambda job: job)


def test_a_change_that_fails_changes_nothing(home: Home) -> None:
    kept = home.jobs.add(JOB)
    with pytest.raises(ConflictError):
        home.jobs.change("w1", JOB.name, lambda _: (_ for _ in ()).throw(ConflictError("no")))
    assert home.jobs.get("w1", JOB.name) == kept


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (JobsWanted(), ["tagged", "sweep", "plain"]),
        (JobsWanted(archived=None), ["tagged", "old", "sweep", "plain"]),
        (JobsWanted(archived=True), ["old"]),
        (JobsWanted(kind=JobKind.SWEEP), ["sweep"]),
        (JobsWanted(tag="k"), ["tagged"]),
        (JobsWanted(tag="k=v"), ["tagged"]),
        (JobsWanted(tag="k=w"), []),
        (JobsWanted(tag="k' OR 1=1 --"), []),
        (JobsWanted(parent="sweep"), ["trial"]),
        (JobsWanted(parent=None), ["trial", "tagged", "sweep", "plain"]),
        (JobsWanted(scheduled=True), ["tagged"]),
        (JobsWanted(schedule="nightly"), ["tagged"]),
        (JobsWanted(schedule="daily"), []),
        (JobsWanted(limit=2), ["tagged", "sweep"]),
    ],
)
def test_lists(home: Home, wanted: JobsWanted, names: list[str]) -> None:
    plain = replace(JOB, body={})
    for each in (
        replace(plain, name="plain"),
        replace(plain, name="sweep", kind=JobKind.SWEEP),
        replace(plain, name="old", archived=True),
        replace(plain, name="tagged", body={"tags": {"k": "v"}}, schedule="nightly"),
        replace(plain, name="trial", parent="sweep"),
        replace(plain, name="elsewhere", workspace="w2"),
    ):
        home.jobs.add(each)
    assert [job.name for job in home.jobs.list("w1", wanted).jobs] == names


def test_pages(home: Home) -> None:
    for number in range(5):
        home.jobs.add(replace(JOB, name=f"job{number}"))
    found, before = [], 0
    while True:
        page = home.jobs.list("w1", JobsWanted(limit=2, before=before))
        found.append([job.name for job in page.jobs])
        before = page.next
        if not before:
            break
    assert found == [["job4", "job3"], ["job2", "job1"], ["job0"]]


def test_unfinished(home: Home) -> None:
    home.jobs.add(JOB)
    home.jobs.add(replace(JOB, name="done", status=JobStatus.COMPLETED))
    assert [job.name for job in home.jobs.unfinished()] == ["happy_dog"]


def test_delete_takes_what_is_part_of_it(home: Home) -> None:
    for name, parent in (("top", ""), ("child", "top"), ("grandchild", "Child"), ("other", "")):
        home.jobs.add(replace(JOB, name=name, parent=parent))
    home.jobs.delete("w1", "TOP")
    assert [job.name for job in home.jobs.list("w1", JobsWanted(parent=None)).jobs] == ["other"]
    with pytest.raises(NotFoundError):
        home.jobs.delete("w1", "top")


def test_nodes_are_given_in_order(home: Home) -> None:
    first, second, third = ((home.run(), "job", 1) for _ in range(3))
    assert home.nodes.take("w1/big", first, 1)
    assert home.nodes.take("w1/big", first, 1)
    assert not home.nodes.take("w1/big", second, 1)
    assert not home.nodes.take("w1/big", third, 1)
    assert home.nodes.take("w1/other", (home.run(), "job", 1), 1)
    home.nodes.release(*first)
    assert not home.nodes.take("w1/big", third, 1)
    assert home.nodes.take("W1/BIG", second, 1)
    assert (home.nodes.holds(*first), home.nodes.holds(*second), home.nodes.holds(*third)) == (False, True, False)
    assert home.nodes.take("w1/big", third, 2)


def test_what_a_killed_driver_held_is_free(home: Home) -> None:
    first, second, third = ((home.run(), "job", 1) for _ in range(3))
    assert home.nodes.take("c", first, 1)
    assert not home.nodes.take("c", second, 1)
    home.end(first[0])
    assert home.nodes.take("c", second, 1)
    assert not home.nodes.take("c", third, 1)
    home.end_stage(second[0])
    assert home.nodes.take("c", third, 1)


def test_who_gives_up_is_not_waited_for(home: Home) -> None:
    first, second, third = ((home.run(), "job", 1) for _ in range(3))
    assert home.nodes.take("c", first, 1)
    assert not home.nodes.take("c", second, 1)
    assert not home.nodes.take("c", third, 1)
    home.nodes.release(*second)
    home.nodes.release(*second)
    home.nodes.release(*first)
    assert home.nodes.take("c", third, 1)
