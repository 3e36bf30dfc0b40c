"""Conditions of jobs, by what came before them: a table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from drivetrain.run.conditions import Expressions
from drivetrain.run.model import JobRef, Result
from drivetrain.run.status import RunStatus
from tests.unit.run.engine_bench import job, one_stage

NOW = "2026-01-02T03:04:05.000Z"


def after(results: dict[str, str], condition: str, *, canceled: bool = False) -> tuple[Expressions, RunStatus]:
    """A job Z that depends on A (and A on Before), with these results."""
    plan = one_stage(job("Before"), job("A", "Before"), job("Z", "A", condition=condition))
    status = RunStatus(plan)
    status.begin_stage("S", NOW)
    for name, result in results.items():
        if result != "Skipped":
            status.queue_job("S", name)
            status.start_leg(JobRef("S", name))
        status.end_leg(JobRef("S", name), Result(result), "", NOW)
    status.canceled = canceled
    expressions = Expressions(
        status,
        pipeline={"startTime": datetime(2026, 1, 2, tzinfo=UTC)},
        variables=lambda _stage, _job: {"Build.SourceBranch": "refs/heads/main"},
        open_secret=str,
        counter=lambda _prefix, seed: seed,
    )
    return expressions, status


GOOD, BAD, SKIPPED = "Succeeded", "Failed", "Skipped"


@pytest.mark.parametrize(
    ("before", "a", "condition", "runs"),
    [
        (GOOD, GOOD, "", True),
        (GOOD, "SucceededWithIssues", "", True),
        (GOOD, BAD, "", False),
        (GOOD, "Canceled", "", False),
        (GOOD, SKIPPED, "", False),
        (SKIPPED, GOOD, "", False),  # indirect dependencies count
        (BAD, GOOD, "succeeded()", False),
        (BAD, GOOD, "succeeded('A')", True),
        (BAD, GOOD, "succeeded('a')", True),
        (BAD, GOOD, "failed()", True),
        (BAD, GOOD, "failed('A')", False),
        (GOOD, "Canceled", "failed()", False),
        (GOOD, BAD, "succeededOrFailed()", True),
        (GOOD, SKIPPED, "succeededOrFailed()", True),
        (SKIPPED, SKIPPED, "succeededOrFailed()", False),
        (GOOD, SKIPPED, "succeededOrFailed('A')", False),
        (SKIPPED, SKIPPED, "not(or(failed(), canceled()))", True),
        (SKIPPED, SKIPPED, "always()", True),
        (GOOD, GOOD, "canceled()", False),
        (GOOD, SKIPPED, "in(dependencies.A.result, 'Succeeded', 'Skipped')", True),
        (GOOD, GOOD, "eq(dependencies.Before.result, '')", True),  # only direct dependencies can be seen
        (GOOD, GOOD, "eq(variables['build.sourcebranch'], 'refs/heads/MAIN')", True),
        (GOOD, GOOD, "eq(format('{0:yyyyMMdd}', pipeline.startTime), '20260102')", True),
    ],
)
def test_a_condition_holds_by_what_came_before(before: str, a: str, condition: str, *, runs: bool) -> None:
    expressions, status = after({"Before": before, "A": a}, condition)
    stage = status.plan.stages[0]
    verdict = expressions.job(stage, stage.jobs[2])
    assert verdict.error == ""
    assert verdict.runs is runs


@pytest.mark.parametrize(
    ("condition", "runs"),
    [("", False), ("succeeded()", False), ("failed()", False), ("succeededOrFailed()", False), ("always()", True),
     ("canceled()", True), ("eq(1, 1)", True)],
)  # fmt: skip
def test_in_a_canceled_run_only_what_does_not_ask_for_success_runs(condition: str, *, runs: bool) -> None:
    expressions, status = after({"Before": GOOD, "A": BAD}, condition, canceled=True)
    stage = status.plan.stages[0]
    assert expressions.job(stage, stage.jobs[2]).runs is runs


def test_a_condition_explains_itself_with_secrets_masked() -> None:
    expressions, status = after({"Before": GOOD, "A": GOOD}, "eq(variables['Build.SourceBranch'], 'x')")
    stage = status.plan.stages[0]
    lines = expressions.explain(stage, stage.jobs[2], lambda text: text.replace("main", "***"))
    assert lines[0].startswith("Evaluating: eq(variables['Build.SourceBranch'], 'x')")
    assert any("refs/heads/***" in line for line in lines)
    assert lines[-1] == "Result: False"


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("succeeded('Zed')", False), ("succeeded('A', 'Zed')", False), ("failed('Zed')", False),
        ("succeededOrFailed('Zed')", False), ("succeededOrFailed('A', 'Zed')", True), ("not(failed('Zed'))", True),
    ],
)  # fmt: skip
def test_what_is_not_depended_on_has_neither_succeeded_nor_failed(condition: str, runs: object) -> None:
    expressions, status = after({"A": GOOD}, condition)
    stage = status.plan.stages[0]
    verdict = expressions.job(stage, stage.jobs[2])
    assert (verdict.runs, verdict.error) == (runs, "")
