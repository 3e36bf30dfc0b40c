"""What the controller of a sweep needs: the input of its task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from drivetrain.definition.azureml.sweep.model import Sweep
from drivetrain.plan.azureml.model import OutputTask, TrackedRun, WorkspacePlace

SWEEP_TASK = "AzureMLSweep@1"
"""The task that carries a sweep out; pipeline files cannot name it."""
SWEEP_INPUT = "sweep"
"""Its input: a SweepTask as JSON."""
BEST_TRIAL = "best_child_run_id"
"""The property of a sweep that names its best trial. https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#find-the-best-trial-job"""
PARAMETERS_TAG = "hyperparameters"
"""The tag of a trial that holds its values as JSON, as Azure's own trials have it."""


class SweepTask(Struct, frozen=True):
    """A sweep, ready to begin."""

    run: TrackedRun
    workspace: WorkspacePlace
    display_name: str
    sweep: Sweep
    trial: Mapping[str, Any]
    """`properties` of a command job as REST has them, without what the sweep chooses and what differs from trial to
    trial."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The input of a trial that each parameter becomes."""
    outputs: Mapping[str, OutputTask] = field(default_factory=dict)
    """Where the best trial's outputs are to lie, too."""
    trial_outputs: str = ""
    """The folder on this machine that the outputs of trials are in, each below its name."""
