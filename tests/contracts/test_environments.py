"""What every Environments must do, and how deployments come to be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.plan.model import (
    DeploymentPlan,
    EnvironmentPlan,
    JobPlan,
    LegPlan,
    Plan,
    ResourceKind,
    ResourceUse,
    StagePlan,
)
from drivetrain.run.checks.model import Resource
from drivetrain.run.model import JobRecord, JobRef, RepositorySource, Result, StageRecord, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.source.model import Commit, Project, Reason
from drivetrain.store.checks import SqliteChecks
from drivetrain.store.database import Database
from drivetrain.store.environments import SqliteEnvironments
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.runs import SqliteRunStore

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.deployments.ports import Environments
    from drivetrain.run.model import Run

SOURCE = RepositorySource("code", "/code", "/mirror", "refs/heads/main", Commit("c" * 40, "Change it", "Ada"))
AT = "2026-01-02T03:04:05.000Z"


@dataclass
class Home:
    database: Database
    clock: FixedClock

    def __post_init__(self) -> None:
        self.runs = SqliteRunStore(self.database, self.clock)
        self.environments: Environments = SqliteEnvironments(self.database, self.clock)

    def deploy(self, name: str = "staging", *, project: int | None = None, resource: str = "") -> tuple[Run, Plan]:
        environment = EnvironmentPlan(name, resource_name=resource, tags="a, b")
        legs = (LegPlan("deploy"), LegPlan("onSuccess"), LegPlan("onFailure"))
        uses = (ResourceUse(ResourceKind.ENVIRONMENT, name),)
        web = JobPlan("Web", "Web", (), legs=legs, deployment=DeploymentPlan("runOnce", environment), resources=uses)
        plan = Plan("p", "f.yml", "$(Rev:r)", (StagePlan("S", "S", (web,), resources=uses),))
        new = NewRun("p", "f.yml", Reason.MANUAL, SOURCE, "ada", project_id=project)
        run = self.runs.create(new, plan, number_key="", number=lambda *_: "1")
        self.runs.record(run.id, [], Changes(RunChange(state=State.RUNNING), [StageRecord("S", "S", State.RUNNING)]))
        stored = self.runs.plan(run.id)
        assert stored is not None
        return run, stored

    def job(self, run: Run, leg: str, state: State, result: Result | None = None, **given: object) -> None:
        started = "" if result is Result.SKIPPED or state is State.PENDING else AT
        finished = AT if state is State.COMPLETED else ""
        record = JobRecord(JobRef("S", "Web", leg), 1, "Web", state, result, started_at=started, finished_at=finished)
        self.runs.record(run.id, [], Changes(jobs=[replace(record, **given)]))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Database(tmp_path / "drivetrain.db"), FixedClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))


def test_it_comes_back_as_it_was_made(home: Home) -> None:
    made = home.environments.create("Staging", description="For the testers", by="ada")
    assert home.environments.get(made.id) == made
    assert home.environments.named("STAGING") == made
    assert (made.description, made.created_by, made.created_at) == ("For the testers", "ada", AT)


def test_a_project_has_its_own_else_the_homes(home: Home) -> None:
    own = home.environments.create("staging")
    assert home.environments.named("staging", "fraud") == own
    theirs = home.environments.create("staging", "fraud")
    assert home.environments.named("staging", "fraud") == theirs
    assert home.environments.named("staging", "churn") == own
    assert home.environments.all() == [own, theirs]


def test_a_name_is_taken_once_in_a_project(home: Home) -> None:
    home.environments.create("staging")
    with pytest.raises(ConflictError):
        home.environments.create("Staging")


def test_what_is_not_there_is_not_found(home: Home) -> None:
    home.environments.create("production")
    with pytest.raises(NotFoundError) as caught:
        home.environments.named("staging")
    assert "production" in caught.value.hint
    with pytest.raises(NotFoundError):
        home.environments.get(7)
    with pytest.raises(NotFoundError):
        home.environments.delete(7)
    with pytest.raises(NotFoundError):
        home.environments.put_resource(7, "vm")


def test_resources_are_kept_by_name(home: Home) -> None:
    made = home.environments.create("staging")
    first = home.environments.put_resource(made.id, "vm1", "VirtualMachine", ["web", "linux"])
    again = home.environments.put_resource(made.id, "VM1", "VirtualMachine", ["web"])
    assert (again.id, again.tags) == (first.id, ("web",))
    assert home.environments.get(made.id).resources == (again,)
    home.environments.remove_resource(made.id, "Vm1")
    assert home.environments.get(made.id).resources == ()
    with pytest.raises(NotFoundError):
        home.environments.remove_resource(made.id, "vm1")


def test_a_run_makes_the_environment_that_it_names_and_knows_its_id(home: Home) -> None:
    home.environments.create("other")
    _, plan = home.deploy(resource="vm1")
    (made,) = [each for each in home.environments.all() if each.name == "staging"]
    deployment = plan.stages[0].jobs[0].deployment
    assert deployment is not None
    assert (deployment.environment.id, deployment.environment.resource_id) == (made.id, str(made.resources[0].id))
    assert (made.created_by, made.resources[0].tags) == ("ada", ("a", "b"))
    _, again = home.deploy("STAGING")
    assert again.stages[0].jobs[0].deployment.environment.id == made.id  # type: ignore[union-attr]


def test_a_run_of_a_project_makes_its_own_unless_the_home_has_one(home: Home) -> None:
    home.environments.create("shared")
    project = SqliteProjects(home.database).add(Project(0, "fraud", "/repos/fraud", "main"), {})
    for name in ("shared", "mine"):
        home.deploy(name, project=project.id)
    assert [(each.name, each.project) for each in home.environments.all()] == [("mine", "fraud"), ("shared", "")]


def test_a_name_that_is_not_known_yet_makes_nothing(home: Home) -> None:
    home.deploy("$(target)")
    assert home.environments.all() == []


def test_a_deployment_is_known_from_its_beginning_to_its_end(home: Home) -> None:
    run, _ = home.deploy(resource="vm1")
    environment = home.environments.named("staging").id
    assert home.environments.history(environment) == []
    for leg in ("deploy", "onSuccess", "onFailure"):
        home.job(run, leg, State.PENDING)
    home.job(run, "deploy", State.RUNNING)
    (going,) = home.environments.history(environment)
    assert (going.state, going.result, going.started_at, going.finished_at) == (State.RUNNING, None, AT, "")
    home.job(run, "deploy", State.COMPLETED, Result.SUCCEEDED)
    home.job(run, "onSuccess", State.COMPLETED, Result.SUCCEEDED)
    assert home.environments.history(environment)[0].state is State.RUNNING
    home.job(run, "onFailure", State.COMPLETED, Result.SKIPPED)
    (ended,) = home.environments.history(environment)
    assert (ended.state, ended.result, ended.finished_at) == (State.COMPLETED, Result.SUCCEEDED, AT)
    assert (ended.run_id, ended.stage, ended.job, ended.attempt, ended.resource) == (run.id, "S", "Web", 1, "vm1")
    assert (ended.commit, ended.branch, ended.requested_for) == ("c" * 40, "refs/heads/main", "ada")
    assert home.environments.latest() == {environment: ended}


def test_a_deployment_that_failed_says_so_although_its_hook_ran(home: Home) -> None:
    run, _ = home.deploy()
    home.job(run, "deploy", State.COMPLETED, Result.FAILED)
    home.job(run, "onSuccess", State.COMPLETED, Result.SKIPPED)
    home.job(run, "onFailure", State.COMPLETED, Result.SUCCEEDED)
    assert home.environments.history(home.environments.named("staging").id)[0].result is Result.FAILED


def test_a_job_that_never_began_is_no_deployment(home: Home) -> None:
    run, _ = home.deploy()
    for leg in ("deploy", "onSuccess", "onFailure"):
        home.job(run, leg, State.COMPLETED, Result.SKIPPED)
    assert home.environments.history(home.environments.named("staging").id) == []


def test_another_attempt_of_the_stage_is_another_deployment(home: Home) -> None:
    run, _ = home.deploy()
    home.job(run, "deploy", State.COMPLETED, Result.FAILED)
    home.runs.record(run.id, [], Changes(stages=[StageRecord("S", "S", State.RUNNING, attempt=2)]))
    home.job(run, "deploy", State.COMPLETED, Result.SUCCEEDED, attempt=2)
    history = home.environments.history(home.environments.named("staging").id)
    assert [(each.attempt, each.result) for each in history] == [(2, Result.SUCCEEDED), (1, Result.FAILED)]


def test_history_outlives_its_run_and_its_environment(home: Home) -> None:
    run, _ = home.deploy()
    home.job(run, "deploy", State.COMPLETED, Result.SUCCEEDED)
    environment = home.environments.named("staging").id
    home.runs.record(run.id, [], Changes(RunChange(state=State.COMPLETED, result=Result.SUCCEEDED)))
    home.database.connections.get().execute("DELETE FROM runs")
    home.environments.delete(environment)
    assert [each.run_id for each in home.environments.history(environment)] == [run.id]


def test_a_new_environment_of_an_old_name_has_another_id_and_no_history_or_checks(home: Home) -> None:
    checks = SqliteChecks(home.database, home.clock)
    old = home.environments.create("staging")
    checks.add(Resource(ResourceKind.ENVIRONMENT, "staging"), "exclusiveLock", {"timeout": 5}, by="ada")
    home.environments.delete(old.id)
    new = home.environments.create("staging")
    assert new.id != old.id
    assert checks.all() == []
