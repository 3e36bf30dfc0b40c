"""What runs of other pipelines and pushes to other repositories start.

https://learn.microsoft.com/azure/devops/pipelines/process/pipeline-triggers
https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#triggers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.model import Result
from drivetrain.run.predefined import Place, predefined
from drivetrain.source.events import PipelineCompleted, PullRequestChanged, RepositoryMoved
from drivetrain.source.model import Project, Reason, RefUpdate
from drivetrain.wire.asked import Wish
from tests.unit.wire.events.conftest import FILE, STEPS, Ground

if TYPE_CHECKING:
    from drivetrain.source.model import SourceEvent
    from tests.unit.wire.conftest import Origin

AFTER = (
    "trigger: none\npr: none\nresources:\n  pipelines:\n  - pipeline: lib\n    source: library-ci\n    trigger: %s\n"
    + STEPS
)


@pytest.fixture
def library(ground: Ground) -> Origin:
    return ground.repository("library", "trigger: none\n" + STEPS)


@pytest.fixture
def upstream(ground: Ground, library: Origin) -> Project:
    return ground.project(library, "Library-CI")


@pytest.fixture
def app(ground: Ground) -> Origin:
    return ground.repository("app", AFTER % "true")


@pytest.fixture
def downstream(ground: Ground, app: Origin) -> Project:
    return ground.project(app, "app-ci")


def started(ground: Ground, project: Project) -> list[SourceEvent]:
    ground.triggers.look()
    ground.processor.process()
    return ground.events(Reason.RESOURCE_TRIGGER, project)


def ran(ground: Ground, project: Project, branch: str = "", result: Result = Result.SUCCEEDED) -> int:
    run = ground.launcher.launch_project(project, Wish("Ada"), branch=branch)
    ground.end(run.id, result)
    return run.id


def test_a_run_that_succeeded_starts_the_pipeline_that_names_it(
    ground: Ground, app: Origin, upstream: Project, downstream: Project
) -> None:
    first = ran(ground, upstream)
    (event,) = started(ground, downstream)
    assert event.cause == PipelineCompleted("lib", first, "Library-CI", ground.storage.runs.get(first).number)
    run = ground.run_of(event)
    assert (run.reason, run.source.ref) == ("ResourceTrigger", "refs/heads/main")
    assert run.source.commit.sha == app.git("rev-parse", "HEAD")
    ran(ground, upstream)  # a newer one: the run keeps the one that started it
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    assert plan.pipelines["lib"].run_id == first
    found = predefined(Place(run, plan))
    assert (found["Resources.TriggeringAlias"], found["Resources.TriggeringCategory"]) == ("lib", "pipeline")
    assert (found["Build.TriggeredBy.BuildId"], found["Build.TriggeredBy.DefinitionName"]) == (str(first), "Library-CI")
    assert found["Build.TriggeredBy.DefinitionId"] == str(upstream.id)


def test_each_run_starts_it_once_also_after_a_crash(ground: Ground, upstream: Project, downstream: Project) -> None:
    run_id = ran(ground, upstream)
    assert len(started(ground, downstream)) == 1
    with ground.storage.database.writing() as connection:
        connection.execute("INSERT INTO progressed_runs (run_id) VALUES (?)", (run_id,))
    ground.start()
    assert len(started(ground, downstream)) == 1


@pytest.mark.parametrize("result", [Result.FAILED, Result.CANCELED])
def test_a_run_that_did_not_succeed_starts_nothing(
    ground: Ground, upstream: Project, downstream: Project, result: Result
) -> None:
    ran(ground, upstream, result=result)
    assert started(ground, downstream) == []


def test_stages_and_tags_start_it_when_all_of_them_are_there(
    ground: Ground, app: Origin, upstream: Project, downstream: Project
) -> None:
    app.commit(AFTER % "{stages: [Build, Test], tags: [good]}", FILE)
    ground.see(downstream)
    run = ground.launcher.launch_project(upstream, Wish("Ada"))
    ground.end(run.id, Build=Result.SUCCEEDED)
    assert started(ground, downstream) == []
    ground.storage.runs.change_tags(run.id, ["Good"], [])
    ground.end(run.id, Test=Result.SUCCEEDED_WITH_ISSUES)
    assert len(started(ground, downstream)) == 1  # the run itself goes on
    ground.end(run.id, Result.FAILED)
    assert len(started(ground, downstream)) == 1


def test_the_filters_of_the_default_branch_decide_and_the_same_repository_means_the_same_commit(
    ground: Ground, library: Origin, upstream: Project
) -> None:
    """https://learn.microsoft.com/azure/devops/pipelines/process/pipeline-triggers#branch-considerations-for-pipeline-completion-triggers"""
    library.commit(AFTER % "{branches: [main, x]}", "deploy.yml")
    library.git("checkout", "--quiet", "-b", "x")
    library.commit(AFTER % "{branches: [nothing]}" + "# x\n", "deploy.yml")
    library.git("branch", "y")
    library.git("checkout", "--quiet", "main")
    library.commit("later", "later.txt")
    deploy = ground.project(library, "deploy", "deploy.yml")
    ran(ground, upstream, "y")
    assert started(ground, deploy) == []
    ran(ground, upstream, "x")
    (event,) = started(ground, deploy)
    run = ground.run_of(event)
    assert (run.source.ref, run.source.commit.sha) == ("refs/heads/x", library.git("rev-parse", "x"))


def test_a_pipeline_that_names_itself_or_a_circle_ends(
    ground: Ground, app: Origin, library: Origin, upstream: Project, downstream: Project
) -> None:
    library.commit(AFTER.replace("library-ci", "app-ci") % "true", FILE)
    app.commit(AFTER % "true" + "# self\n", FILE)
    ground.see(upstream)
    ground.see(downstream)
    ran(ground, upstream)
    (event,) = started(ground, downstream)
    ground.end(ground.run_of(event).id)
    assert started(ground, upstream) == []
    assert len(started(ground, downstream)) == 1


