"""A run that has come far enough starts the pipelines that name it among their resources.

https://learn.microsoft.com/azure/devops/pipelines/process/pipeline-triggers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError, NotFoundError
from drivetrain.record.tracking.model import REPRODUCES
from drivetrain.run.model import Result, State
from drivetrain.source.addresses import plain_address
from drivetrain.source.completion import Progress, decide_completion
from drivetrain.source.events import PipelineCompleted
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.wire.chains import chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.definition.resources.model import PipelineResource
    from drivetrain.run.model import Run
    from drivetrain.run.ports import RunStore
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects, SourceEvents
    from drivetrain.source.triggers.ports import ProgressedRuns
    from drivetrain.wire.triggers.standing import Standing

GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)


class Completions:
    """Belongs to one thread."""

    def __init__(
        self,
        projects: Projects,
        events: SourceEvents,
        runs: RunStore,
        progressed: ProgressedRuns,
        standing: Standing,
        report: Callable[[str], None],
    ) -> None:
        self._projects = projects
        self._events = events
        self._runs = runs
        self._progressed = progressed
        self._standing = standing
        self._report = report

    def look(self) -> int:
        """Make events of what has ended; the number of new ones."""
        taken = 0
        for run_id, mark in self._progressed.pending():
            try:
                taken += self._follow(self._runs.get(run_id))
            except NotFoundError:
                pass  # removed meanwhile
            except DrivetrainError as error:
                self._report(f"what run {run_id} starts: {error.message}; it is looked at again")
                continue
            self._progressed.done(run_id, mark)
        return taken

    def _follow(self, run: Run) -> int:
        if REPRODUCES in run.variables:
            return 0
        taken, progress = 0, self._progress(run)
        for project in self._projects.all():
            for resource in self._standing.resources(project).pipelines:
                if resource.trigger is not None and resource.trigger.enabled and _names(resource, run):
                    taken += self._offer(project, resource, run, progress)
        return taken

    def _progress(self, run: Run) -> Progress:
        stages = frozenset(stage.name.lower() for stage in self._runs.stages(run.id) if stage.result in GOOD)
        completed = run.state is State.COMPLETED
        tags = frozenset(tag.lower() for tag in run.tags)
        return Progress(run.source.ref, completed, completed and run.result in GOOD, stages, tags)

    def _offer(self, project: Project, resource: PipelineResource, run: Run, progress: Progress) -> bool:
        trigger = resource.trigger
        if (
            trigger is None
            or not decide_completion(trigger.branches, trigger.tags.include, trigger.stages, progress).run
        ):
            return False
        if project.id in chain(self._runs, run.id):
            self._report(f"run {run.id} starts no run of {project.name}: a run of it has led to this one")
            return False
        update = self._update(project, run)
        cause = PipelineCompleted(resource.alias, run.id, run.pipeline, run.number)
        once = f"pipeline {project.id} {resource.alias.lower()} {run.id}"
        return self._events.add(update, Reason.RESOURCE_TRIGGER, cause, once) is not None

    def _update(self, project: Project, run: Run) -> RefUpdate:
        """The run's own branch and commit when both pipelines are in one repository, else the default branch."""
        if plain_address(project.url) == plain_address(run.source.uri):
            return RefUpdate(project.id, run.source.ref, "", run.source.commit.sha)
        ref = f"refs/heads/{project.branch}"
        return RefUpdate(project.id, ref, "", self._events.position(project.id, ref))


def _names(resource: PipelineResource, run: Run) -> bool:
    """Whether `source` means the run's pipeline: by its number, or by its name in any case, with folders before it."""
    if resource.source.isdecimal():
        return resource.source == str(run.project_id)
    return resource.source.replace("\\", "/").rpartition("/")[2].lower() == run.pipeline.lower()
