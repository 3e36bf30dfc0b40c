"""A sweep -> the plan of its controller, a job without an agent: its trials are jobs of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from drivetrain.plan.azureml.compile import NAME_FORMAT, plain
from drivetrain.plan.azureml.model import STAGE
from drivetrain.plan.azureml.sweep.model import SWEEP_INPUT, SWEEP_TASK, SweepTask
from drivetrain.plan.model import JobPlan, Plan, StagePlan, StepPlan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ALONE = "sweep"
_SEARCHED = re.compile(r"\$\{\{\s*search_space\.(\w+)\s*\}\}", re.ASCII)


def sweep_plan(task: SweepTask) -> Plan:
    """The plan of a sweep that is a run of its own."""
    stage = StagePlan(name=STAGE, display_name=plain(task.display_name), jobs=(sweep_job(task, ALONE),))
    return Plan(pipeline=task.run.experiment, file="", name_format=NAME_FORMAT, stages=(stage,))


def sweep_job(task: SweepTask, name: str) -> JobPlan:
    """A sweep as a job of a plan. Its limit of time is its controller's business, which then ends the trials."""
    step = StepPlan(
        name="sweep",
        display_name=plain(task.display_name),
        task=SWEEP_TASK,
        inputs={SWEEP_INPUT: msgspec.json.encode(task, order="deterministic").decode()},
    )
    return JobPlan(name=name, display_name=plain(task.display_name), steps=(step,), timeout_minutes="0", server=True)


def trial_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What all trials of a sweep have, as a command job: `trial` of the sweep with its inputs and compute. Values that
    the sweep chooses become inputs: `${{search_space.x}}` in the command is `${{inputs.x}}`.
    """
    trial = properties.get("trial")
    found: dict[str, Any] = {**(trial if isinstance(trial, dict) else {}), "jobType": "Command"}
    for key in ("inputs", "computeId", "identity", "experimentName", "resources"):
        if properties.get(key) is not None:
            found[key] = properties[key]
    names = parameter_inputs(properties)
    if isinstance(found.get("command"), str):
        found["command"] = _SEARCHED.sub(
            lambda match: f"${{{{inputs.{names.get(match[1], match[1])}}}}}", found["command"]
        )
    return found


def parameter_inputs(properties: Mapping[str, Any]) -> dict[str, str]:
    """The input that each parameter becomes; one that is called as an input of the sweep's own gets another name."""
    space, inputs = properties.get("searchSpace"), properties.get("inputs")
    taken: Collection[str] = inputs if isinstance(inputs, dict) else ()
    return {
        str(name): f"search_space_{name}" if name in taken else str(name)
        for name in (space if isinstance(space, dict) else ())
    }
