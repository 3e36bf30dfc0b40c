"""A home with projects on real repositories, and everything that makes events and runs, without a server."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.run.events import RunEvent
from drivetrain.run.model import Result, StageRecord, State
from drivetrain.run.ports import Changes, RunChange
from drivetrain.source.events import PullRequest, PullRequestChanged
from drivetrain.source.git import Git
from drivetrain.source.model import Project, Reason, RefUpdate
from drivetrain.source.processing import Processor
from drivetrain.store.pipeline_schedules import SqlitePipelineSchedules
from drivetrain.wire.launch import Launcher, launcher
from drivetrain.wire.storage import Storage
from drivetrain.wire.triggers.threads import Triggers
from tests.unit.wire.conftest import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.home import Home
    from drivetrain.run.model import Run
    from drivetrain.source.model import SourceEvent

FILE = "azure-pipelines.yml"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
STEPS = "steps:\n- checkout: none\n- bash: 'true'\n"


@dataclass
class Ground:
    """What a server has, held in the hand: nothing happens unless it is told to."""

    home: Home
    root: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    seconds: float = 0.0
    """What the processor's own clock shows, by which it tries again."""

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """As a new server of the home: all that the one before remembered is gone."""
        self.storage = Storage(self.home)
        self.launcher: Launcher = launcher(self.storage)
        self.triggers = Triggers(self.storage, self.launcher.maker, self.clock)
        self.schedules = SqlitePipelineSchedules(self.storage.database)
        self.processor = Processor(
            self.storage.projects,
            self.storage.source_events,
            self.launcher,
            report=lambda _: None,
            steady=lambda: self.seconds,
        )

    def repository(self, name: str, text: str = STEPS) -> Origin:
        origin = Origin(self.root / name)
        origin.path.mkdir(parents=True)
        origin.git("init", "--quiet", "--initial-branch=main")
        origin.commit(text, FILE)
        return origin

    def project(self, origin: Origin, name: str = "", file: str = FILE, **more: float) -> Project:
        url = str(origin.path)
        project = Project(0, name or origin.path.name, url, "main", file, **more)  # type: ignore[arg-type]
        return self.storage.projects.add(project, Git(self.home.mirrors).refs(url))

    def see(self, project: Project) -> None:
        """Take in where every ref is now, as a look at the repository does; without making runs of it."""
        events = self.storage.source_events
        refs = Git(self.home.mirrors).refs(project.url)
        seen = events.positions(project.id)
        for ref in refs.keys() | seen.keys():
            made = events.ingest(RefUpdate(project.id, ref, seen.get(ref, ""), refs.get(ref, "")), Reason.INDIVIDUAL_CI)
            if made is not None:
                events.finish(made, None, "not looked at")

    def pull(self, project: Project, origin: Origin, **more: object) -> PullRequest:
        """Pull request 1: the branch `feature` into main."""
        head = origin.git("rev-parse", "feature")
        pull = PullRequest(1, "Better", "eve", "refs/heads/feature", head, "refs/heads/main")
        del project
        return replace(pull, **more)

    def happen(self, project: Project, cause: PullRequestChanged, once: str = "") -> SourceEvent:
        """The event, after it was handled."""
        pull = cause.pull_request
        update = RefUpdate(project.id, pull.ref, pull.base_sha, pull.head_sha)
        key = once or f"pr {project.id} {pull.number} {pull.head_sha} {cause.action} {cause.asked_by} {pull.state}"
        event_id = self.storage.source_events.add(update, Reason.PULL_REQUEST, cause, key)
        assert event_id is not None
        return self.handled(event_id)

    def handled(self, event_id: int) -> SourceEvent:
        self.processor.process()
        event = self.storage.source_events.get(event_id)
        assert event is not None
        return event

    def run_of(self, event: SourceEvent) -> Run:
        assert event.run_id is not None, event.outcome
        return self.storage.runs.get(event.run_id)

    def events(self, reason: Reason, project: Project) -> list[SourceEvent]:
        """Those of a reason, oldest first."""
        return [event for event in self.storage.source_events.recent(project.id)[::-1] if event.reason is reason]

    def end(self, run_id: int, result: Result = Result.SUCCEEDED, **stages: Result) -> None:
        """The run has ended; or, with stages, only these."""
        runs, at = self.storage.runs, "2026-01-01T00:00:00.000Z"
        begun = [StageRecord(name, name, State.RUNNING) for name in stages]
        ended = [StageRecord(name, name, State.COMPLETED, each) for name, each in stages.items()]
        change = None if stages else RunChange(State.COMPLETED, result, finished_at=at)
        for changes in (Changes(stages=begun), Changes(change, ended)):
            runs.record(run_id, [RunEvent(runs.last_seq(run_id) + 1, at, "x")], changes)


@pytest.fixture
def ground(home: Home, tmp_path: Path) -> Iterator[Ground]:
    made = Ground(home, tmp_path / "repositories")
    with closing(made.storage.runs), closing(made.storage.projects), closing(made.storage.source_events):
        yield made
