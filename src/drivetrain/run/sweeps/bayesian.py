"""Bayesian sampling by Optuna: values that look promising after those that were tried.

The study is built anew from the trials for every suggestion: nothing has to be kept but the trials themselves.
https://optuna.readthedocs.io/en/stable/reference/samplers/generated/optuna.samplers.TPESampler.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.sweep.model import Shape
from drivetrain.errors import UnavailableError
from drivetrain.run.sweeps.drawing import quantized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.azureml.sweep.model import Distribution, Sweep
    from drivetrain.run.sweeps.model import Trial

STARTUP_TRIALS = 5
"""So many are random before the first that is not."""


def optuna() -> Any:
    """The library. Raises UnavailableError saying how to get it."""
    try:
        import optuna  # noqa: PLC0415 - the extra `sweep`, and half a second
    except ImportError as error:
        raise UnavailableError(
            "Bayesian sampling needs Optuna, which is not installed",
            hint="pip install 'drivetrain[sweep]', or use random sampling",
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def suggest(sweep: Sweep, trials: Sequence[Trial], seed: int) -> dict[str, Any]:
    """Values for the next trial."""
    library = optuna()
    sampler = library.samplers.TPESampler(
        seed=seed % 2**32, n_startup_trials=STARTUP_TRIALS, constant_liar=True, multivariate=False
    )
    study = library.create_study(direction="maximize" if sweep.objective.maximize else "minimize", sampler=sampler)
    space = {name: _distribution(library, each) for name, each in sweep.space.items()}
    for trial in trials:
        study.add_trial(_past(library, sweep, space, trial))
    asked = study.ask(space)
    return {name: _value(sweep.space[name], asked.params[name]) for name in sweep.space}


def _distribution(library: Any, distribution: Distribution) -> Any:
    if distribution.shape is Shape.CHOICE:
        return library.distributions.CategoricalDistribution(list(range(len(distribution.choices))))
    return library.distributions.FloatDistribution(distribution.first, distribution.second)


def _value(distribution: Distribution, found: Any) -> Any:
    if distribution.shape is Shape.CHOICE:
        return distribution.choices[found]
    return quantized(found, distribution.step) if distribution.step else found


def _past(library: Any, sweep: Sweep, space: Mapping[str, Any], trial: Trial) -> Any:
    """A trial as Optuna knows it; one that has ended without a value was of no use."""
    known = library.trial.TrialState
    params = {name: _known(sweep.space[name], trial.parameters[name]) for name in sweep.space}
    ended, valued = trial.state.over, bool(trial.values)
    state = known.RUNNING if not ended else known.COMPLETE if valued else known.FAIL
    value = sweep.objective.best(trial.values) if state is known.COMPLETE else None
    return library.trial.create_trial(state=state, value=value, params=params, distributions=dict(space))


def _known(distribution: Distribution, value: Any) -> Any:
    """What Optuna suggested for a value: the number of a choice, and what rounding took over a bound, put back."""
    if distribution.shape is Shape.CHOICE:
        return distribution.choices.index(value)
    return min(max(float(value), distribution.first), distribution.second)
