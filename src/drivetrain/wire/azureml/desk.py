"""Carries jobs of Azure Machine Learning out: looks up what they name, makes their runs, says how far they are."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.definition.azureml.model import CommandJob, JobKind
from drivetrain.definition.azureml.rest import kind_of, read_command
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.plan.azureml.model import (
    CommandTask,
    EnvironmentTask,
    InputTask,
    OutputTask,
    TrackedRun,
    WorkspacePlace,
)
from drivetrain.run.azureml.model import AzureJob, JobStatus, Progress
from drivetrain.run.azureml.progress import pipeline_progress, progress_of
from drivetrain.run.model import AZURE_ML, RepositorySource, State
from drivetrain.run.ports import NewRun
from drivetrain.source.model import Commit, Reason
from drivetrain.view.api.azure.history.model import WORKSPACE
from drivetrain.view.api.azure.jobs.ports import Submission
from drivetrain.wire.azureml.computes import capacity
from drivetrain.wire.azureml.launching import begun_by, failed_pipelines, keep_step, kept_job, kept_task, plan_of
from drivetrain.wire.azureml.pipelines import PipelineReader
from drivetrain.wire.azureml.places import Places
from drivetrain.wire.azureml.remote import permit
from drivetrain.wire.azureml.resolving import Resolver
from drivetrain.wire.azureml.sweeps import read_sweep_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.plan.azureml.model import RemotePlace
    from drivetrain.plan.model import Plan
    from drivetrain.registry.model import Workspace
    from drivetrain.run.model import Run
    from drivetrain.view.api.azure.jobs.ports import Tracked
    from drivetrain.wire.launch import Launcher
    from drivetrain.wire.storage import Storage


class CommandContent(Struct, frozen=True):
    """A command job, looked up."""

    job: CommandJob
    environment: EnvironmentTask
    code: str
    inputs: Mapping[str, InputTask]
    outputs: Mapping[str, OutputTask]


class Desk:
    """The JobDesk port on the stores of a home. Any thread may call it."""

    def __init__(self, storage: Storage, launcher: Launcher, wake: Callable[[], None], address: str) -> None:
        """`wake` tells the engine; `address` is the edge's own."""
        self._storage = storage
        self._launcher = launcher
        self._wake = wake
        self._address = address
        self.places = Places(storage.home, storage.assets, self._may_read)
        self._granted: frozenset[str] = frozenset()
        self.remote: Callable[[Workspace, str], RemotePlace | None] = lambda _workspace, _compute: None
        """The real workspace that carries out a job of a workspace and compute; None for this machine."""
        self.follow: Callable[[int], None] = lambda _: None
        """Told of every run that is made."""

    def read(
        self, workspace: Workspace, name: str, properties: object, granted: frozenset[str] = frozenset()
    ) -> Submission:
        """A body, checked and looked up. `granted` are training runs and logged models of others whose artifacts it may
        name. Raises UserError and NotFoundError, naming the field.
        """
        desk = self._granting(granted)
        match kind_of(properties):
            case JobKind.COMMAND:
                job = read_command(properties)
                content = desk.look_up(workspace, name, job)
                outputs = desk.told(job, content.outputs)
                return Submission(name, JobKind.COMMAND, job.head, job.parent, outputs=outputs, content=content)
            case JobKind.SWEEP:
                return read_sweep_job(desk, workspace, name, properties)
            case JobKind.PIPELINE:
                return PipelineReader(desk, self._storage, workspace, name).read(properties)

    def _granting(self, granted: frozenset[str]) -> Desk:
        found = copy(self)
        found._granted = self._granted | granted  # noqa: SLF001 - of the same class
        found.places = Places(self._storage.home, self._storage.assets, found._may_read)  # noqa: SLF001
        return found

    def _may_read(self, workspace: Workspace, run: str) -> bool:
        """Whether jobs of a workspace may read the artifacts of a training run: one of its own; of home's own
        workspaces also one that has none; one that was granted.
        """
        if run in self._granted:
            return True
        with suppress(NotFoundError):
            return bool(self._storage.azure_jobs.get(workspace.id, run))
        found = self._storage.training_runs.get(run)
        if found is None:
            return False
        owner = found.tags.get(WORKSPACE, "")
        return owner == workspace.id or (not owner and not workspace.project)

    def told(self, job: CommandJob, outputs: Mapping[str, OutputTask]) -> dict[str, dict[str, str]]:
        """What clients are told of the outputs of a job."""
        found = {each: _told(outputs[each]) for each in job.outputs}
        for each, output in job.outputs.items():
            found[each] |= {"jobOutputType": output.type} | ({"assetName": output.name} if output.name else {})
        return found

    def resolver(self, workspace: Workspace) -> Resolver:
        """Looks things up in a workspace."""
        storage = self._storage
        known = (storage.workspaces, storage.assets, storage.azure_jobs)
        return Resolver(workspace, *known, self.places, self._address)

    def look_up(self, workspace: Workspace, name: str, job: CommandJob) -> CommandContent:
        """What a command names, as the workspace has it now. Raises UserError, NotFoundError."""
        if self.remote(workspace, job.head.compute) is None:
            self.check_compute(workspace, job.head.compute, job.instances)
        resolver = self.resolver(workspace)
        return CommandContent(
            job,
            resolver.environment(job.environment),
            resolver.code(job.code),
            {each: resolver.input(each, what) for each, what in job.inputs.items()},
            {each: resolver.output(each, what, name) for each, what in job.outputs.items()},
        )

    def check_compute(self, workspace: Workspace, compute: str, instances: int = 1) -> None:
        """Raise UserError when a job cannot run on a compute."""
        if compute in ("", "local"):
            return
        try:
            nodes = capacity(self._storage.assets, f"{workspace.id}/{compute}")
        except NotFoundError as error:
            raise UserError(f"properties.computeId: {error.message}", hint="create the compute first") from error
        if instances > max(nodes, 1):
            raise UserError(
                f"properties.resources.instanceCount is {instances}, but '{compute}' has at most {nodes} nodes"
            )

    def task(self, workspace: Workspace, content: CommandContent, run: TrackedRun, title: str = "") -> CommandTask:
        """What the runner is told of a command."""
        job = content.job
        remote = self.remote(workspace, job.head.compute)
        return CommandTask(
            remote=remote,
            run=replace(run, artifacts=str(self.places.new_artifacts(run.experiment_id, run.id))),
            workspace=self.place_of(workspace),
            display_name=title or job.head.display_name or run.id,
            parts=job.parts,
            environment=content.environment,
            code=content.code,
            inputs=content.inputs,
            outputs=content.outputs,
            environment_variables=job.environment_variables,
            distribution=job.distribution,
            instances=job.instances,
            compute=job.head.compute if remote is None else "",
            timeout=job.timeout,
        )

    def place_of(self, workspace: Workspace) -> WorkspacePlace:
        """The workspace as a job's environment names it."""
        return WorkspacePlace(
            workspace.id, workspace.path, workspace.subscription, workspace.resource_group, workspace.name
        )

    def hold(self, workspace: Workspace, submission: Submission, before: AzureJob) -> Submission:
        """The submission of a command with the environment, code and inputs that another job had, as far as its run is
        kept. Raises UserError for one that is no command, or that a real workspace would carry out.
        """
        content = submission.content
        if not isinstance(content, CommandContent):
            raise UserError(f"the job '{before.name}' is no command job")
        if self.remote(workspace, content.job.head.compute) is not None:
            raise UserError("jobs are carried out by a real workspace: the setting `executor` is azureml")
        task = kept_task(self._storage, before)
        if task is None:
            return submission
        held = replace(content, environment=task.environment, code=task.code, inputs=task.inputs)
        return replace(submission, content=held)

    def launch(self, workspace: Workspace, job: Tracked, *, by: str, steps: Sequence[Tracked] = ()) -> AzureJob:
        """Have it carried out. Raises ConflictError when there is one of that name."""
        plan = plan_of(self, workspace, job, steps)
        queued = self.queue(workspace, kept_job(workspace, job, by), plan, job.submission.variables)
        for step in steps:
            keep_step(self._storage, workspace, step, queued)
        return queued

    def queue(
        self, workspace: Workspace, job: AzureJob, plan: Plan, variables: Mapping[str, str] | None = None
    ) -> AzureJob:
        """Keep a job, and the run that carries it out, with these variables. Raises ConflictError."""
        self._storage.azure_jobs.add(job)
        new = replace(self._new_run(workspace, job), variables=variables or {})
        permit(self._storage.library, workspace.project, new, plan)
        run = self._launcher.launch_plan(new, plan)
        linked = self._storage.azure_jobs.change(
            workspace.id, job.name, lambda there: replace(there, run_id=run.id), by=job.created_by
        )
        self.follow(run.id)
        self._wake()
        return linked

    def _new_run(self, workspace: Workspace, job: AzureJob) -> NewRun:
        project = self._storage.projects.named(workspace.project).id if workspace.project else None
        source = RepositorySource(workspace.name, f"{workspace.path}/jobs/{job.name}", "", "", Commit(""), AZURE_ML)
        reason = Reason.SCHEDULE if job.schedule else Reason.MANUAL
        return NewRun(job.experiment, "", reason, source, job.created_by, project_id=project)

    def adopt(self, workspace: Workspace, job: AzureJob) -> AzureJob:
        """A job of which no run is known, because the server was killed while it was submitted: its run is found, or
        it has failed.
        """
        place, runs = self._new_run(workspace, job).source, self._storage.runs
        found = next((each for each in runs.unfinished() if runs.get(each).source == place), None)
        if found is not None:
            return self._storage.azure_jobs.change(workspace.id, job.name, lambda there: replace(there, run_id=found))
        lost = "The server was ended while the job was submitted: submit it again under another name"
        return self._storage.azure_jobs.change(
            workspace.id, job.name, lambda there: replace(there, status=JobStatus.FAILED, reason=lost)
        )

    def progress(self, job: AzureJob) -> Progress:
        """How far a job is."""
        if job.status is not None:
            return Progress(job.status, job.reason, None, job.started_at, job.finished_at)
        run = self._run(job)
        if run is None:
            return Progress(JobStatus.NOT_STARTED)
        jobs, steps = self._storage.runs.jobs(run.id), self._storage.runs.steps(run.id)
        found = progress_of(run, jobs, steps, job.job)
        if job.kind is not JobKind.PIPELINE:
            return found
        steps_end = all(each.status for each in self._storage.azure_jobs.of_run(run.id) if each.name != job.name)
        return pipeline_progress(found, jobs, steps_ended=steps_end)

    def _run(self, job: AzureJob) -> Run | None:
        with suppress(NotFoundError):
            return self._storage.runs.get(job.run_id) if job.run_id is not None else None
        return None

    def cancel(self, job: AzureJob, *, by: str) -> None:
        """Ask it to end, and what it has begun; nothing for one that has ended."""
        run = self._run(job)
        if run is not None and run.state is not State.COMPLETED:
            with suppress(ConflictError):  # it has just ended
                self._storage.runs.request_cancel(run.id, by=by)
            self._wake()
        for begun in begun_by(self._storage.azure_jobs, job):
            self.cancel(begun, by=by)

    def end_failed(self, run_id: int) -> None:
        """End a pipeline job of which a step has failed, unless it is to go on then."""
        for job in failed_pipelines(self._storage, run_id):
            self.cancel(job, by="drivetrain")


def _told(output: OutputTask) -> dict[str, str]:
    modes = {"rw_mount": "ReadWriteMount", "upload": "Upload", "direct": "Direct"}
    return {"uri": output.place.uri, "mode": modes[output.mode]}
