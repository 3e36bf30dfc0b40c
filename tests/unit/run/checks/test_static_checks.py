from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.plan.model import ExtendsPlan, RepositoryPlan, ResourceKind, ResourceUse
from drivetrain.run.checks.model import Resource
from drivetrain.run.model import Result
from tests.unit.run.checks.checks_bench import USE, deploy

if TYPE_CHECKING:
    from tests.unit.run.checks.checks_bench import ChecksBench

EXTENDED = ExtendsPlan("pipelines/safe.yml", "contoso/templates", "refs/heads/main")


@pytest.mark.parametrize(
    ("pattern", "ref", "allowed"),
    [
        ("refs/heads/main", "refs/heads/main", True),
        ("refs/heads/main", "refs/heads/main2", False),
        ("refs/heads/release/*", "refs/heads/release/1/2", True),
        ("refs/heads/release/*", "refs/heads/released", False),
        ("refs/tags/v*", "refs/tags/v1.0", True),
        ("refs/heads/m.in", "refs/heads/main", False),
        ("*", "refs/pull/1/merge", True),
    ],
)
def test_the_branch_has_to_be_an_allowed_one(bench: ChecksBench, pattern: str, ref: str, allowed: bool) -> None:  # noqa: FBT001
    bench.add("branchControl", allowedBranches=["refs/heads/other", pattern])
    run, plan = bench.run(ref=ref)
    gate = bench.look(run, plan)
    assert (gate.open, gate.result) == ((True, None) if allowed else (False, Result.FAILED))
    assert allowed or gate.reason.endswith(f"{ref} of example is not among the allowed branches")


def test_the_branches_of_other_repositories_count_when_they_are_needed(bench: ChecksBench) -> None:
    bench.add("branchControl", allowedBranches=["refs/heads/main"])
    run, plan = bench.run()
    declared = RepositoryPlan("contoso/templates", ref="refs/heads/experiment")
    assert bench.look(run, replace(plan, repositories={"t": declared})).open
    needed = replace(declared, version="c" * 40)
    gate = bench.look(run, replace(plan, repositories={"t": needed}), attempt=2)
    assert gate.result is Result.FAILED
    assert "refs/heads/experiment of contoso/templates" in gate.reason


@pytest.mark.parametrize("branch", ["main", "heads/main", ""])
def test_a_branch_is_written_in_full(bench: ChecksBench, branch: str) -> None:
    with pytest.raises(UserError, match=r"^allowedBranches: ") as caught:
        bench.add("branchControl", allowedBranches=[branch])
    assert "refs/heads/" in caught.value.hint


@pytest.mark.parametrize(
    ("template", "passes"),
    [
        ({"path": "pipelines/safe.yml"}, True),
        ({"path": "/Pipelines/Safe.yml"}, True),
        ({"path": "pipelines\\safe.yml", "repository": "Contoso/Templates"}, True),
        ({"path": "pipelines/safe.yml", "repository": "contoso/templates", "ref": "main"}, True),
        ({"path": "pipelines/safe.yml", "repository": "contoso/templates", "ref": "refs/tags/v1"}, False),
        ({"path": "pipelines/safe.yml", "repository": "fabrikam/templates"}, False),
        ({"path": "safe.yml"}, False),
    ],
)
def test_one_of_the_required_templates_has_to_be_extended(
    bench: ChecksBench,
    template: dict[str, str],
    passes: bool,  # noqa: FBT001
) -> None:
    bench.add("requiredTemplate", templates=[{"path": "other.yml"}, template])
    run, plan = bench.run(extends=(ExtendsPlan("mine.yml", "example"), EXTENDED))
    gate = bench.look(run, plan)
    assert gate.open is passes
    assert passes or gate.result is Result.FAILED


def test_a_pipeline_that_extends_nothing_has_not_the_required_template(bench: ChecksBench) -> None:
    bench.add("requiredTemplate", templates=[{"path": "a.yml", "repository": "b/c"}])
    run, plan = bench.run()
    assert bench.look(run, plan).reason.endswith("the pipeline has to extend a.yml@b/c; it extends none")


@pytest.mark.parametrize("templates", [[], [{"path": " / "}], [{}], [{"path": "a", "branch": "b"}]])
def test_required_templates_are_checked_when_they_are_set(bench: ChecksBench, templates: list[object]) -> None:
    with pytest.raises(UserError):
        bench.add("requiredTemplate", templates=templates)


def test_static_checks_come_first(bench: ChecksBench) -> None:
    bench.approval("ben", when="preCheck")
    bench.add("branchControl", allowedBranches=["refs/heads/release"])
    run, plan = bench.run()
    assert bench.look(run, plan).result is Result.FAILED
    assert bench.checks.approvals(run.id) == []


def test_all_resources_of_a_stage_count(bench: ChecksBench) -> None:
    group = ResourceUse(ResourceKind.VARIABLE_GROUP, "Secrets")
    bench.approval("ben")
    bench.add("approval", Resource(ResourceKind.VARIABLE_GROUP, "secrets"), approvers=["cleo"])
    run, plan = bench.run(deploy("Deploy", USE, group))
    reason = bench.look(run, plan).reason
    assert "approval of environment:staging (waits for ben)" in reason
    assert "approval of variableGroup:secrets (waits for cleo)" in reason


def test_a_check_of_a_project_is_only_for_that_project(bench: ChecksBench) -> None:
    bench.add("approval", Resource(ResourceKind.ENVIRONMENT, "staging", "fraud"), approvers=["ben"])
    run, plan = bench.run()
    assert not bench.gates.look(replace(run, project="fraud"), plan, plan.stages[0], 1).open
    assert bench.gates.look(replace(run, project="churn"), plan, plan.stages[0], 2).open


def test_a_resource_whose_name_is_not_known_before_the_run_is_refused(bench: ChecksBench) -> None:
    run, plan = bench.run(deploy("Deploy", ResourceUse(ResourceKind.ENVIRONMENT, "$(target)")))
    gate = bench.look(run, plan)
    assert gate.result is Result.FAILED
    assert "environment '$(target)' could not be found" in gate.reason


def test_who_starts_a_run_without_checks_is_told(bench: ChecksBench) -> None:
    bench.approval("ben")
    bench.add("exclusiveLock")
    run, plan = bench.run(skip="ada")
    gate = bench.look(run, plan)
    names = ["approval of environment:staging", "exclusiveLock of environment:staging"]
    assert gate.events == (("checks.skipped", {"by": "ada", "checks": names}),)
    assert [(each.state, each.reason) for each in bench.checks.gates(run.id)[0].checks] == [
        ("skipped", "skipped by ada"),
        ("skipped", "skipped by ada"),
    ]
