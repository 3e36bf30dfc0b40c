from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import NotFoundError, UserError
from drivetrain.plan.model import ResourceKind
from drivetrain.run.checks.model import Resource
from drivetrain.run.checks.resource import resource_of
from drivetrain.view.ports import Answer
from tests.unit.run.checks.checks_bench import STAGING, ChecksBench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> ChecksBench:
    return ChecksBench(tmp_path)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("staging", ResourceKind.ENVIRONMENT, "staging"),
        ("environment:staging", ResourceKind.ENVIRONMENT, "staging"),
        ("variable-group: Secrets", ResourceKind.VARIABLE_GROUP, "Secrets"),
        ("serviceConnection:a:b", ResourceKind.SERVICE_CONNECTION, "a:b"),
        ("SECURE_FILE:key.pem", ResourceKind.SECURE_FILE, "key.pem"),
    ],
)
def test_resources_are_named_in_one_way(text: str, kind: ResourceKind, name: str) -> None:
    assert resource_of(text, "shop") == Resource(kind, name, "shop")


@pytest.mark.parametrize("text", ["pool:default", "environment:", "environment: "])
def test_what_is_no_resource_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(UserError) as caught:
        resource_of(text)
    assert "secureFile:NAME" in caught.value.hint


def test_a_check_comes_back_with_its_defaults(bench: ChecksBench) -> None:
    made = bench.add("branch-control", allowedBranches=["refs/heads/main"])
    assert (made.type, made.settings) == (
        "branchControl",
        {"allowedBranches": ["refs/heads/main"], "timeout": 1440.0},
    )
    assert bench.desk.checks(STAGING) == bench.desk.checks() == [made]
    assert bench.desk.checks(Resource(ResourceKind.ENVIRONMENT, "other")) == []


def test_a_kind_that_is_not_there_is_refused_with_those_that_there_are(bench: ChecksBench) -> None:
    with pytest.raises(UserError, match="there is no check 'magic'") as caught:
        bench.add("magic")
    assert "exclusiveLock" in caught.value.hint


def test_a_resource_needs_a_name(bench: ChecksBench) -> None:
    with pytest.raises(UserError, match="a resource needs a name"):
        bench.add("exclusiveLock", Resource(ResourceKind.ENVIRONMENT, " "))


def test_a_check_is_removed_once(bench: ChecksBench) -> None:
    made = bench.approval("ben")
    assert bench.desk.remove(made.id) == made
    with pytest.raises(NotFoundError):
        bench.desk.remove(made.id)


def test_a_comment_has_an_end(bench: ChecksBench) -> None:
    bench.approval("ben")
    run, plan = bench.run()
    bench.look(run, plan)
    with pytest.raises(UserError, match="at most 10000 characters"):
        bench.decide(run, "ben", comment="x" * 10_001)


def test_one_question_of_several_can_be_meant(bench: ChecksBench) -> None:
    bench.approval("ben")
    bench.approval("ben")
    run, plan = bench.run()
    bench.look(run, plan)
    first, second = bench.desk.of_run(run.id).approvals
    bench.desk.decide(run.id, Answer(approve=True, by="ben", approval=second.id))
    assert [each.state for each in bench.desk.of_run(run.id).approvals] == ["pending", "approved"]
    with pytest.raises(NotFoundError):
        bench.desk.decide(run.id, Answer(approve=True, by="ben", approval=first.id + 100))


def test_the_engine_is_told(bench: ChecksBench) -> None:
    woken: list[bool] = []
    bench.desk._wake = lambda: woken.append(True)
    bench.approval("ben")
    run, plan = bench.run()
    bench.look(run, plan)
    bench.decide(run, "ben")
    assert woken == [True]
