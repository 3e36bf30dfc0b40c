"""Older forms become jobs, with a warning each. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.read import read_pipeline

if TYPE_CHECKING:
    from drivetrain.definition.model import Definition


def read(text: str) -> Definition:
    return read_pipeline(text, file="f.yml", tasks={})


def test_phases_are_jobs() -> None:
    definition = read(
        "phases:\n- phase: a\n  displayName: A\n  continueOnError: true\n  variables: {x: y}\n"
        "  queue: {name: Hosted, demands: [make], timeoutInMinutes: 20, cancelTimeoutInMinutes: 2, parallel: 3,"
        " container: 'debian:12', workspace: {clean: all}}\n  steps: [{script: a}]\n"
        "- phase: b\n  dependsOn: a\n  condition: always()\n  server: {timeoutInMinutes: 5, matrix: {m: {n: o}}}\n"
    )
    assert [(problem.code, str(problem.position)) for problem in definition.problems if problem.code != "empty"] == [
        ("deprecated", "f.yml:1:1")
    ]
    first, second = definition.checked().stages[0].jobs
    assert first.pool is not None
    assert (first.name, first.pool.name, first.pool.demands, first.timeout_minutes) == ("a", "Hosted", ("make",), "20")
    assert first.strategy is not None
    assert first.strategy.parallel is not None
    assert (first.cancel_timeout_minutes, first.workspace_clean, first.strategy.parallel.value) == ("2", "all", "3")
    assert first.container is not None
    assert second.pool is not None
    assert (second.pool.server, second.timeout_minutes) == (True, "5")
    assert second.strategy is not None
    assert [leg.name for leg in second.strategy.legs] == ["m"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [("queue: Hosted", ("Hosted", False)), ("queue: {name: H}", ("H", False)), ("server: true", ("", True))],
)
def test_steps_beside_a_queue_or_server_are_one_job(where: str, expected: tuple[str, bool]) -> None:
    definition = read(f"steps: [{{script: a}}]\n{where}\ncontinueOnError: true\n")
    assert [(problem.code, problem.position.line) for problem in definition.problems] == [("deprecated", 2)]
    (job,) = definition.checked().stages[0].jobs
    assert job.pool is not None
    assert (job.name, job.continue_on_error) == ("Job", "true")
    assert (job.pool.name, job.pool.server) == expected


def test_both_are_too_many() -> None:
    problems = read("steps: [{script: a}]\nqueue: a\nserver: true\n").problems
    assert [(problem.code, problem.position.line) for problem in problems if problem.severity == "error"] == [
        ("conflicting-keys", 3)
    ]


def test_what_is_no_phase_is_told_once() -> None:
    problems = read("phases:\n- stage: a\n- text\n- phase: a\n  steps: [{script: a}]\n").problems
    assert [(problem.code, problem.position.line) for problem in problems] == [
        ("deprecated", 1), ("unknown-key", 2), ("wrong-type", 3),
    ]  # fmt: skip


def test_phases_must_be_a_list() -> None:
    assert [problem.code for problem in read("phases: text\n").problems] == ["deprecated", "wrong-type"]