def test_what_a_stranger_started_stays_without_secrets(ground: Ground, library: Origin, upstream: Project) -> None:
    """The merge of a fork's pull request, of one repository: its file is what the stranger wrote."""
    library.commit(AFTER % "true", "deploy.yml")
    deploy = ground.project(library, "deploy", "deploy.yml")
    library.git("checkout", "--quiet", "-b", "feature")
    library.commit(AFTER % "true" + "# mine\n", "deploy.yml")
    library.git("checkout", "--quiet", "main")
    fork = ground.pull(upstream, library, fork=True, source_url=str(library.path))
    run = ground.run_of(ground.happen(upstream, PullRequestChanged(fork, asked_by="ada", action="asked")))
    ground.end(run.id)
    (event,) = started(ground, deploy)
    after = ground.run_of(event)
    assert (after.restricted, after.source.commit.sha) == (True, run.source.commit.sha)


MOVED = (
    "trigger: none\nresources:\n  repositories:\n  - repository: tools\n    type: github\n    name: contoso/templates\n"
    "    ref: main\n    trigger: %s\nsteps:\n- checkout: tools\n"
)


def test_a_push_to_another_repository_starts_it_at_that_commit(
    ground: Ground, app: Origin, downstream: Project, origin: Origin
) -> None:
    origin.commit("one")
    app.commit(MOVED % "[main, 'x*']", FILE)
    ground.see(downstream)
    ground.start()
    assert started(ground, downstream) == []  # what was there starts nothing
    old, new = origin.git("rev-parse", "HEAD"), origin.commit("two")
    ground.start()
    (event,) = started(ground, downstream)
    assert event.cause == RepositoryMoved("tools", "contoso/templates", "refs/heads/main", old, new)
    assert event.outcome == (
        f"branch main is in what resources.repositories.tools.trigger.branches includes: 'main' ({FILE}:8:15)"
    )
    run = ground.run_of(event)
    later = origin.commit("three")
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    assert (plan.repositories["tools"].version, plan.repositories["tools"].ref) == (new, "refs/heads/main")
    assert later != new
    found = predefined(Place(run, plan))
    wanted = {
        "Build.Reason": "ResourceTrigger",
        "Build.Repository.Name": "contoso/templates",
        "Build.SourceBranch": "refs/heads/main",
        "Build.SourceVersion": new,
        "Resources.TriggeringAlias": "tools",
        "Resources.TriggeringCategory": "repository",
    }
    assert {name: found.get(name) for name in wanted} == wanted
    assert run.source.commit.sha == app.git("rev-parse", "HEAD")


def test_there_and_back_again_are_two_pushes_and_other_branches_none(
    ground: Ground, app: Origin, downstream: Project, origin: Origin
) -> None:
    one = origin.commit("one")
    app.commit(MOVED % "[main]", FILE)
    ground.see(downstream)
    started(ground, downstream)
    two = origin.commit("two")
    origin.git("branch", "other")
    for sha in (two, one, two):
        origin.git("reset", "--quiet", "--hard", sha)
        ground.start()
        events = started(ground, downstream)
    assert [event.cause.new_sha for event in events if isinstance(event.cause, RepositoryMoved)].count(two) == 3
    assert len([event for event in events if event.run_id]) == 3
    (other,) = (event for event in events if not event.run_id)
    assert other.outcome == "branch other is not in what resources.repositories.tools.trigger.branches includes"


def test_a_repository_that_is_a_project_too_is_looked_at_as_soon_as_that_has_moved(
    ground: Ground, app: Origin, downstream: Project, origin: Origin
) -> None:
    origin.commit("one")
    app.commit(MOVED % "[main]", FILE)
    ground.see(downstream)
    twin = ground.storage.projects.add(Project(0, "twin", origin.url + ".git", "main"), {})
    started(ground, downstream)
    new = origin.commit("two")
    assert started(ground, downstream) == []  # its time has not come
    events = ground.storage.source_events
    events.ingest(RefUpdate(twin.id, "refs/heads/main", "", new), Reason.INDIVIDUAL_CI)
    ground.triggers.look()
    (event,) = ground.events(Reason.RESOURCE_TRIGGER, downstream)
    assert isinstance(event.cause, RepositoryMoved)
    assert event.cause.new_sha == new


def test_a_repository_without_a_trigger_is_not_watched(
    ground: Ground, app: Origin, downstream: Project, origin: Origin
) -> None:
    for text in (MOVED.replace("    trigger: %s\n", ""), MOVED % "none"):
        app.commit(text, FILE)
        ground.see(downstream)
        for number in range(2):
            origin.commit(f"{text} {number}")
            ground.start()
            assert started(ground, downstream) == []


def test_the_trigger_of_self_is_the_pipelines_own(ground: Ground, app: Origin, downstream: Project) -> None:
    """ "The following two are equivalent", Azure says of it and of `trigger` at the root."""
    sha = app.commit("resources:\n  repositories:\n  - repository: self\n    trigger: [x]\n" + STEPS, FILE)
    events = ground.storage.source_events
    before = events.position(downstream.id, "refs/heads/main")
    for ref, old in (("refs/heads/main", before), ("refs/heads/x", "")):
        events.ingest(RefUpdate(downstream.id, ref, old, sha), Reason.INDIVIDUAL_CI)
    ground.processor.process()
    first, second = ground.events(Reason.INDIVIDUAL_CI, downstream)
    assert (first.run_id, second.run_id is None) == (None, False)
    assert second.outcome.startswith("branch x is in what resources.repositories.self.trigger.branches includes: 'x'")
