"""Sweeps: read, looked up, and made ready for their controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.definition.azureml.fields import Fields
from drivetrain.definition.azureml.model import CommandJob, JobHead, JobKind
from drivetrain.definition.azureml.rest import head_from, read_command
from drivetrain.definition.azureml.sweep.read import read_sweep
from drivetrain.errors import DrivetrainError
from drivetrain.plan.azureml.sweep.compile import parameter_inputs, trial_properties
from drivetrain.plan.azureml.sweep.model import SweepTask
from drivetrain.view.api.azure.jobs.ports import Submission
from drivetrain.wire.azureml.places import BLOBSTORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.azureml.sweep.model import Sweep
    from drivetrain.plan.azureml.model import OutputTask, TrackedRun
    from drivetrain.registry.model import Workspace
    from drivetrain.wire.azureml.desk import Desk

_NOT_OF_TRIALS = ("outputs",)


class SweepContent(Struct, frozen=True):
    """A sweep, looked up."""

    head: JobHead
    sweep: Sweep
    trial: Mapping[str, Any]
    inputs: Mapping[str, str]
    outputs: Mapping[str, OutputTask]
    trial_outputs: str
    job: CommandJob
    """A trial, with nothing chosen yet."""


def read_sweep_job(desk: Desk, workspace: Workspace, name: str, properties: object) -> Submission:
    """A sweep from its body. Raises UserError and NotFoundError, naming the field."""
    fields = Fields(properties, "properties")
    head, parent = head_from(fields), fields.text("parentJobName")
    fields.checked()
    body: Mapping[str, Any] = properties if isinstance(properties, dict) else {}
    content = _content(desk, workspace, name, head, body)
    return Submission(
        name, JobKind.SWEEP, head, parent, outputs=desk.told(content.job, content.outputs), content=content
    )


def _content(desk: Desk, workspace: Workspace, name: str, head: JobHead, body: Mapping[str, Any]) -> SweepContent:
    sweep, trial, inputs = read_sweep(body, "properties"), trial_properties(body), parameter_inputs(body)
    job = _trial(trial, body, inputs)
    found = desk.look_up(workspace, name, job)
    folder = desk.places.in_datastore(workspace, BLOBSTORE, "azureml")
    return SweepContent(head, sweep, trial, inputs, found.outputs, str(folder), job)


def _trial(trial: Mapping[str, Any], body: Mapping[str, Any], inputs: Mapping[str, str]) -> CommandJob:
    """A trial as it will be, to find what is wrong with all of them."""
    chosen = {each: {"jobInputType": "literal", "value": "0"} for each in inputs.values()}
    given = trial.get("inputs")
    whole = {
        **trial,
        "inputs": {**(given if isinstance(given, dict) else {}), **chosen},
        "outputs": body.get("outputs"),
    }
    try:
        return read_command(whole)
    except DrivetrainError as error:
        raise type(error)(f"a trial of the sweep: {error.message}", hint=error.hint) from error


def sweep_task(desk: Desk, workspace: Workspace, content: SweepContent, run: TrackedRun, title: str = "") -> SweepTask:
    """What the controller is told."""
    artifacts = str(desk.places.new_artifacts(run.experiment_id, run.id))
    return SweepTask(
        run=replace(run, artifacts=artifacts),
        workspace=desk.place_of(workspace),
        display_name=title or content.head.display_name or run.id,
        sweep=content.sweep,
        trial={key: value for key, value in content.trial.items() if key not in _NOT_OF_TRIALS},
        inputs=content.inputs,
        outputs=content.outputs,
        trial_outputs=content.trial_outputs,
    )
