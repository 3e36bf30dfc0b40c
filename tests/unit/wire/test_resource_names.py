from __future__ import annotations

from drivetrain.plan.model import JobPlan, Plan, ResourceKind, ResourceUse, StagePlan, VariablePlan
from drivetrain.run.model import RepositorySource
from drivetrain.run.ports import NewRun
from drivetrain.source.model import Commit, Reason
from drivetrain.wire.resource_names import with_names

SOURCE = RepositorySource("code", "/code", "/mirror", "refs/heads/release/7", Commit("c" * 40))


def named(name: str, **variables: str) -> str:
    uses = (ResourceUse(ResourceKind.ENVIRONMENT, name),)
    plan = Plan(
        "p", "f.yml", "$(Rev:r)", (StagePlan("S", "S", (JobPlan("J", "J", (), resources=uses),), resources=uses),)
    )
    new = NewRun("p", "f.yml", Reason.MANUAL, SOURCE, "ada", variables=variables)
    (stage,) = with_names(plan, new, "").stages
    assert stage.resources == stage.jobs[0].resources
    return stage.resources[0].name


def test_what_is_set_when_queueing_and_predefined_variables_are_known() -> None:
    assert named("prod") == "prod"
    assert named("$(KIND)-$(Build.SourceBranchName)", kind="prod") == "prod-7"


def test_what_a_caller_sets_never_stands_for_a_predefined_variable() -> None:
    assert named("env-$(Build.SourceBranchName)", **{"Build.SourceBranchName": "main"}) == "env-7"


def test_what_is_not_known_before_the_run_stays_as_it_is() -> None:
    assert named("$(Build.BuildId)") == "$(Build.BuildId)"
    assert named("$(a)", a="$(a)") == "$(a)"


def test_the_groups_of_the_pipeline_are_known_and_those_of_stages_are_not() -> None:
    uses = (
        ResourceUse(ResourceKind.SERVICE_CONNECTION, "$(sub)"),
        ResourceUse(ResourceKind.SERVICE_CONNECTION, "$(x)"),
    )
    late = (VariablePlan("", "", group="late"),)
    stage = StagePlan("S", "S", (JobPlan("J", "J", (), resources=uses),), resources=uses, variables=late)
    plan = Plan("p", "f.yml", "1", (stage,), (VariablePlan("", "", group="keys"),))
    groups = {"keys": {"Sub": "contoso"}, "late": {"x": "never"}}
    (named,) = with_names(plan, NewRun("p", "f.yml", Reason.MANUAL, SOURCE, "ada"), "", groups.__getitem__).stages
    assert [use.name for use in named.resources] == ["contoso", "$(x)"]
