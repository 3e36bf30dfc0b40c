"""What a sweep's controller does next, from what has become of its trials: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.sweeps.model import Move, TrialState
from drivetrain.run.sweeps.policies import losers
from drivetrain.run.sweeps.sampling import trial_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.definition.azureml.sweep.model import Objective, Sweep
    from drivetrain.run.sweeps.model import Trial


def next_move(sweep: Sweep, trials: Sequence[Trial], *, time_is_up: bool = False) -> Move:
    """Trials to begin as far as there is room, trials to give up, and whether all is done. When its time is up, a sweep
    begins none and gives up those that run.
    """
    running = [trial for trial in trials if not trial.state.over]
    if time_is_up:
        return Move(cancel=tuple(trial.number for trial in running), done=not running)
    lost = losers(sweep.policy, sweep.objective, trials) if sweep.policy else ()
    room = sweep.limits.concurrent - len(running)
    upcoming = range(len(trials), trial_count(sweep))
    start = tuple(upcoming[: max(room, 0)])
    return Move(start, lost, done=not running and not start)


def best_trial(objective: Objective, trials: Sequence[Trial]) -> Trial | None:
    """The trial with the best value of all, the first of equals; None where none has logged any. One that has failed is
    none.
    """
    found: Trial | None = None
    for trial in trials:
        if not trial.values or trial.state is TrialState.FAILED:
            continue
        if found is None or objective.better(objective.best(trial.values), objective.best(found.values)):
            found = trial
    return found
