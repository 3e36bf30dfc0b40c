"""Early termination: which trials have lost.

Each time that a trial logs its metric is an interval. A policy looks at a trial at every multiple of its interval that
is not less than its delay, and compares it with the trials that have come as far.
https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#specify-early-termination-policy
"""

from __future__ import annotations

from statistics import fmean, median
from typing import TYPE_CHECKING

from drivetrain.definition.azureml.sweep.model import PolicyKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from drivetrain.definition.azureml.sweep.model import Objective, Policy
    from drivetrain.run.sweeps.model import Trial


def losers(policy: Policy, objective: Objective, trials: Sequence[Trial]) -> tuple[int, ...]:
    """Numbers of running trials that the policy gives up, ascending."""
    running = [trial for trial in trials if not trial.state.over]
    return tuple(sorted(trial.number for trial in running if _loses(policy, objective, trial, trials)))


def _loses(policy: Policy, objective: Objective, trial: Trial, trials: Sequence[Trial]) -> bool:
    rule = {PolicyKind.BANDIT: _bandit, PolicyKind.MEDIAN: _median, PolicyKind.TRUNCATION: _truncation}[policy.kind]
    return any(
        rule(policy, objective, trial, at, [other for other in trials if len(other.values) >= at])
        for at in _intervals(policy, len(trial.values))
    )


def _intervals(policy: Policy, reached: int) -> Iterable[int]:
    """The intervals up to `reached` at which the policy is applied, the newest first."""
    newest = reached - reached % policy.interval
    return range(newest, max(policy.delay, policy.interval, 1) - 1, -policy.interval)


def _bandit(policy: Policy, objective: Objective, trial: Trial, at: int, peers: Sequence[Trial]) -> bool:
    """Worse than the best by more than the slack: with a factor of 0.2 and 0.8 as the best, less than 0.8 / 1.2. The
    slack is a distance, so that it also works for values below zero.
    """
    best = objective.best(tuple(objective.best(peer.values[:at]) for peer in peers))
    share = policy.slack_factor / (1 + policy.slack_factor) if objective.maximize else policy.slack_factor
    slack = policy.slack_amount or abs(best) * share
    limit = best - slack if objective.maximize else best + slack
    return objective.better(limit, objective.best(trial.values[:at]))


def _median(policy: Policy, objective: Objective, trial: Trial, at: int, peers: Sequence[Trial]) -> bool:
    """Its best is worse than the median of all trials' averages so far."""
    del policy
    middle = median(fmean(peer.values[:at]) for peer in peers)
    return objective.better(middle, objective.best(trial.values[:at]))


def _truncation(policy: Policy, objective: Objective, trial: Trial, at: int, peers: Sequence[Trial]) -> bool:
    """Among the worst share of those that have come so far, the share rounded down. Of equals the later one goes."""
    if policy.exclude_finished:
        peers = [peer for peer in peers if not peer.state.over]
    sign = 1.0 if objective.maximize else -1.0
    worst_first = sorted(peers, key=lambda peer: (sign * peer.values[at - 1], -peer.number))
    count = len(worst_first) * policy.percentage // 100
    return trial in worst_first[:count]
