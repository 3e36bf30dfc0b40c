from __future__ import annotations

import itertools

import pytest

from drivetrain.errors import ConflictError
from drivetrain.run.model import Result, State
from drivetrain.run.states import MOVES, Kind, after_continue_on_error, check_move, run_result, succeeded, worst

POINTS = [(State.PENDING, None), (State.RUNNING, None), *((State.COMPLETED, result) for result in Result)]


@pytest.mark.parametrize("kind", Kind)
def test_every_move_that_is_not_in_the_table_is_refused_with_the_pair_named(kind: Kind) -> None:
    refused = 0
    for before, after in itertools.product(POINTS, POINTS):
        if after in MOVES[kind].get(before, ()):
            check_move(kind, "it", before, after)
            continue
        refused += 1
        with pytest.raises(ConflictError, match=rf"^{kind} it cannot go from {before[0]}.* to {after[0]}"):
            check_move(kind, "it", before, after)
    assert refused > len(POINTS)


def test_a_completed_run_may_only_be_opened_again() -> None:
    completed = {before: after for before, after in MOVES[Kind.RUN].items() if before[0] is State.COMPLETED}
    assert {result for _, result in completed} == set(Result) - {Result.SKIPPED}
    assert set(completed.values()) == {frozenset({(State.RUNNING, None)})}


@pytest.mark.parametrize("kind", [Kind.STAGE, Kind.JOB, Kind.STEP])
def test_any_other_completed_thing_never_moves_again(kind: Kind) -> None:
    assert not [before for before in MOVES[kind] if before[0] is State.COMPLETED]


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], "Skipped"),
        (["Skipped", "Skipped"], "Skipped"),
        (["Skipped", "Succeeded"], "Succeeded"),
        (["Succeeded", "SucceededWithIssues"], "SucceededWithIssues"),
        (["SucceededWithIssues", "Failed", "Succeeded"], "Failed"),
        (["Failed", "Canceled"], "Canceled"),
    ],
)
def test_parts_add_up_to_the_worst_of_those_not_skipped(parts: list[str], whole: str) -> None:
    for order in itertools.permutations(parts):
        assert worst(Result(part) for part in order) == whole


def test_a_run_whose_stages_were_all_skipped_has_succeeded() -> None:
    assert run_result([Result.SKIPPED, Result.SKIPPED]) is Result.SUCCEEDED
    assert run_result([Result.SKIPPED, Result.FAILED]) is Result.FAILED


def test_continue_on_error_turns_only_a_failure_into_success_with_issues() -> None:
    after = {outcome: after_continue_on_error(outcome, continue_on_error=True) for outcome in Result}
    assert after == {**{outcome: outcome for outcome in Result}, Result.FAILED: Result.SUCCEEDED_WITH_ISSUES}
    assert after_continue_on_error(Result.FAILED, continue_on_error=False) is Result.FAILED


def test_success_with_issues_counts_as_success() -> None:
    assert [result for result in Result if succeeded(result)] == [Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES]
