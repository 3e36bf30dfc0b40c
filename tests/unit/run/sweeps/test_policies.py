"""The examples of Azure's documentation, and what it leaves open."""

from __future__ import annotations

import pytest

from drivetrain.definition.azureml.sweep.model import (
    Distribution,
    Objective,
    Policy,
    PolicyKind,
    Shape,
    Sweep,
    SweepLimits,
)
from drivetrain.run.sweeps.model import Move, Trial, TrialState
from drivetrain.run.sweeps.policies import losers
from drivetrain.run.sweeps.steering import best_trial, next_move

MAXIMIZE = Objective("accuracy", maximize=True)
MINIMIZE = Objective("loss", maximize=False)
BANDIT, MEDIAN, TRUNCATION = PolicyKind


def running(*histories: tuple[float, ...]) -> list[Trial]:
    return [Trial(number, {}, TrialState.RUNNING, values) for number, values in enumerate(histories)]


def at_ten(value: float) -> tuple[float, ...]:
    return (0.0,) * 9 + (value,)


@pytest.mark.parametrize(
    ("policy", "objective", "histories", "expected"),
    [
        # 0.8 / (1 + 0.2) = 0.667 is the example of the documentation.
        (Policy(BANDIT, 10, slack_factor=0.2), MAXIMIZE, [at_ten(0.8), at_ten(0.66), at_ten(0.67)], (1,)),
        (Policy(BANDIT, slack_amount=0.1), MAXIMIZE, [(0.8,), (0.69,), (0.71,)], (1,)),
        (Policy(BANDIT, slack_factor=0.2), MINIMIZE, [(1.0,), (1.21,), (1.19,)], (1,)),
        (Policy(BANDIT, slack_amount=0.1), MINIMIZE, [(1.0,), (1.11,), (1.09,)], (1,)),
        # Values below zero: the best is never given up.
        (Policy(BANDIT, slack_factor=0.2), MAXIMIZE, [(-1.0,), (-1.1,), (-1.3,)], (2,)),
        (Policy(BANDIT, slack_factor=0.2), MINIMIZE, [(-1.0,), (-0.9,), (-0.7,)], (2,)),
        # The best value up to the interval counts, of both.
        (Policy(BANDIT, slack_amount=0.1), MAXIMIZE, [(0.8, 0.1), (0.1, 0.75)], (1,)),
        # Nobody is compared with those that have not come so far.
        (Policy(BANDIT, 2, slack_amount=0.1), MAXIMIZE, [(0.9,), (0.1, 0.2)], ()),
        # An interval that is not reached, a delay that is not over.
        (Policy(BANDIT, 2, slack_amount=0.1), MAXIMIZE, [(0.9,), (0.1,)], ()),
        (Policy(BANDIT, 1, 3, slack_amount=0.1), MAXIMIZE, [(0.9, 0.9), (0.1, 0.1)], ()),
        (Policy(BANDIT, 1, 3, slack_amount=0.1), MAXIMIZE, [(0.9,) * 3, (0.1,) * 3], (1,)),
        # The policy applies at every multiple of the interval that is not less than the delay.
        (Policy(BANDIT, 2, 3, slack_amount=0.1), MAXIMIZE, [(0.9,) * 3, (0.1,) * 3], ()),
        (Policy(BANDIT, 2, 3, slack_amount=0.1), MAXIMIZE, [(0.9,) * 4, (0.1,) * 4], (1,)),
        # An interval that was passed between two looks is looked at too.
        (Policy(BANDIT, 2, slack_amount=0.1), MAXIMIZE, [(0.9, 0.9), (0.1, 0.1, 0.1)], (1,)),
        (Policy(MEDIAN), MAXIMIZE, [(0.9,), (0.5,), (0.1,)], (2,)),
        (Policy(MEDIAN), MINIMIZE, [(0.9,), (0.5,), (0.1,)], (0,)),
        # Its best against the others' averages: 0.4 is better than the median of 0.35, 0.3 and 0.35.
        (Policy(MEDIAN, 2), MAXIMIZE, [(0.3, 0.4), (0.2, 0.4), (0.3, 0.4)], ()),
        (Policy(MEDIAN, 2), MAXIMIZE, [(0.8, 0.9), (0.8, 0.9), (0.3, 0.4)], (2,)),
        (Policy(MEDIAN), MAXIMIZE, [(0.3,)], ()),
        (Policy(TRUNCATION, percentage=20), MAXIMIZE, [(v,) for v in (0.5, 0.1, 0.2, 0.3, 0.4)], (1,)),
        (Policy(TRUNCATION, percentage=40), MINIMIZE, [(v,) for v in (0.5, 0.1, 0.2, 0.3, 0.4)], (0, 4)),
        # Less than one whole trial is none.
        (Policy(TRUNCATION, percentage=20), MAXIMIZE, [(v,) for v in (0.5, 0.1, 0.2, 0.3)], ()),
        (Policy(TRUNCATION, percentage=50), MAXIMIZE, [(0.5,), (0.5,)], (1,)),
    ],
)
def test_which_trials_lose(
    policy: Policy, objective: Objective, histories: list[tuple[float, ...]], expected: tuple[int, ...]
) -> None:
    assert losers(policy, objective, running(*histories)) == expected


