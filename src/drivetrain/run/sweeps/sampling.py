"""Which values the trial of a number gets. The same sweep always gives the same trial the same values, so a controller
that comes back after its death goes on where it was.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.sweep.model import Algorithm
from drivetrain.run.sweeps.bayesian import suggest
from drivetrain.run.sweeps.drawing import draw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.azureml.sweep.model import Distribution, Sweep
    from drivetrain.run.sweeps.model import Trial

_MOST_SEED = 2**32


def trial_count(sweep: Sweep) -> int:
    """How many trials the sweep has at most: no more than its grid has places."""
    if sweep.sampling.algorithm is not Algorithm.GRID:
        return sweep.limits.total
    return min(math.prod(len(each.choices) for each in sweep.space.values()), sweep.limits.total)


def parameters(sweep: Sweep, number: int, name: str, trials: Sequence[Trial] = ()) -> dict[str, Any]:
    """The values of the trial of this number, counted from 0. `name`, the sweep's, is the seed where none is given;
    `trials` are those before it, which only Bayesian sampling looks at.
    """
    match sweep.sampling.algorithm:
        case Algorithm.GRID:
            return _grid(sweep.space, number)
        case Algorithm.BAYESIAN:
            return suggest(sweep, trials, _seed(sweep, name) + number)
        case Algorithm.RANDOM:
            return _sobol(sweep, number, name) if sweep.sampling.sobol else _random(sweep, number, name)


def _seed(sweep: Sweep, name: str) -> int:
    given = sweep.sampling.seed
    return random.Random(name).randrange(_MOST_SEED) if given is None else given % _MOST_SEED  # noqa: S311 - no secret


def _grid(space: Mapping[str, Distribution], number: int) -> dict[str, Any]:
    """Place `number` of the grid; the last parameter changes quickest."""
    values: dict[str, Any] = {}
    for name in reversed(list(space)):
        choices = space[name].choices
        number, index = divmod(number, len(choices))
        values[name] = choices[index]
    return {name: values[name] for name in space}


def _random(sweep: Sweep, number: int, name: str) -> dict[str, Any]:
    unit = random.Random(f"{_seed(sweep, name)}:{number}").random  # noqa: S311 - no secret
    return draw(sweep.space, unit, sweep.sampling.log_base)


def _sobol(sweep: Sweep, number: int, name: str) -> dict[str, Any]:
    """The first numbers are a point of the sequence; what a choice nests is drawn with random ones."""
    from scipy.stats import qmc  # noqa: PLC0415 - a third of a second, and only for this rule

    seed = _seed(sweep, name)
    sequence = qmc.Sobol(len(sweep.space), scramble=True, rng=seed)
    if number:  # scipy cannot go forward by nothing
        sequence.fast_forward(number)
    point = sequence.random(1)[0]
    more = random.Random(f"{seed}:{number}").random  # noqa: S311 - no secret
    units = {key: float(unit) for key, unit in zip(sweep.space, point, strict=True)}
    return {
        key: draw({key: sweep.space[key]}, _then(unit, more), sweep.sampling.log_base)[key]
        for key, unit in units.items()
    }


def _then(first: float, more: Any) -> Any:
    numbers = itertools.chain([first], iter(more, None))
    return lambda: next(numbers)


def as_text(value: Any) -> str:
    """A value as a command gets it: numbers as Python writes them, booleans and objects as JSON."""
    if isinstance(value, str):
        return value
    return repr(value) if isinstance(value, float) else json.dumps(value)
