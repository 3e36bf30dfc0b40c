"""The product's sentence as code: an event picks a definition, which is planned, numbered and queued as a run."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.definition.final_yaml import final
from drivetrain.definition.model import CompileContext
from drivetrain.definition.read import decoded, read_pipeline
from drivetrain.errors import ConflictError, DefinitionError, NotFoundError, Problem, UnavailableError
from drivetrain.lang.yaml import write
from drivetrain.plan.checkouts import needed
from drivetrain.plan.choose import ALL, Choice
from drivetrain.plan.compile import DEFAULT_NAME_FORMAT, compile_plan
from drivetrain.run.events import RunEvent
from drivetrain.run.model import AZURE_ML, RepositorySource, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.run.reopen import reopen
from drivetrain.settings import load
from drivetrain.source.changes import read_push
from drivetrain.source.git import Git, commit_sha, read_file
from drivetrain.source.matching import decide
from drivetrain.source.model import LaunchOutcome, Reason
from drivetrain.source.snapshot import snapshot
from drivetrain.source.trees import CommitTree
from drivetrain.store.other_runs import SqliteOtherRuns
from drivetrain.wire.asked import full_ref, of_project, project_source, wished
from drivetrain.wire.naming import name_at, numbering
from drivetrain.wire.needs import refuse_missing, resources_of
from drivetrain.wire.pipelines import find_pipelines
from drivetrain.wire.repositories import Repositories, UnreachableError
from drivetrain.wire.resource_names import with_names
from drivetrain.wire.task_packages import known_tasks
from drivetrain.wire.template_files import PipelineFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.clock import Clock
    from drivetrain.definition.model import Definition, Pipeline, RepositoryResource, TaskInfo
    from drivetrain.plan.model import PipelinePlan, Plan, RepositoryPlan
    from drivetrain.run.model import Run
    from drivetrain.run.ports import RunStore
    from drivetrain.run.reopen import Again
    from drivetrain.source.access import Access
    from drivetrain.source.git import Git
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.source.snapshot import Snapshot
    from drivetrain.store.library import SqliteLibrary
    from drivetrain.wire.asked import Wish
    from drivetrain.wire.repositories import LocalFolder
    from drivetrain.wire.storage import Storage


class Launcher:
    """Makes runs. It only writes them down; the engine takes it from there."""

    def __init__(
        self,
        runs: RunStore,
        git: Git,
        clock: Clock,
        tasks: Callable[[], Mapping[str, TaskInfo]],
        library: SqliteLibrary,
        *,
        repositories: Callable[[str], Repositories],
        other_runs: SqliteOtherRuns,
        across: Callable[[], bool] = lambda: True,
        server_url: str = "",
    ) -> None:
        """`tasks` and `repositories` say anew for each run what there is: tasks are added, branches move; repositories
        as the connections of a project (empty: of a working tree) let them be read. `across`: whether a pipeline may
        use artifacts of others.
        """
        self._runs = runs
        self._git = git
        self._clock = clock
        self._tasks = tasks
        self._library = library
        self._repositories = repositories
        self._other_runs = other_runs
        self._across = across
        self._server_url = server_url

    def launch_event(self, event: SourceEvent, project: Project) -> LaunchOutcome:
        """A push becomes a run when the file's trigger wants it. A file with errors becomes a failed run. With `batch`
        a push waits while a run of its branch is not completed.

        https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#batching-ci-runs

        Raises UserError when there is no such file, UnavailableError when the repository cannot be read now.
        """
        repo = self._git.repository(project.url, event.update.new_sha)
        source = project_source(project, repo, event.update.ref, event.update.new_sha)
        new = replace(
            of_project(project, source, event.reason),
            requested_for=source.commit.author_name,
            requested_for_email=source.commit.author_email,
            source_event_id=event.id,
        )
        text, files = self._read(repo, source.commit.sha, project.file, project.name)
        try:
            definition = self._define(text, files, new)
            if definition.pipeline.trigger.batch:
                new = replace(new, reason=Reason.BATCHED_CI)
                definition = self._define(text, files, new)
        except DefinitionError as error:
            return self._queue_failed(new, error)
        if files.repositories.unreachable is not None:
            raise files.repositories.unreachable
        decision = decide(definition.pipeline.trigger, read_push(repo, event.update, project.branch))
        if not decision.run:
            return LaunchOutcome(None, decision.why)
        before = self._run_before(event) if definition.pipeline.trigger.batch else None
        if before is not None:
            return LaunchOutcome(None, f"trigger.batch: it waits for run {before}", waits=True)
        return self._once(new, definition, files.repositories, decision.why)

    def _run_before(self, event: SourceEvent) -> int | None:
        """A run of the event's branch that is not completed; None also when the event has its run already."""
        if self._runs.of_event(event.id) is not None:
            return None
        place = (event.update.project_id, event.update.ref)
        runs = (self._runs.get(run_id) for run_id in self._runs.unfinished())
        return next((run.id for run in runs if (run.project_id, run.source.ref) == place), None)

    def _once(self, new: NewRun, definition: Definition, repositories: Repositories, why: str) -> LaunchOutcome:
        try:
            return LaunchOutcome(self._queue(new, definition, repositories).id, why)
        except DefinitionError as error:
            return self._queue_failed(new, error)
        except ConflictError:
            # Crashed between creating the run and finishing the event: the run is there.
            return LaunchOutcome(self._runs.of_event(new.source_event_id or 0), why)

    def launch_project(self, project: Project, wish: Wish, *, branch: str = "", revision: str = "") -> Run:
        """Run a project by hand: a branch (default: the project's), at a commit of it (default: its newest).

        Raises NotFoundError, DefinitionError, UnavailableError.
        """
        new, definition, repositories = self._by_hand(project, wish, branch, revision)
        return self._queue(new, definition, repositories, wish.choice)

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
        source = project_source(project, repo, ref, commit_sha(repo, revision or ref))
        new = wished(of_project(project, source, Reason.MANUAL), wish)
        text, files = self._read(repo, source.commit.sha, project.file, project.name)
        definition = self._define(text if instead is None else instead, files, new, wish.parameters)
        return new, definition, files.repositories

    def launch_snapshot(self, snapshot: Snapshot, file: str, wish: Wish) -> Run:
        """Run a working tree as it stands; `file` is relative to its top. Raises DefinitionError, NotFoundError."""
        name = snapshot.root.name or "pipeline"
        source = RepositorySource(name, str(snapshot.root), str(snapshot.repo), snapshot.ref, snapshot.commit)
        new = wished(NewRun(name, file, Reason.MANUAL, source, wish.requested_for), wish)
        text, files = self._read(snapshot.repo, snapshot.commit.sha, file)
        definition = self._define(text, files, new, wish.parameters)
        return self._queue(new, definition, files.repositories, wish.choice)

    def launch_plan(self, new: NewRun, plan: Plan) -> Run:
        """Run a plan that no file was read for."""
        return self._create(new, plan)

    def rerun(self, run_id: int, wish: Wish) -> Run:
        """Run the same commit with the same plan again. Raises NotFoundError, ConflictError when it has no plan."""
        run, plan = self._runs.get(run_id), self._plan(run_id)
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
            variables=run.variables,
            starts=self._queued_starts(run_id),
            rerun_of=run_id,
        )
        return self._create(new, plan)

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

    def _read(self, repo: Path, sha: str, file: str, project: str = "") -> tuple[str, PipelineFiles]:
        """The pipeline file at a commit, and what it may be made of."""
        text = decoded(read_file(repo, sha, file), file)
        return text, PipelineFiles(CommitTree(repo, sha), self._repositories(project))

    def _define(
        self, text: str, files: PipelineFiles, new: NewRun, parameters: Mapping[str, str] | None = None
    ) -> Definition:
        return read_pipeline(
            text,
            file=new.file,
            tasks=self._tasks(),
            parameters=parameters,
            context=self._context(new),
            files=files,
            path=PurePosixPath(new.file.lstrip("/")).as_posix(),
        )

    def _context(self, new: NewRun) -> CompileContext:
        return CompileContext(
            pipeline=new.pipeline,
            repository=new.source.name,
            branch=new.source.ref,
            commit=new.source.commit.sha,
            reason=str(new.reason),
            requested_for=new.requested_for,
            requested_for_email=new.requested_for_email,
            project=new.pipeline if new.project_id is not None else new.source.name,
            collection_uri=f"{self._server_url}/" if self._server_url else "",
        )

    def _queue(self, new: NewRun, definition: Definition, repositories: Repositories, choice: Choice = ALL) -> Run:
        pipeline = definition.checked()
        plan = compile_plan(
            pipeline,
            name=new.pipeline,
            tasks=self._tasks(),
            context=self._context(new),
            repositories=_found(pipeline, repositories),
            pipelines=self._pipelines(pipeline, new) if pipeline.resources.pipelines else None,
            choice=choice,
        )
        named = (stage.name for stage in plan.stages if stage.manual and choice.names(stage))
        starts = tuple(dict.fromkeys((*new.starts, *named)))
        plan = with_names(plan, new, self._server_url, lambda name: self._of_group(new, name))
        self._check_library(new, plan, pipeline)
        return self._create(replace(new, parameters=plan.parameters, starts=starts), plan)

    def _of_group(self, new: NewRun, name: str) -> Mapping[str, str]:
        try:
            variables = self._library.group(new.pipeline if new.project_id is not None else "", name).variables
        except NotFoundError:
            return {}  # told with its place, if it is needed
        return {name: each.value for name, each in variables.items() if not each.secret}

    def _check_library(self, new: NewRun, plan: Plan, pipeline: Pipeline) -> None:
        """What the run needs has to be there. Whoever runs a working tree is the owner of all that the library has, and
        so permits it; a project's pipeline waits for a permit at its gate.
        """
        project = new.pipeline if new.project_id is not None else ""
        repositories = {str(each.position) for each in pipeline.resources.repositories}
        refuse_missing(self._library, project, plan, groups=not new.variables, optional=repositories)
        if new.project_id is None:
            self._library.permit_uses("", new.source.uri, resources_of(plan), by=new.requested_for)

    def _pipelines(self, pipeline: Pipeline, new: NewRun) -> Mapping[str, PipelinePlan]:
        """The runs of other pipelines that this run uses, as they are now. Raises DefinitionError."""
        return find_pipelines(pipeline, self._other_runs, only="" if self._across() else new.pipeline)

    def _create(self, new: NewRun, plan: Plan) -> Run:
        key, number = numbering(new, plan, self._context(new), self._clock.now())
        return self._runs.create(new, plan, number_key=key, number=number)

    def _queue_failed(self, new: NewRun, error: DefinitionError) -> LaunchOutcome:
        name = name_at(new, DEFAULT_NAME_FORMAT, self._context(new), self._clock.now())
        failed = replace(new, problems=error.problems)
        try:
            run = self._runs.create(
                failed, None, number_key=name.key, number=lambda run_id, revision, _: name.render(run_id, revision)
            )
        except ConflictError:
            return LaunchOutcome(self._runs.of_event(new.source_event_id or 0), "the file has errors")
        return LaunchOutcome(run.id, "the file has errors")


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

    return Launcher(
        storage.runs,
        storage.git,
        storage.clock,
        tasks,
        storage.library,
        repositories=repositories,
        other_runs=SqliteOtherRuns(storage.database),
        across=lambda: load(home).artifacts_across_projects,
        server_url=server_url,
    )


def _found(pipeline: Pipeline, repositories: Repositories) -> dict[str, RepositoryPlan]:
    """Every repository that the run needs, at the commit that all of its jobs will get. Raises DefinitionError with the
    place that names one that is not there, or nobody said where; UnreachableError.
    """
    for resource in needed(pipeline):
        try:
            repositories.find(resource)
        except UnreachableError:
            raise
        except (NotFoundError, UnavailableError) as error:
            problem = Problem(resource.position, error.message, error.hint, code="unknown-repository")
            raise DefinitionError([problem]) from error
    return repositories.plans()


def _refuse_again(run: Run) -> None:
    if run.source.provider == AZURE_ML:
        raise ConflictError(
            f"run {run.id} is a job of Azure Machine Learning, which has one training run and runs once",
            hint="submit the job again under another name",
        )
