"""A run and a plan, as small as they can be."""

from __future__ import annotations

from drivetrain.plan.model import JobPlan, Plan, ResourceUse, StagePlan
from drivetrain.run.model import RepositorySource, Run
from drivetrain.source.model import Commit, Reason

SOURCE = RepositorySource("shop", "/work/shop", "/mirror", "refs/heads/main", Commit("0" * 40))
RUN = Run(1, "1", "shop", "f.yml", Reason.MANUAL, SOURCE, "Ada")


def plan_with(*uses: ResourceUse) -> Plan:
    stage = StagePlan("Build", "Build", (JobPlan("Job", "Job", ()),), resources=uses)
    return Plan("shop", "f.yml", "1", (stage,))
