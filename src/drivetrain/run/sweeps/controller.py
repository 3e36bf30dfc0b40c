"""Carries a sweep out: looks at its trials, and does what is next. All that it knows is in the workspace, so it may die
at any moment; whoever comes after it goes on.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.sweeps.model import Trial, TrialState
from drivetrain.run.sweeps.sampling import parameters
from drivetrain.run.sweeps.steering import best_trial, next_move
from drivetrain.run.sweeps.trial_body import parameters_of, trial_body, trial_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.clock import Clock
    from drivetrain.plan.azureml.sweep.model import SweepTask

_STATES = {"completed": TrialState.COMPLETED, "failed": TrialState.FAILED, "canceled": TrialState.CANCELED}


class Jobs(Protocol):
    """The jobs of the workspace, and what they log."""

    def job(self, name: str) -> Mapping[str, Any] | None:
        """`properties` of a job, with when it was `createdAt`; None when there is none."""
        ...

    def create(self, name: str, properties: Mapping[str, Any]) -> None:
        """Begin a job. Raises UserError."""
        ...

    def cancel(self, name: str) -> None:
        """End a job, if it runs."""
        ...

    def values(self, run_id: str, metric: str) -> tuple[float, ...]:
        """What a job has logged of a metric, in order."""
        ...


class Controller:
    """One sweep under way."""

    def __init__(self, task: SweepTask, jobs: Jobs, clock: Clock, tell: Callable[[str], None]) -> None:
        """`tell` gets lines for people."""
        self._task = task
        self._jobs = jobs
        self._clock = clock
        self._tell = tell
        self._began: datetime | None = None
        self._ending: set[int] = set()
        self.trials: list[Trial] = []
        """In the order of their numbers."""

    def take_over(self) -> None:
        """Find the trials that there are already."""
        while (properties := self._jobs.job(trial_name(self._task, len(self.trials)))) is not None:
            number = len(self.trials)
            known = parameters_of(properties)
            if known is None or properties.get("parentJobName") not in (None, self._task.run.id):
                raise UserError(
                    f"There is a job {trial_name(self._task, number)} already, which is no trial of the sweep."
                )
            self.trials.append(Trial(number, known))
        if self.trials:
            self._tell(f"{len(self.trials)} trials have been begun before.")

    def step(self) -> bool:
        """Look, and do what is next; whether all is done. Raises UserError when a trial cannot be begun."""
        self.trials = [self._looked(trial) for trial in self.trials]
        move = next_move(self._task.sweep, self.trials, time_is_up=self._time_is_up())
        for number in move.cancel:
            self._give_up(number)
        for number in move.start:
            self._begin(number)
        return move.done

    def cancel(self) -> None:
        """End every trial that runs."""
        for trial in self.trials:
            if not trial.state.over:
                self._jobs.cancel(trial_name(self._task, trial.number))

    def best(self) -> Trial | None:
        """The best trial so far."""
        return best_trial(self._task.sweep.objective, self.trials)

    def _looked(self, trial: Trial) -> Trial:
        """A trial as it is now. Its state is asked first: what it has logged is then complete, if it has ended."""
        if trial.state.over:
            return trial
        name = trial_name(self._task, trial.number)
        properties = self._jobs.job(name) or {"status": "Canceled"}  # somebody has deleted it
        state = _STATES.get(str(properties.get("status", "")).lower(), TrialState.RUNNING)
        values = self._jobs.values(name, self._task.sweep.objective.metric)
        if state.over:
            self._tell(f"Trial {trial.number}: {state}{self._said(values)}")
        return replace(trial, state=state, values=values)

    def _said(self, values: tuple[float, ...]) -> str:
        objective = self._task.sweep.objective
        return f", {objective.metric} {objective.best(values):g}" if values else f", without {objective.metric}"

    def _give_up(self, number: int) -> None:
        if number not in self._ending:
            self._ending.add(number)
            self._tell(f"Trial {number}: given up")
            self._jobs.cancel(trial_name(self._task, number))

    def _begin(self, number: int) -> None:
        chosen = parameters(self._task.sweep, number, self._task.run.id, self.trials)
        self._jobs.create(trial_name(self._task, number), trial_body(self._task, number, chosen))
        self._began = self._began or self._clock.now()
        self.trials.append(Trial(number, chosen))
        self._tell(f"Trial {number}: {', '.join(f'{name}={value}' for name, value in chosen.items())}")

    def _time_is_up(self) -> bool:
        """Counted from the first trial, whoever has begun it."""
        limit = self._task.sweep.limits.timeout
        if not limit or not self.trials:
            return False
        if self._began is None:
            found = self._jobs.job(trial_name(self._task, 0)) or {}
            self._began = _moment(found.get("createdAt")) or self._clock.now()
        return (self._clock.now() - self._began).total_seconds() > limit


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
