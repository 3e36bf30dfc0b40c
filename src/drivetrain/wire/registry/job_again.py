"""A version that a job of Azure Machine Learning has made: the job submitted again under a new name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.definition.azureml.model import JobKind
from drivetrain.definition.azureml.rest import kind_of, read_command
from drivetrain.errors import UnavailableError, UserError
from drivetrain.ids import RandomIds
from drivetrain.record.tracking.model import REPRODUCES
from drivetrain.registry.versions.reproduction import CannotError, cannot
from drivetrain.run.azureml.model import JobStatus
from drivetrain.run.model import AZURE_ML
from drivetrain.settings import load
from drivetrain.wire.azureml.launching import kept_task
from drivetrain.wire.azureml.remote import remote_of
from drivetrain.wire.registry.constraints import constraints
from drivetrain.wire.registry.job_driving import JobDriver, carrier_of, jobs_of
from drivetrain.wire.registry.job_folders import folder_again
from drivetrain.wire.registry.models import models
from drivetrain.wire.registry.ways import Made, Started, notes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.plan.azureml.model import CommandTask
    from drivetrain.registry.model import Workspace
    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.run.azureml.model import AzureJob
    from drivetrain.run.model import Run
    from drivetrain.wire.registry.job_driving import Carrier
    from drivetrain.wire.registry.job_sources import Source
    from drivetrain.wire.storage import Storage

LONGEST_NAME = 255
_REMOTE = "its job was carried out by a real workspace"
_REMOTE_HINT = "submit it there again, as it was submitted first, and compare the two with `drivetrain models compare`"


def new_name(name: str) -> str:
    """A name for a job that does again what another has done; nobody has it yet."""
    end = f"_again_{RandomIds().guid()[:8]}"
    return f"{name[: LONGEST_NAME - len(end)]}{end}"


def _logged_by(storage: Storage, version: ModelVersion, source: Source) -> ModelVersion:
    """A version of a whole sweep or pipeline job, with what its one command has logged."""
    if source.job is source.named:
        return version
    found = models(storage).unregistered(version.name, source.job.name, None)
    return replace(
        version,
        metrics=found.metrics,
        params=found.params,
        data=found.data,
        python=found.python or version.python,
        packages=found.packages or version.packages,
    )


class JobAgain:
    """The Way of one version."""

    def __init__(self, storage: Storage, version: ModelVersion, source: Source) -> None:
        """`source` has made it."""
        self._storage = storage
        self.version = _logged_by(storage, version, source)
        self._source = source
        self._job = source.job

    def start(self) -> Started:
        """Have the job submitted again. Raises CannotError."""
        version, task = self.version, kept_task(self._storage, self._job)
        workspace = self._workspace()
        self._check_body()
        self._check_place(workspace, task)
        self._check_files(task)
        notes = tuple(self._notes(task))
        try:
            carrier = carrier_of(self._storage)
            new = self._submit(carrier, workspace)
        except (UserError, UnavailableError) as error:
            why = f"its job {self._job.name} is not submitted again: {error.message}"
            raise cannot(version, why, error.hint) from error
        return Started(self._run_of(new), JobDriver(self._storage, carrier, new, version.reference), notes)

    def _workspace(self) -> Workspace:
        for each in self._storage.workspaces.all():
            if each.id == self._job.workspace:
                return each
        hint = "create the workspace and submit the job again there"
        raise cannot(self.version, f"the workspace of its job {self._job.name} was deleted", hint)

    def _check_body(self) -> None:
        job = self._job
        if job.kind is not JobKind.COMMAND:
            why = f"{job.name} is a {job.kind.value.lower()} job, and only commands are run again"
            raise cannot(self.version, why, "register the model from an output of the step or trial that has made it")
        try:
            kind_of(job.body)
            read_command(job.body)
        except UserError as error:
            why = f"what its job {job.name} was submitted with is kept no more: {error.message}"
            raise cannot(self.version, why, "submit the job again as it was submitted first") from error

    def _check_place(self, workspace: Workspace, task: CommandTask | None) -> None:
        """A real workspace's computes and data are not ours to compare by."""
        compute = read_command(self._job.body).head.compute
        if task is not None and task.remote is not None:
            raise cannot(self.version, _REMOTE, _REMOTE_HINT)
        if remote_of(load(self._storage.home))(workspace, compute) is not None:
            why = "jobs are carried out by a real workspace: the setting `executor` is azureml"
            raise cannot(self.version, why, 'set `executor = "local"` in config.toml, then restart the server')

    def _check_files(self, task: CommandTask | None) -> None:
        places = {f"the data {name}": each.place.path for name, each in task.inputs.items()} if task else {}
        for what, path in {"the code": task.code if task else "", **places}.items():
            if path and not Path(path).exists():
                hint = "bring it back from a copy of the home, or submit the job again with what there is"
                raise cannot(self.version, f"{what} of its job {self._job.name} is gone: {path}", hint)

    def _notes(self, task: CommandTask | None) -> Iterator[str]:
        job = self._job
        places = [each.place for each in task.inputs.values() if each.place.path] if task else []
        yield from notes_of(self.version, {place.uri: Path(place.path) for place in places})
        if job.parent:
            yield f"{job.name} is part of {job.parent}: it is run again alone, with the same inputs and parameters"
        if task is None:
            yield f"the run of the job {job.name} is kept no more: its environment and inputs are looked up anew"

    def _submit(self, carrier: Carrier, workspace: Workspace) -> AzureJob:
        name, version = new_name(self._job.name), self.version
        variables = {REPRODUCES: version.reference, **constraints(self._storage.home, version)}
        try:
            jobs_of(self._storage, carrier, workspace).reproduce(self._job.name, name, variables)
        except BaseException:
            carrier.close()
            raise
        return self._storage.azure_jobs.get(workspace.id, name)

    def _run_of(self, job: AzureJob) -> Run:
        if job.run_id is None:
            raise cannot(self.version, f"the job {job.name} has no run")
        return self._storage.runs.get(job.run_id)

    def unregistered(self, run: Run) -> Made | None:
        """What the job of a run has put where the first one had put the version. Raises CannotError."""
        if run.source.provider != AZURE_ML:
            return None
        now = next((job for job in self._storage.azure_jobs.of_run(run.id) if job.kind is JobKind.COMMAND), None)
        if now is None or now.status is not JobStatus.COMPLETED:
            ended = "was deleted" if now is None else f"ended as {now.status}" if now.status else "has not ended"
            raise self._not_made(run, f"the job of run {run.id} {ended}")
        folder = folder_again(self._storage, self.version, self._source, now)
        if folder is None:
            raise self._not_made(run, f"the job {now.name} has made nothing where {self._job.name} made it")
        made = models(self._storage).unregistered(self.version.name, now.name, folder)
        return Made(made, folder)

    def _not_made(self, run: Run, why: str) -> CannotError:
        return CannotError(
            f"{self.version.reference} was not made again: {why}", hint=f"drivetrain logs {run.id} says more"
        )
