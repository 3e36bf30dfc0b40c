from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from drivetrain.definition.azureml.sweep.model import (
    Algorithm,
    Distribution,
    Objective,
    Sampling,
    Shape,
    Sweep,
    SweepLimits,
)
from drivetrain.run.sweeps.model import Trial, TrialState
from drivetrain.run.sweeps.sampling import as_text, parameters, trial_count

ACCURACY = Objective("accuracy", maximize=True)
numbers = st.floats(-1e6, 1e6)
exponents = st.floats(-100, 100)
steps = st.floats(1e-3, 1e3)


@st.composite
def distributions(draw: st.DrawFn, shapes: tuple[Shape, ...] = tuple(Shape)) -> Distribution:
    shape = draw(st.sampled_from(shapes))
    if shape is Shape.CHOICE:
        return Distribution(shape, choices=tuple(draw(st.lists(st.integers(), min_size=1, max_size=5, unique=True))))
    if shape is Shape.RANDINT:
        return Distribution(shape, 0, draw(st.integers(1, 2**53)))
    values = exponents if shape.logarithmic else numbers
    step = draw(steps) if shape.value.startswith("q") else 0.0
    if shape.normal:
        return Distribution(shape, draw(values), draw(st.floats(1e-3, 50)), step)
    first, second = sorted([draw(values), draw(values)])
    return Distribution(shape, first, second, step)


def legal(distribution: Distribution, value: Any) -> bool:
    if distribution.shape is Shape.CHOICE:
        return value in distribution.choices
    if distribution.shape is Shape.RANDINT:
        return isinstance(value, int) and 0 <= value < distribution.second
    if not math.isfinite(value) or (distribution.shape.logarithmic and value < 0):
        return False
    if distribution.step:
        steps = value / distribution.step
        if not math.isclose(steps, round(steps), rel_tol=1e-9, abs_tol=1e-6):
            return False
    if distribution.shape.normal:
        return True
    low, high = distribution.first, distribution.second
    if distribution.shape.logarithmic:
        low, high = math.exp(low), math.exp(high)
    room = distribution.step / 2 + abs(high) * 1e-9 + 1e-9
    return bool(low - room <= value <= high + room)


def sweep_of(space: dict[str, Distribution], sampling: Sampling, total: int = 20) -> Sweep:
    return Sweep(space, ACCURACY, sampling, SweepLimits(total, 4))


