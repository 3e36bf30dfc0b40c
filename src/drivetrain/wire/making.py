"""What every run is made by: its file is read, planned, checked against the library, numbered and queued."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.definition.model import CompileContext
from drivetrain.definition.read import decoded, read_pipeline
from drivetrain.errors import ConflictError, DefinitionError, NotFoundError, Problem, UnavailableError
from drivetrain.plan.checkouts import needed
from drivetrain.plan.choose import ALL, Choice
from drivetrain.plan.compile import DEFAULT_NAME_FORMAT, compile_plan
from drivetrain.source.events import PullRequestChanged, ScheduleDue
from drivetrain.source.git import read_file
from drivetrain.source.model import LaunchOutcome
from drivetrain.source.trees import CommitTree
from drivetrain.wire.naming import name_at, numbering
from drivetrain.wire.needs import refuse_missing, resources_of
from drivetrain.wire.pipelines import find_pipelines
from drivetrain.wire.repositories import Repositories, UnreachableError
from drivetrain.wire.resource_names import with_names
from drivetrain.wire.template_files import PipelineFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.definition.model import Definition, Pipeline, TaskInfo
    from drivetrain.plan.model import PipelinePlan, Plan, RepositoryPlan
    from drivetrain.run.model import Run
    from drivetrain.run.ports import NewRun, RunStore
    from drivetrain.store.library import SqliteLibrary
    from drivetrain.store.other_runs import SqliteOtherRuns


class Maker:
    """Makes runs of what is wanted. It only writes them down; the engine takes it from there."""

    def __init__(
        self,
        runs: RunStore,
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
        self.runs = runs
        self._clock = clock
        self._tasks = tasks
        self._library = library
        self.repositories = repositories
        self._other_runs = other_runs
        self._across = across
        self._server_url = server_url

    def read(
        self, repo: Path, sha: str, file: str, project: str = "", *, restricted: bool = False
    ) -> tuple[str, PipelineFiles]:
        """The pipeline file at a commit, and what it may be made of. With `restricted` a stranger has written it: it
        reads other repositories as anybody may.
        """
        text = decoded(read_file(repo, sha, file), file)
        repositories = self.repositories(project)
        repositories.restricted = restricted
        return text, PipelineFiles(CommitTree(repo, sha), repositories)

    def define(
        self, text: str, files: PipelineFiles, new: NewRun, parameters: Mapping[str, str] | None = None
    ) -> Definition:
        """The definition of a file's text. Raises DefinitionError when nothing can be built of it."""
        return read_pipeline(
            text,
            file=new.file,
            tasks=self._tasks(),
            parameters=parameters,
            context=self.context(new),
            files=files,
            path=PurePosixPath(new.file.lstrip("/")).as_posix(),
        )

    def context(self, new: NewRun) -> CompileContext:
        """What templates may know of a run before there is one."""
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
            schedule=new.cause.display_name if isinstance(new.cause, ScheduleDue) else "",
            fork=str(new.cause.pull_request.fork) if isinstance(new.cause, PullRequestChanged) else "",
        )

    def queue(self, new: NewRun, definition: Definition, repositories: Repositories, choice: Choice = ALL) -> Run:
        """Plan the run and write it down. Raises DefinitionError with all that is wrong, UnreachableError, and
        ConflictError when its event has a run already.
        """
        pipeline = definition.checked()
        plan = compile_plan(
            pipeline,
            name=new.pipeline,
            tasks=self._tasks(),
            context=self.context(new),
            repositories=_found(pipeline, repositories),
            pipelines=self._pipelines(pipeline, new) if pipeline.resources.pipelines else None,
            choice=choice,
        )
        named = (stage.name for stage in plan.stages if stage.manual and choice.names(stage))
        starts = tuple(dict.fromkeys((*new.starts, *named)))
        plan = with_names(plan, new, self._server_url, lambda name: self._of_group(new, name))
        self._check_library(new, plan, pipeline)
        return self.create(replace(new, parameters=plan.parameters, starts=starts), plan)

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
        only = "" if self._across() else new.pipeline
        return find_pipelines(pipeline, self._other_runs, only=only, cause=new.cause)

    def create(self, new: NewRun, plan: Plan) -> Run:
        """Name and write down a run whose plan is made. Raises ConflictError when its event has a run already."""
        key, number = numbering(new, plan, self.context(new), self._clock.now())
        return self.runs.create(new, plan, number_key=key, number=number)

    def once(self, new: NewRun, definition: Definition, repositories: Repositories, why: str) -> LaunchOutcome:
        """The one run of an event; a failed one when the file has errors. Raises UnreachableError."""
        try:
            return LaunchOutcome(self.queue(new, definition, repositories).id, why)
        except DefinitionError as error:
            return self.queue_failed(new, error)
        except ConflictError:
            # Crashed between creating the run and finishing the event: the run is there.
            return LaunchOutcome(self.runs.of_event(new.source_event_id or 0), why)

    def queue_failed(self, new: NewRun, error: DefinitionError) -> LaunchOutcome:
        """A run that has failed before it began, with what is wrong with its file as its issues."""
        name = name_at(new, DEFAULT_NAME_FORMAT, self.context(new), self._clock.now())
        failed = replace(new, problems=error.problems)
        try:
            run = self.runs.create(
                failed, None, number_key=name.key, number=lambda run_id, revision, _: name.render(run_id, revision)
            )
        except ConflictError:
            return LaunchOutcome(self.runs.of_event(new.source_event_id or 0), "the file has errors")
        return LaunchOutcome(run.id, "the file has errors")


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
