"""What becomes of events: runs, or why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.source.git import GitError
from drivetrain.source.model import LaunchOutcome, Project, SourceEvent
from drivetrain.source.processing import Processor
from tests.unit.source.watching import World, push

if TYPE_CHECKING:
    from tests.unit.source.conftest import Repository


@dataclass
class Launcher:
    """Answers as it is told, and remembers."""

    answers: list[LaunchOutcome | Exception] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)

    def launch_event(self, event: SourceEvent, project: Project) -> LaunchOutcome:
        self.moves.append((event.update.old_sha, event.update.new_sha))
        self.seen.append(f"{project.name}:{event.update.ref}")
        answer = self.answers.pop(0) if self.answers else LaunchOutcome(len(self.seen), "wanted")
        if isinstance(answer, Exception):
            raise answer
        return answer


def processor(world: World, launcher: Launcher) -> Processor:
    return Processor(world.projects, world.events, launcher, report=world.reports.append, steady=lambda: world.time)


def test_events_become_runs_and_their_outcome_is_kept(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one")
    world.watcher.look()
    launcher = Launcher([LaunchOutcome(None, "the pipeline file says trigger: none")])
    assert processor(world, launcher).process() == 0
    push(work, world, "two")
    world.watcher.look()
    assert processor(world, launcher).process() == 1
    outcomes = [(event.run_id, event.outcome) for event in world.events.recent(world.project.id)]
    assert outcomes == [(2, "wanted"), (None, "the pipeline file says trigger: none")]


def test_a_deleted_branch_is_done_with_without_a_launch(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one", "main:dev")
    work.git("push", "--quiet", str(world.bare), ":dev")
    world.watcher.look()
    launcher = Launcher()
    processor(world, launcher).process()
    assert launcher.seen == ["p:refs/heads/dev"]
    assert world.events.recent(world.project.id)[0].outcome == "refs/heads/dev was deleted"


def test_a_file_that_is_not_there_is_an_outcome_and_an_outage_is_tried_again(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one", "main", "main:dev")
    world.watcher.look()
    launcher = Launcher([GitError("the host is down"), NotFoundError("azure-pipelines.yml is not in commit x")])
    handler = processor(world, launcher)
    assert handler.process() == 0
    assert len(world.events.pending()) == 1, "the other one was not held up"
    assert handler.process() == 0
    assert len(launcher.seen) == 2, "not tried again at once"
    world.pass_time(1.1)
    assert handler.process() == 1
    assert world.events.pending() == ()


def test_a_bug_in_one_event_stops_no_other_and_ends(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one", "main", "main:dev")
    world.watcher.look()
    handler = processor(world, Launcher([KeyError("x"), LaunchOutcome(1, "wanted"), KeyError("x"), KeyError("x")]))
    for _ in range(3):
        handler.process()
        world.pass_time(10)
    assert world.events.pending() == ()
    assert "a bug: KeyError: 'x'" in {event.outcome for event in world.events.recent(world.project.id)}


def test_pushes_that_wait_are_launched_together_with_all_that_changed(work: Repository, world: World) -> None:
    world.hook()
    waits = LaunchOutcome(None, "it waits", waits=True)
    launcher = Launcher([LaunchOutcome(1, "first"), waits, waits, waits])
    handler = processor(world, launcher)
    shas = []
    for message in ("one", "two", "three"):
        shas.append(push(work, world, message))
        world.watcher.look()
        handler.process()
    assert len(launcher.seen) == 3
    world.pass_time(1)
    assert handler.process() == 0
    world.pass_time(1)
    assert handler.process() == 1
    assert launcher.moves[3:] == [(shas[0], shas[2])] * 2, "both pushes are asked about as one"
    outcomes = [(event.state, event.run_id) for event in world.events.recent(world.project.id)]
    assert outcomes == [("done", 5), ("done", 5), ("done", 1)]