@given(
    space=st.dictionaries(st.sampled_from("abcde"), distributions(), min_size=1),
    seed=st.integers(0, 2**32),
    number=st.integers(0, 1000),
    sobol=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_every_sample_is_legal_and_a_seed_gives_the_same_again(
    space: dict[str, Distribution], seed: int, number: int, *, sobol: bool
) -> None:
    sweep = sweep_of(space, Sampling(Algorithm.RANDOM, seed, sobol))
    found = parameters(sweep, number, "s")
    assert found == parameters(sweep, number, "another name")
    assert list(found) == list(space)
    assert all(legal(space[name], value) for name, value in found.items()), found


def test_without_a_seed_the_name_of_the_sweep_is_one() -> None:
    sweep = sweep_of({"x": Distribution(Shape.UNIFORM, 0, 1)}, Sampling())
    assert parameters(sweep, 3, "one") == parameters(sweep, 3, "one") != parameters(sweep, 3, "two")


@pytest.mark.parametrize("sobol", [False, True])
def test_samples_are_spread_over_what_they_may_be(*, sobol: bool) -> None:
    space = {"x": Distribution(Shape.UNIFORM, 0, 1), "y": Distribution(Shape.CHOICE, choices=("a", "b"))}
    sweep = sweep_of(space, Sampling(Algorithm.RANDOM, 7, sobol))
    found = [parameters(sweep, number, "s") for number in range(64)]
    eighths = [int(each["x"] * 8) for each in found]
    fewest = min(eighths.count(eighth) for eighth in range(8))
    assert fewest == 8 if sobol else 0 < fewest < 8
    assert 20 <= sum(each["y"] == "a" for each in found) <= 44


def test_a_base_of_ten_draws_powers_of_ten() -> None:
    space = {"x": Distribution(Shape.LOGUNIFORM, -3, 0)}
    found = [parameters(sweep_of(space, Sampling(seed=1, log_base=10)), n, "s")["x"] for n in range(50)]
    assert all(1e-3 <= value <= 1 for value in found)
    assert min(found) < 0.01


@given(st.dictionaries(st.sampled_from("abc"), distributions((Shape.CHOICE,)), min_size=1))
@settings(max_examples=40, deadline=None)
def test_a_grid_is_complete_and_has_nothing_twice(space: dict[str, Distribution]) -> None:
    sweep = sweep_of(space, Sampling(Algorithm.GRID), total=1000)
    found = [tuple(parameters(sweep, number, "s").values()) for number in range(trial_count(sweep))]
    assert found == list(itertools.product(*(each.choices for each in space.values())))


def test_a_grid_has_no_more_trials_than_its_limit() -> None:
    space = {"a": Distribution(Shape.CHOICE, choices=tuple(range(100)))}
    assert trial_count(sweep_of(space, Sampling(Algorithm.GRID), total=7)) == 7


def test_what_a_choice_nests_is_drawn_when_it_is_chosen() -> None:
    nested = {0: {"c": Distribution(Shape.UNIFORM, 5, 6)}}
    space = {"model": Distribution(Shape.CHOICE, choices=({"kind": "svm", "c": None}, {"kind": "tree"}), nested=nested)}
    found = [parameters(sweep_of(space, Sampling(seed=2)), number, "s")["model"] for number in range(20)]
    assert {model["kind"] for model in found} == {"svm", "tree"}
    assert all(5 <= model["c"] <= 6 for model in found if model["kind"] == "svm")


def peak(found: dict[str, Any]) -> float:
    return float(-((found["x"] - 0.7) ** 2) - (found["kind"] != "good"))


def test_bayesian_sampling_is_legal_repeatable_and_comes_nearer_than_chance() -> None:
    space = {
        "x": Distribution(Shape.UNIFORM, 0, 1),
        "kind": Distribution(Shape.CHOICE, choices=("bad", "good", "ugly")),
        "q": Distribution(Shape.QUNIFORM, 0, 9, 4),
    }
    sweep = sweep_of(space, Sampling(Algorithm.BAYESIAN), total=25)
    trials: list[Trial] = []
    for number in range(25):
        found = parameters(sweep, number, "s", trials)
        assert found == parameters(sweep, number, "s", trials)
        assert all(legal(space[name], value) for name, value in found.items())
        trials.append(Trial(number, found, TrialState.COMPLETED, (peak(found),)))
    late = sorted(trial.values[0] for trial in trials[15:])
    early = sorted(trial.values[0] for trial in trials[:10])
    assert late[len(late) // 2] > early[len(early) // 2]


def test_bayesian_sampling_lives_with_trials_that_run_have_failed_or_logged_nothing() -> None:
    sweep = sweep_of({"x": Distribution(Shape.CHOICE, choices=(1, "a", None))}, Sampling(Algorithm.BAYESIAN))
    states = (TrialState.RUNNING, TrialState.FAILED, TrialState.CANCELED, TrialState.COMPLETED)
    trials = [Trial(number, {"x": "a"}, state) for number, state in enumerate(states)]
    assert parameters(sweep, 4, "s", trials)["x"] in {1, "a", None}
    minimizing = replace(sweep, objective=Objective("loss", maximize=False))
    assert parameters(minimizing, 4, "s", trials)["x"] in {1, "a", None}


@pytest.mark.parametrize(
    ("value", "text"), [("a b", "a b"), (3, "3"), (1e-7, "1e-07"), (True, "true"), ({"k": 1}, '{"k": 1}')]
)
def test_values_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text