def test_finished_trials_are_compared_with_but_not_given_up() -> None:
    trials = [Trial(0, {}, TrialState.COMPLETED, (0.9,)), Trial(1, {}, TrialState.COMPLETED, (0.1,))]
    trials.append(Trial(2, {}, TrialState.RUNNING, (0.2,)))
    assert losers(Policy(BANDIT, slack_amount=0.1), MAXIMIZE, trials) == (2,)


def test_truncation_may_leave_finished_trials_out() -> None:
    trials = [Trial(0, {}, TrialState.COMPLETED, (0.1,)), *running((0.0,), (0.2,), (0.3,))[1:]]
    assert losers(Policy(TRUNCATION, percentage=40), MAXIMIZE, trials) == ()
    assert losers(Policy(TRUNCATION, percentage=40, exclude_finished=True), MAXIMIZE, trials) == ()
    assert losers(Policy(TRUNCATION, percentage=50, exclude_finished=True), MAXIMIZE, trials) == (1,)


SWEEP = Sweep({"x": Distribution(Shape.UNIFORM, 0, 1)}, MAXIMIZE, limits=SweepLimits(4, 2))


def trial(number: int, state: TrialState, *values: float) -> Trial:
    return Trial(number, {}, state, values)


@pytest.mark.parametrize(
    ("trials", "expected"),
    [
        ([], Move(start=(0, 1))),
        ([trial(0, TrialState.RUNNING), trial(1, TrialState.RUNNING)], Move()),
        ([trial(0, TrialState.COMPLETED), trial(1, TrialState.RUNNING)], Move(start=(2,))),
        ([trial(0, TrialState.FAILED), trial(1, TrialState.CANCELED)], Move(start=(2, 3))),
        ([trial(n, TrialState.COMPLETED) for n in range(3)], Move(start=(3,))),
        ([*[trial(n, TrialState.COMPLETED) for n in range(3)], trial(3, TrialState.RUNNING)], Move()),
        ([trial(n, TrialState.COMPLETED) for n in range(4)], Move(done=True)),
    ],
)
def test_what_is_next(trials: list[Trial], expected: Move) -> None:
    assert next_move(SWEEP, trials) == expected


def test_a_sweep_whose_time_is_up_begins_nothing_and_ends_what_runs() -> None:
    trials = [trial(0, TrialState.COMPLETED), trial(1, TrialState.RUNNING)]
    assert next_move(SWEEP, trials, time_is_up=True) == Move(cancel=(1,))
    assert next_move(SWEEP, trials[:1], time_is_up=True) == Move(done=True)


def test_the_best_trial_is_the_first_with_the_best_value_it_ever_had() -> None:
    trials = [
        trial(0, TrialState.COMPLETED, 0.3, 0.9, 0.1),
        trial(1, TrialState.COMPLETED, 0.9),
        trial(2, TrialState.FAILED, 1.0),
        trial(3, TrialState.COMPLETED),
        trial(4, TrialState.CANCELED, 0.2),
    ]
    best = best_trial(MAXIMIZE, trials)
    assert best is not None
    assert best.number == 0
    worst = best_trial(MINIMIZE, trials)
    assert worst is not None
    assert worst.number == 0
    assert best_trial(MAXIMIZE, trials[2:4]) is None
