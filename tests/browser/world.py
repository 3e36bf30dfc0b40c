"""Runs, projects and training runs in memory, for pages: what the storybook and the tests are made of."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.run.events import RunEvent
from drivetrain.run.model import JobRef, Run, State, Timeline
from drivetrain.store.checks import SqliteChecks
from drivetrain.store.database import Database
from drivetrain.store.environments import SqliteEnvironments
from drivetrain.store.personal_tokens import SqlitePersonalTokens
from drivetrain.store.rows import to_json
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.vault import FileVault
from drivetrain.store.verdicts import SqliteVerdicts
from drivetrain.view.deliveries import NoDeliveries
from drivetrain.view.folders import ArtifactFolders, LogFolders
from drivetrain.view.library import EmptyShelves
from drivetrain.view.models.ports import Registry
from drivetrain.view.ports import FilterChoices, ProjectStatus, QueueRequest, RunFilter
from drivetrain.view.reports.files import ReportFolders
from drivetrain.view.site import Site
from drivetrain.wire.desk import Desk as ChecksDesk
from drivetrain.wire.log_texts import LogTextFile
from tests.browser.desk import Desk
from tests.browser.reports_story import StoryReports
from tests.browser.story_models import StoryModels
from tests.browser.story_whys import StoryWhys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drivetrain.record.tracking.model import TrainingRun
    from drivetrain.run.reopen import Again
    from drivetrain.source.webhooks.ports import DeliveryBook
    from drivetrain.view.library import LibraryVerbs
    from drivetrain.view.serving.ports import Serves


@dataclass
class World:
    """Runs, projects and training runs in memory, changed under a lock; logs and artifacts in a real folder."""

    folder: Path
    timelines: dict[int, Timeline] = field(default_factory=dict)
    stream: dict[int, list[RunEvent]] = field(default_factory=dict)
    watched: list[ProjectStatus] = field(default_factory=list)
    trained: list[TrainingRun] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    library: LibraryVerbs = field(default_factory=EmptyShelves)
    desk: Desk = field(default_factory=Desk)
    deliveries: DeliveryBook = field(default_factory=NoDeliveries)
    whys: StoryWhys = field(default_factory=StoryWhys)
    models: StoryModels = field(default_factory=StoryModels)
    serves: Serves | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.database = Database(self.folder / "drivetrain.db")
        self.stored = SqliteRunStore(self.database)
        self.checks = SqliteChecks(self.database)
        self.environments = SqliteEnvironments(self.database)
        self.verdicts = SqliteVerdicts(self.database)

    def keep_run(self, run: Run) -> None:
        """A row of a run, for what is asked of people in it."""
        values = (run.id, run.number, run.pipeline, run.project, run.requested_for, run.source.ref, to_json(run.source))
        self.database.connections.get().execute(
            "INSERT INTO runs (id, number, pipeline, project, requested_for, branch, source, file, reason, commit_sha, "
            "created_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, '', 'Manual', '', '', 'running')",
            values,
        )

    @cached_property
    def reports(self) -> StoryReports:
        return StoryReports(self.folder)

    def add(self, timeline: Timeline) -> None:
        self.reports.add_run(timeline.run)
        with self.lock:
            self.timelines[timeline.run.id] = timeline
            self.stream.setdefault(timeline.run.id, [])

    def happen(self, run_id: int, kind: str, change: Callable[[Timeline], Timeline], **data: object) -> None:
        """A change and its event, together."""
        with self.lock:
            self.timelines[run_id] = change(self.timelines[run_id])
            events = self.stream[run_id]
            events.append(RunEvent(len(events) + 1, timestamp(datetime.now(UTC)), kind, data))

    # RunQueries
    def runs(self, wanted: RunFilter) -> Sequence[Run]:
        with self.lock:
            found = [timeline.run for _, timeline in sorted(self.timelines.items(), reverse=True)]
        return [run for run in found if _matches(run, wanted)][: wanted.limit]

    def choices(self) -> FilterChoices:
        found = [timeline.run for timeline in self.timelines.values()]
        projects = sorted({run.project for run in found if run.project})
        return FilterChoices(projects, projects, sorted({run.source.ref for run in found}))

    def timeline(self, run_id: int) -> Timeline:
        with self.lock:
            if run_id not in self.timelines:
                raise NotFoundError(f"there is no run {run_id}", hint="`drivetrain runs` lists those that there are")
            return self.timelines[run_id]

    def events(self, run_id: int, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        with self.lock:
            return self.stream.get(run_id, [])[after : after + limit]

    # TrainingRunQueries
    def of_pipeline_run(self, pipeline_run_id: int) -> Sequence[TrainingRun]:
        return [run for run in self.trained if run.pipeline_run_id == pipeline_run_id]

    def latest(self, limit: int = 200) -> Sequence[TrainingRun]:
        return sorted(self.trained, key=lambda run: -run.start_time)[:limit]

    # ProjectQueries
    def projects(self) -> Sequence[ProjectStatus]:
        return self.watched

    # Verbs
    def cancel(self, run_id: int, *, by: str) -> None:
        timeline = self.timeline(run_id)
        if timeline.run.state is State.COMPLETED:
            raise ConflictError(f"run {run_id} is completed", hint="there is nothing to cancel")
        self.asked.append(f"cancel {run_id} by {by}")
        self.happen(run_id, "run.canceling", lambda t: replace(t, run=replace(t.run, cancel_requested=True)))

    def start(self, run_id: int, stage: str, *, by: str) -> None:
        self.asked.append(f"start {stage} of {run_id} by {by}")

    def rerun(self, run_id: int, *, by: str) -> Run:
        old = self.timeline(run_id).run
        self.asked.append(f"rerun {run_id} by {by}")
        return self._start(old)

    def reopen(self, run_id: int, again: Again, *, by: str) -> Run:
        what = f"stages {', '.join(again.stages)}" if again.whole else "what failed"
        self.asked.append(f"rerun {what} of {run_id} by {by}")
        return self.timeline(run_id).run

    def queue(self, request: QueueRequest, *, by: str) -> Run:
        if request.branch == "nowhere":
            raise UserError("there is no branch 'nowhere'", hint="the branches are: main, next")
        without = f" without {', '.join(request.stages_to_skip)}" if request.stages_to_skip else ""
        self.asked.append(f"queue {request.project} {request.branch} by {by}{without}")
        return self._start(replace(next(iter(self.timelines.values())).run, project=request.project))

    def tag(self, run_id: int, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Sequence[str]:
        raise NotImplementedError

    def _start(self, old: Run) -> Run:
        new = replace(old, id=max(self.timelines) + 1, state=State.PENDING, result=None, started_at="", finished_at="")
        self.add(Timeline(new))
        return new

    def run_folder(self, run_id: int) -> Path:
        return self.folder / "runs" / str(run_id)

    def artifacts_folder(self, run_id: int) -> Path:
        return self.folder / "artifacts" / str(run_id)

    def log_path(self, run_id: int, job: JobRef, step: int, attempt: int = 1) -> Path:
        path = self.run_folder(run_id) / job.folder(attempt) / "logs" / f"{step:03d}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def site(self) -> Site:
        return Site(
            runs=self,
            logs=LogFolders(self.run_folder, LogTextFile),
            artifacts=ArtifactFolders(self.artifacts_folder),
            training=self,
            reports=self.reports.queries,
            report_files=ReportFolders(self.run_folder),
            projects=self,
            verbs=self,
            desk=ChecksDesk(self.checks, self.stored, FileVault(self.folder / "secret.key"), SystemClock()),
            environments=self.environments,
            tokens=SqlitePersonalTokens(Database(self.folder / "tokens.sqlite3")),
            clock=SystemClock(),
            library=self.library,
            retention=self.desk,
            deliveries=self.deliveries,
            whys=self.whys,
            registry=Registry(self.models, self.verdicts, self.models),
            verdicts=self.verdicts,
            serves=self.serves,
            owner="Mira Lindqvist",
            home="/home/mira/.local/share/drivetrain",
            poll_seconds=0.02,
        )


def _matches(run: Run, wanted: RunFilter) -> bool:
    text = f"{run.number} {run.source.commit.message} {run.source.commit.author_name}".lower()
    return all(
        (
            not wanted.project or run.project == wanted.project,
            not wanted.branch or wanted.branch in {run.source.ref, run.source.ref.removeprefix("refs/heads/")},
            wanted.text.lower() in text,
            wanted.state is None or run.state is wanted.state,
            wanted.result is None or run.result is wanted.result,
            wanted.before is None or run.id < wanted.before,
            run.source.commit.sha.startswith(wanted.commit),
        )
    )
