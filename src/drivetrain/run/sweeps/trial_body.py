"""A trial of a sweep as the body of a command job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from drivetrain.plan.azureml.sweep.model import PARAMETERS_TAG
from drivetrain.run.sweeps.sampling import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.plan.azureml.sweep.model import SweepTask


def trial_name(task: SweepTask, number: int) -> str:
    """The name of a trial: the sweep's with its number, so that the same trial is never begun twice."""
    return f"{task.run.id}_{number}"


def trial_body(task: SweepTask, number: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`properties` of a trial's job."""
    given = {
        task.inputs.get(name, name): {"jobInputType": "literal", "value": as_text(value)}
        for name, value in parameters.items()
    }
    body = {
        **task.trial,
        "jobType": "Command",
        "displayName": f"{task.display_name}_{number}",
        "experimentName": task.run.experiment,
        "parentJobName": task.run.id,
        "inputs": {**_object(task.trial.get("inputs")), **given},
        "outputs": {name: _output(each.type, each.mode.value) for name, each in task.outputs.items()},
        "tags": {**_object(task.trial.get("tags")), PARAMETERS_TAG: json.dumps(dict(parameters))},
    }
    seconds = task.sweep.limits.trial_timeout
    return {**body, "limits": {"jobLimitsType": "Command", "timeout": f"PT{seconds:g}S"}} if seconds else body


def parameters_of(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values that a trial was begun with; None when the job is no trial."""
    text = _object(properties.get("tags")).get(PARAMETERS_TAG)
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _output(kind: str, mode: str) -> dict[str, str]:
    return {"jobOutputType": kind, "mode": _MODES.get(mode, "ReadWriteMount")}


_MODES = {"upload": "Upload", "rw_mount": "ReadWriteMount"}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
