"""What a push becomes where its pipeline names other repositories."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UnavailableError
from drivetrain.run.events import RunEvent
from drivetrain.run.model import Result, State
from drivetrain.run.ports import Changes, RunChange
from drivetrain.source.model import LaunchOutcome, Project, Reason, RefUpdate
from drivetrain.wire.asked import Wish
from drivetrain.wire.launch import launcher
from drivetrain.wire.repositories import UnreachableError
from drivetrain.wire.storage import Storage
from tests.unit.wire.conftest import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.home import Home

RESOURCES = "resources:\n  repositories:\n  - {repository: templates, type: %s, name: contoso/templates, ref: main}\n"
INCLUDE = "steps:\n- template: a.yml@templates\n"
CHECKOUT = "steps:\n- checkout: templates\n"


@dataclass(frozen=True)
class Server:
    """A project of a home, and what its pushes become."""

    storage: Storage
    project: Project
    shop: Origin

    def push(self, text: str) -> LaunchOutcome:
        sha = self.shop.commit(text, "azure-pipelines.yml")
        update = RefUpdate(self.project.id, "refs/heads/main", "", sha)
        event_id = self.storage.source_events.ingest(update, Reason.INDIVIDUAL_CI)
        assert event_id is not None
        self.storage.source_events.forget(self.project.id, update.ref)
        (event,) = (event for event in self.storage.source_events.pending() if event.id == event_id)
        return launcher(self.storage).launch_event(event, self.project)

    def scripts(self, outcome: LaunchOutcome) -> list[str]:
        plan = self.storage.runs.plan(outcome.run_id or 0)
        assert plan is not None
        return [step.inputs.get("script", "") for step in plan.stages[0].jobs[0].steps]


@pytest.fixture
def server(home: Home, tmp_path: Path) -> Iterator[Server]:
    shop = Origin(tmp_path / "shop")
    shop.path.mkdir()
    shop.git("init", "--quiet", "--initial-branch=main")
    storage = Storage(home)
    with closing(storage.runs), closing(storage.projects), closing(storage.source_events):
        yield Server(storage, storage.projects.add(Project(0, "shop", str(shop.path), "main"), {}), shop)


def test_a_push_takes_the_template_as_it_is_when_it_is_pushed(server: Server, origin: Origin) -> None:
    origin.commit("steps:\n- bash: echo one\n")
    first = server.push(RESOURCES % "github" + INCLUDE)
    origin.commit("steps:\n- bash: echo two\n")
    second = server.push(RESOURCES % "github" + INCLUDE + "# again\n")
    assert server.scripts(first)[-1] == "echo one"
    assert server.scripts(second)[-1] == "echo two"


def test_the_plan_of_a_push_has_the_commit_that_is_checked_out(server: Server, origin: Origin) -> None:
    sha = origin.commit("one")
    plan = server.storage.runs.plan(server.push(RESOURCES % "github" + CHECKOUT).run_id or 0)
    assert plan is not None
    assert plan.repositories["templates"].version == sha


@pytest.mark.parametrize("steps", [INCLUDE, CHECKOUT])
def test_a_host_that_is_down_is_asked_again_later(server: Server, origin: Origin, steps: str) -> None:
    origin.commit("steps:\n- bash: echo one\n")
    origin.path.rename(origin.path.with_name("gone"))
    with pytest.raises(UnavailableError, match="the repository 'templates'"):
        server.push(RESOURCES % "github" + steps)
    assert list(server.storage.runs.unfinished()) == []


@pytest.mark.parametrize("steps", [INCLUDE, CHECKOUT])
@pytest.mark.parametrize(("kind", "says"), [("git", "nobody said where its host is"), ("github", "has no main")])
def test_what_waiting_does_not_help_is_a_failed_run_that_says_so(
    server: Server, origin: Origin, steps: str, kind: str, says: str
) -> None:
    origin.git("symbolic-ref", "HEAD", "refs/heads/other")
    origin.commit("one")
    outcome = server.push(RESOURCES % kind + steps)
    assert outcome.why == "the file has errors"
    (issue,) = (event.data for event in server.storage.runs.events(outcome.run_id or 0) if event.type == "issue")
    assert says in str(issue["message"])
    assert (issue["file"], issue["line"]) == ("azure-pipelines.yml", 5 if steps == INCLUDE else 3)


def test_a_run_by_hand_says_it_at_once(server: Server, origin: Origin) -> None:
    origin.commit("one")
    server.shop.commit(RESOURCES % "github" + CHECKOUT, "azure-pipelines.yml")
    origin.path.rename(origin.path.with_name("gone"))
    with pytest.raises(UnreachableError):
        launcher(server.storage).launch_project(server.project, Wish("Ada"))


PIPELINES = "resources:\n  pipelines:\n  - {pipeline: Own, source: SHOP%s}\nsteps:\n- %s\n"


def end(storage: Storage, outcome: LaunchOutcome, minute: int) -> int:
    """The run has succeeded."""
    run_id = outcome.run_id or 0
    change = RunChange(State.COMPLETED, Result.SUCCEEDED, finished_at=f"2026-01-01T00:{minute:02}:00.000Z")
    event = RunEvent(storage.runs.last_seq(run_id) + 1, "2026-01-01T00:00:00.000Z", "run.completed")
    storage.runs.record(run_id, [event], Changes(change))
    return run_id


def test_a_run_keeps_the_runs_of_other_pipelines_that_were_found_for_it(server: Server) -> None:
    storage = server.storage
    first = end(storage, server.push("steps: [{script: a}]"), 1)
    second = server.push(PIPELINES % ("", "download: own"))
    end(storage, server.push("steps: [{script: b}]"), 2)
    again = launcher(storage).rerun(second.run_id or 0, Wish("Ada"))
    plan, same = storage.runs.plan(second.run_id or 0), storage.runs.plan(again.id)
    assert plan is not None
    assert plan == same
    assert (plan.pipelines["Own"].run_id, plan.pipelines["Own"].source) == (first, "shop")
    assert plan.pipelines["Own"].commit
    (step,) = (each for each in plan.stages[0].jobs[0].steps if each.task.startswith("Download"))
    assert step.inputs["runId"] == "$(resources.pipeline.Own.runID)"
    assert step.inputs["path"] == "$(Pipeline.Workspace)/Own"


def test_a_push_whose_pipeline_resource_has_no_run_is_a_failed_run(server: Server) -> None:
    outcome = server.push(PIPELINES % (", branch: nowhere", "download: own"))
    assert outcome.why == "the file has errors"
    (issue,) = server.storage.queries.timeline(outcome.run_id or 0).issues
    assert (issue.line, issue.column) == (3, 5)
    assert issue.message.startswith("the pipeline resource 'Own' has no run: The following pipeline does not exist")


def test_a_pipeline_resource_that_no_step_downloads_needs_no_run(server: Server) -> None:
    plan = server.storage.runs.plan(server.push(PIPELINES % (", tags: [x]", "script: a")).run_id or 0)
    assert plan is not None
    assert plan.pipelines["Own"].run_id == 0
