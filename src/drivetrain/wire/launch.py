"""The product's sentence as code: an event picks a definition, which is planned, numbered and queued as a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.definition.final_yaml import final
from drivetrain.errors import ConflictError, UnavailableError
from drivetrain.lang.yaml import write
from drivetrain.plan.choose import Choice, choose
from drivetrain.run.events import RunEvent
from drivetrain.run.model import AZURE_ML, RepositorySource, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.run.reopen import reopen
from drivetrain.settings import load
from drivetrain.source.events import PullRequestChanged
from drivetrain.source.git import commit_sha
from drivetrain.source.model import LaunchOutcome, Reason
from drivetrain.source.snapshot import snapshot
from drivetrain.source.subversion import as_revision, is_subversion
from drivetrain.store.other_runs import SqliteOtherRuns
from drivetrain.store.ref_runs import SqliteRefRuns
from drivetrain.wire.asked import full_ref, of_project, project_source, wished
from drivetrain.wire.events.ground import Ground
from drivetrain.wire.events.launching import launch_event
from drivetrain.wire.events.pull_request import launch_by_hand
from drivetrain.wire.making import Maker
from drivetrain.wire.repositories import Repositories
from drivetrain.wire.task_packages import known_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.definition.model import Definition, RepositoryResource, TaskInfo
    from drivetrain.plan.model import Plan
    from drivetrain.run.model import Run
    from drivetrain.run.reopen import Again
    from drivetrain.source.access import Access
    from drivetrain.source.events import PullRequest
    from drivetrain.source.git import Git
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.source.snapshot import Snapshot
    from drivetrain.wire.asked import Wish
    from drivetrain.wire.repositories import LocalFolder
    from drivetrain.wire.storage import Storage


class Launcher:
    """Makes runs. It only writes them down; the engine takes it from there."""

    def __init__(self, maker: Maker, git: Git, clock: Clock, ground: Callable[[], Ground] | None = None) -> None:
        """Without a `ground`, which is asked for when it is needed, no event can be launched, nor a pull request."""
        self.maker = maker
        self._runs = maker.runs
        self._git = git
        self._clock = clock
        self._ground = ground

    def launch_event(self, event: SourceEvent, project: Project) -> LaunchOutcome:
        """The Launch port. Raises UserError, UnavailableError."""
        return launch_event(self._on_ground(), event, project)

    def launch_pull_request(self, project: Project, pull: PullRequest, wish: Wish) -> Run:
        """Run a pull request because somebody wants it, whatever its triggers say. Raises as `launch_project`."""
        cause = PullRequestChanged(pull, asked_by=wish.requested_for, action="asked")
        return launch_by_hand(self._on_ground(), project, pull, cause, wish)

    def _on_ground(self) -> Ground:
        if self._ground is None:
            raise UnavailableError("this launcher launches no events")
        return self._ground()

    def launch_project(self, project: Project, wish: Wish, *, branch: str = "", revision: str = "") -> Run:
        """Run a project by hand: a branch (default: the project's), at a commit of it (default: its newest).

        Raises NotFoundError, DefinitionError, UnavailableError.
        """
        new, definition, repositories = self._by_hand(project, wish, branch, revision)
        return self.maker.queue(new, definition, repositories, wish.choice)

    def preview_project(
        self, project: Project, wish: Wish, *, branch: str = "", revision: str = "", text: str | None = None
    ) -> str:
        """The final YAML of what `launch_project` would run; of `text` in place of the file where there is one. Raises
        as that does.
        """
        _, definition, _ = self._by_hand(project, wish, branch, revision, text)
        definition.checked()
        return write(final(definition.node))

    def _by_hand(
        self, project: Project, wish: Wish, branch: str, revision: str, instead: str | None = None
    ) -> tuple[NewRun, Definition, Repositories]:
        ref = full_ref(branch or project.branch)
        repo = self._git.mirror(project.url)
        if is_subversion(project.url):
            revision = as_revision(revision)
        link = self._ground().links.get(project.id) if self._ground else None
        source = project_source(project, repo, ref, commit_sha(repo, revision or ref), link)
        new = wished(of_project(project, source, Reason.MANUAL), wish)
        text, files = self.maker.read(repo, source.commit.sha, project.file, project.name)
        definition = self.maker.define(text if instead is None else instead, files, new, wish.parameters)
        return new, definition, files.repositories

    def launch_snapshot(self, snapshot: Snapshot, file: str, wish: Wish) -> Run:
        """Run a working tree as it stands; `file` is relative to its top. Raises DefinitionError, NotFoundError."""
        name = snapshot.root.name or "pipeline"
        source = RepositorySource(name, str(snapshot.root), str(snapshot.repo), snapshot.ref, snapshot.commit)
        new = wished(NewRun(name, file, Reason.MANUAL, source, wish.requested_for), wish)
        text, files = self.maker.read(snapshot.repo, snapshot.commit.sha, file)
        definition = self.maker.define(text, files, new, wish.parameters)
        return self.maker.queue(new, definition, files.repositories, wish.choice)

    def launch_plan(self, new: NewRun, plan: Plan) -> Run:
        """Run a plan that no file was read for."""
        return self.maker.create(new, plan)

    def rerun(self, run_id: int, wish: Wish, *, stages: Sequence[str] = ()) -> Run:
        """Run the same commit with the same plan again; only these stages, where any are named, and with the variables
        of the wish besides. Raises NotFoundError, ConflictError when it has no plan.
        """
        run, plan = self._runs.get(run_id), self._plan(run_id)
        plan = choose(plan, Choice(tuple(stages)))
        _refuse_again(run)
        new = NewRun(
            pipeline=run.pipeline,
            file=run.file,
            reason=Reason.MANUAL,
            source=run.source,
            requested_for=wish.requested_for,
            requested_for_email=wish.requested_for_email,
            project_id=run.project_id,
            parameters=run.parameters,
            variables={**run.variables, **(wish.variables or {})},
            starts=self._queued_starts(run_id),
            rerun_of=run_id,
            cause=run.cause,
            restricted=run.restricted,
        )
        return self.maker.create(new, plan)

    def _queued_starts(self, run_id: int) -> tuple[str, ...]:
        """The stages that a run was queued with; not those that somebody has started by hand while it ran."""
        (queued,) = self._runs.events(run_id, limit=1)
        starts = queued.data.get("starts", ())
        return tuple(map(str, starts)) if isinstance(starts, list) else ()

    def reopen(self, run_id: int, again: Again, by: str) -> Run:
        """Open a completed run again: jobs that failed, or whole stages, get another attempt; who drives runs does the
        rest. Raises NotFoundError, ConflictError when it is not completed or there is nothing to run again.
        """
        seq = self._runs.last_seq(run_id)  # first: whatever is written from here on is a conflict
        run, plan = self._runs.get(run_id), self._plan(run_id)
        _refuse_again(run)
        if run.state is not State.COMPLETED:
            hint = f"drivetrain logs -f {run_id} follows it, drivetrain cancel {run_id} ends it"
            raise ConflictError(f"run {run_id} is not completed", hint=hint)
        now = timestamp(self._clock.now())
        again = replace(again, starts=frozenset(stage.lower() for stage in self._queued_starts(run_id)))
        found = reopen(plan, self._runs.stages(run_id), self._runs.jobs(run_id), again, now)
        event = RunEvent(seq + 1, now, "run.reopened", {"by": by, "stages": [stage.name for stage in found.stages]})
        change = RunChange(state=State.RUNNING, reopened=True)
        self._runs.record(run_id, [event], Changes(change, found.stages, found.jobs))
        return self._runs.get(run_id)

    def _plan(self, run_id: int) -> Plan:
        plan = self._runs.plan(run_id)
        if plan is None:
            raise ConflictError(
                f"run {run_id} has no plan: its pipeline file has errors", hint="mend the file and push again"
            )
        return plan


def launcher(storage: Storage, server_url: str = "", *, folders: Mapping[str, LocalFolder] | None = None) -> Launcher:
    """What makes runs in a home. `folders` are taken for other repositories, by alias or name, as they stand."""
    home = storage.home

    def repositories(project: str) -> Repositories:
        def take(folder: Path) -> Snapshot:
            return snapshot(folder, home.root / "snapshots", whole=False)

        def access(resource: RepositoryResource, url: str) -> Access | None:
            return storage.accesses.of_resource(resource, project, url)

        return Repositories(lambda: home, folders, take, access)

    def tasks() -> Mapping[str, TaskInfo]:
        return known_tasks(home)

    other_runs = SqliteOtherRuns(storage.database)
    maker = Maker(
        storage.runs,
        storage.clock,
        tasks,
        storage.library,
        repositories=repositories,
        other_runs=other_runs,
        across=lambda: load(home).artifacts_across_projects,
        server_url=server_url,
    )
    git = storage.git

    def ground() -> Ground:
        ref_runs = SqliteRefRuns(storage.database)
        return Ground(maker, git, storage.links, ref_runs, other_runs, storage.webhook_posts)

    return Launcher(maker, git, storage.clock, ground)


def _refuse_again(run: Run) -> None:
    if run.source.provider == AZURE_ML:
        raise ConflictError(
            f"run {run.id} is a job of Azure Machine Learning, which has one training run and runs once",
            hint="submit the job again under another name",
        )
