"""Names of resources that hold macros: expanded when a run is made, because its gates and environments need them.

The plan has expanded the variables that the file sets; what is left may be set when queueing, predefined, or in a
variable group of the pipeline: those of stages and jobs are too late, as on Azure
(https://github.com/MicrosoftDocs/azure-devops-docs/issues/9729).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.lang.macros import expand_macros
from drivetrain.run.model import Run
from drivetrain.run.predefined import Place, predefined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.plan.model import JobPlan, Plan, ResourceUse, StagePlan
    from drivetrain.run.ports import NewRun

NOT_YET = frozenset({"build.buildid", "build.buildnumber", "build.builduri", "build.containerid"})
"""What nobody knows before the run is written."""


def no_groups(_name: str) -> Mapping[str, str]:
    """There are none."""
    return {}


def with_names(
    plan: Plan, new: NewRun, server_url: str, grouped: Callable[[str], Mapping[str, str]] = no_groups
) -> Plan:
    """The plan with the names of its resources as far as they are known before the run. `grouped` gives the variables
    of a group that are no secrets.
    """
    if not any("$(" in use.name for stage in plan.stages for use in stage.resources):
        return plan
    groups = [grouped(variable.group) for variable in plan.variables if variable.group]
    more = {name.lower(): value for group in groups for name, value in group.items()}
    return replace(plan, stages=tuple(_stage(stage, plan, new, server_url, more) for stage in plan.stages))


def _stage(stage: StagePlan, plan: Plan, new: NewRun, server_url: str, grouped: Mapping[str, str]) -> StagePlan:
    run = Run(0, "", new.pipeline, new.file, new.reason, new.source, new.requested_for, new.requested_for_email)
    place = Place(run, plan, server_url, stage)
    known = {name.lower(): value for name, value in new.variables.items()}
    known |= grouped
    known |= {name.lower(): value for name, value in predefined(place).items() if name.lower() not in NOT_YET}
    jobs = tuple(_job(job, known) for job in stage.jobs)
    return replace(stage, jobs=jobs, resources=tuple(_named(use, known) for use in stage.resources))


def _job(job: JobPlan, known: Mapping[str, str]) -> JobPlan:
    return replace(job, resources=tuple(_named(use, known) for use in job.resources))


def _named(use: ResourceUse, known: Mapping[str, str]) -> ResourceUse:
    if "$(" not in use.name:
        return use
    try:
        return replace(use, name=expand_macros(use.name, lambda name: known.get(name.lower())))
    except UserError:  # as long as that, it names nothing
        return use
