from __future__ import annotations

import pytest

from tests.unit.definition.lint.linting import found

ALWAYS_FALSE = "its condition is always false"


def stages(*conditions: str) -> str:
    """Stages A, B, C ... with what is written below each."""
    text = "stages:\n"
    for name, condition in zip("ABCDEF", conditions, strict=False):
        text += f"- stage: {name}\n"
        text += f"  {condition}\n" if condition else ""
        text += "  jobs:\n  - job: J\n    steps: [{script: x}]\n"
    return text


@pytest.mark.parametrize(
    "condition",
    [
        "false",
        "False",
        "'false'",
        "eq(1, 2)",
        "and(succeeded(), false)",
        "and(eq(variables['a'], 'b'), eq('x', 'y'))",
        "or(false, eq(1, 2))",
        "not(true)",
    ],
)
def test_a_condition_that_is_false_whatever_happens(condition: str) -> None:
    text = stages("", "", f"dependsOn: []\n  condition: {condition}")
    assert [line.split(" ", 1)[1] for line in found("unreachable", text)] == [f"stage 'C' never runs: {ALWAYS_FALSE}"]


@pytest.mark.parametrize(
    "condition",
    [
        "true",
        "succeeded()",
        "always()",
        "failed()",
        "eq(variables['a'], 'b')",
        "or(false, eq(variables['a'], 'b'))",
        "and(true, succeeded())",
        "ne(dependencies.A.result, 'Failed')",
        "eq(1,",
        "${{ eq(variables['Build.Reason'], 'PullRequest') }}",
        "${{ false }}",
    ],
)
def test_a_condition_that_may_be_true(condition: str) -> None:
    assert found("unreachable", stages("", f"condition: {condition}")) == []


def test_what_waits_for_it_never_runs_either() -> None:
    text = stages("condition: false", "", "condition: and(succeeded(), true)", "dependsOn: [B]", "dependsOn: []")
    assert found("unreachable", text) == [
        f"3:14 stage 'A' never runs: {ALWAYS_FALSE}",
        "7:3 stage 'B' never runs: it waits for 'A', which never runs",
        "12:14 stage 'C' never runs: its condition needs 'B' to succeed, which never runs",
        "16:3 stage 'D' never runs: it waits for 'B', which never runs",
    ]


@pytest.mark.parametrize(
    "condition", ["always()", "not(failed())", "in(dependencies.A.result, 'Skipped')", "or(succeeded(), always())"]
)
def test_a_condition_of_its_own_may_let_a_stage_run_after_it(condition: str) -> None:
    assert len(found("unreachable", stages("condition: false", f"condition: {condition}"))) == 1


def test_success_of_another_stage_may_be_what_is_asked_for() -> None:
    text = stages("condition: false", "dependsOn: []", "dependsOn: [A, B]\n  condition: succeeded('B')", "")
    assert len(found("unreachable", text)) == 1
    text = stages("condition: false", "dependsOn: []", "dependsOn: [A, B]\n  condition: succeeded('a')")
    assert found("unreachable", text)[1].endswith("its condition needs 'A' to succeed, which never runs")


def test_jobs() -> None:
    text = (
        "jobs:\n- job: A\n  condition: false\n  steps: [{script: x}]\n"
        "- job: B\n  dependsOn: a\n  steps: [{script: x}]\n"
        "- job:\n  condition: eq(1, 2)\n  steps: [{script: x}]\n"
        "- job: C\n  steps: [{script: x}]\n"
    )
    assert found("unreachable", text) == [
        f"3:14 job 'A' never runs: {ALWAYS_FALSE}",
        "5:3 job 'B' never runs: it waits for 'A', which never runs",
        f"9:14 the job never runs: {ALWAYS_FALSE}",
    ]


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        ("[{script: x, enabled: false}, {script: y, enabled: No}]", 1),
        ("[{script: x, enabled: false}, {script: y}]", 0),
        ("[{script: x, enabled: '${{ false }}'}]", 0),
        ("[{script: x, enabled: true}]", 0),
        ("[]", 0),
    ],
)
def test_a_job_without_a_step_that_is_enabled(steps: str, count: int) -> None:
    assert found("unreachable", f"steps: {steps}\n") == ["1:1 nothing runs here: no step is enabled"] * count
