from __future__ import annotations

import json

import pytest

from drivetrain.errors import CorruptError
from drivetrain.plan.model import PLAN_VERSION, JobPlan, LegPlan, Plan, PoolPlan, StagePlan, StepPlan, VariablePlan
from drivetrain.plan.serialize import from_json, to_json

PLAN = Plan(
    pipeline="p",
    file="f.yml",
    name_format="$(Rev:r)",
    stages=(
        StagePlan(
            "s",
            "S",
            jobs=(
                JobPlan(
                    "j",
                    "J",
                    steps=(StepPlan("Bash", "Bash", "Bash@3", {"script": "echo \u00e9\n"}, {"A": "$(b)"}, "always()"),),
                    depends_on=("i",),
                    pool=PoolPlan("p", "", ("gpu",)),
                    legs=(LegPlan("a", {"x": "1"}), LegPlan("b", {"x": "2"})),
                ),
            ),
        ),
    ),
    variables=(VariablePlan("v", "counter()", runtime=True),),
    parameters={"n": 1, "deep": {"list": ["a", 2.5, None, True]}},
    append_commit_message=False,
)


def test_a_plan_comes_back_as_it_was() -> None:
    assert from_json(to_json(PLAN)) == PLAN


def test_equal_plans_give_equal_bytes() -> None:
    turned = Plan("p", "f.yml", "$(Rev:r)", (), parameters={"b": 1, "a": 2})
    assert to_json(turned) == to_json(Plan("p", "f.yml", "$(Rev:r)", (), parameters={"a": 2, "b": 1}))


def test_a_plan_of_the_first_version_is_read_and_lacks_only_what_is_new() -> None:
    step = {"name": "s", "display_name": "S", "task": "Bash@3"}
    job = {"name": "j", "display_name": "J", "steps": [step], "legs": [{"name": "a", "variables": {"x": "1"}}]}
    stage = {"name": "s", "display_name": "S", "jobs": [job], "condition": "always()"}
    old = {"pipeline": "p", "file": "f.yml", "name_format": "$(Rev:r)", "stages": [stage], "version": 1}
    plan = from_json(json.dumps(old).encode())
    jobs = (JobPlan("j", "J", (StepPlan("s", "S", "Bash@3"),), legs=(LegPlan("a", {"x": "1"}),)),)
    assert plan == Plan("p", "f.yml", "$(Rev:r)", (StagePlan("s", "S", jobs, condition="always()"),), version=1)


def test_a_plan_of_a_newer_version_is_refused() -> None:
    document = json.dumps({**json.loads(to_json(PLAN)), "version": PLAN_VERSION + 1, "stages": "other"}).encode()
    with pytest.raises(CorruptError, match="newer version"):
        from_json(document)


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b'{"version": 1}', b"\xff", b'{"version": "1"}'])
def test_what_is_not_a_plan_is_refused(document: bytes) -> None:
    with pytest.raises(CorruptError, match="not a plan"):
        from_json(document)
