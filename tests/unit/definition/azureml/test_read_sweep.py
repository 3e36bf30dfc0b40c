from __future__ import annotations

from typing import Any

import pytest

from drivetrain.definition.azureml.sweep.model import (
    Algorithm,
    Distribution,
    Objective,
    Policy,
    PolicyKind,
    Sampling,
    Shape,
    SweepLimits,
)
from drivetrain.definition.azureml.sweep.read import read_sweep
from drivetrain.definition.azureml.sweep.write import rest_sweep
from drivetrain.errors import UserError

GOOD: dict[str, Any] = {
    "searchSpace": {"lr": ["uniform", [0, 1]]},
    "objective": {"goal": "Maximize", "primaryMetric": "accuracy"},
}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (["choice", [[1, "a", True]]], Distribution(Shape.CHOICE, choices=(1, "a", True))),
        ({"type": "choice", "values": [1, 2]}, Distribution(Shape.CHOICE, choices=(1, 2))),
        (["randint", [5]], Distribution(Shape.RANDINT, 0, 5)),
        ({"type": "randint", "upper": "5"}, Distribution(Shape.RANDINT, 0, 5)),
        (["uniform", [0.1, 1]], Distribution(Shape.UNIFORM, 0.1, 1)),
        ({"type": "quniform", "min_value": 0, "max_value": 4, "q": 2}, Distribution(Shape.QUNIFORM, 0, 4, 2)),
        (["loguniform", [-5, 0]], Distribution(Shape.LOGUNIFORM, -5, 0)),
        (["qloguniform", [0, 3, 1]], Distribution(Shape.QLOGUNIFORM, 0, 3, 1)),
        (["normal", [0, 2]], Distribution(Shape.NORMAL, 0, 2)),
        ({"type": "qnormal", "mu": 1, "sigma": 2, "q": 0.5}, Distribution(Shape.QNORMAL, 1, 2, 0.5)),
        (["lognormal", [0, 1]], Distribution(Shape.LOGNORMAL, 0, 1)),
        (["qlognormal", [0, 1, 1]], Distribution(Shape.QLOGNORMAL, 0, 1, 1)),
    ],
)
def test_a_distribution_is_read_in_both_spellings(rest: Any, expected: Distribution) -> None:
    found = read_sweep({**GOOD, "searchSpace": {"x": rest}}, "properties")
    assert found.space == {"x": expected}
    assert read_sweep(rest_sweep(found), "properties") == found


def test_a_choice_may_hold_distributions_of_its_own() -> None:
    model = {"kind": "svm", "c": ["uniform", [0, 1]]}
    found = read_sweep({**GOOD, "searchSpace": {"model": ["choice", [[model, {"kind": "tree"}]]]}}, "properties")
    assert found.space["model"].nested == {0: {"c": Distribution(Shape.UNIFORM, 0, 1)}}


def test_a_sweep_is_read_whole_from_a_body_and_from_a_node() -> None:
    body = {
        **GOOD,
        "samplingAlgorithm": {"samplingAlgorithmType": "Random", "seed": 3, "rule": "Sobol", "logbase": 10},
        "limits": {"maxTotalTrials": 8, "maxConcurrentTrials": 2, "timeout": "PT1H30M", "trialTimeout": "PT60S"},
        "earlyTermination": {"policyType": "Bandit", "slackFactor": 0.1, "evaluationInterval": 2, "delayEvaluation": 3},
    }
    node = {
        "search_space": {"lr": {"type": "uniform", "min_value": 0, "max_value": 1}},
        "objective": {"goal": "maximize", "primary_metric": "accuracy"},
        "sampling_algorithm": {"type": "random", "seed": 3, "rule": "sobol", "logbase": "10"},
        "limits": {"max_total_trials": 8, "max_concurrent_trials": 2, "timeout": 5400, "trial_timeout": 60},
        "early_termination": {
            "policy_type": "bandit", "slack_factor": 0.1, "evaluation_interval": 2, "delay_evaluation": 3,
        },
    }  # fmt: skip
    found = read_sweep(body, "properties")
    assert found == read_sweep(node, "properties") == read_sweep(rest_sweep(found), "properties")
    assert found.sampling == Sampling(Algorithm.RANDOM, 3, sobol=True, log_base=10.0)
    assert found.limits == SweepLimits(8, 2, 5400.0, 60.0)
    assert found.policy == Policy(PolicyKind.BANDIT, 2, 3, slack_factor=0.1)
    assert found.objective == Objective("accuracy", maximize=True)


@pytest.mark.parametrize("name", ["grid", "random", "bayesian"])
def test_a_node_may_only_name_its_algorithm(name: str) -> None:
    body = {**GOOD, "searchSpace": {"x": ["choice", [[1]]]}, "sampling_algorithm": name}
    assert read_sweep(body, "n").sampling.algorithm == name


def test_an_interval_of_zero_is_one_and_more_trials_at_once_than_in_all_are_not_meant() -> None:
    body = {
        **GOOD,
        "earlyTermination": {"policyType": "MedianStopping", "evaluationInterval": 0},
        "limits": {"maxTotalTrials": 4, "maxConcurrentTrials": 10},
    }
    found = read_sweep(body, "properties")
    assert found.policy == Policy(PolicyKind.MEDIAN, 1)
    assert found.limits == SweepLimits(4, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"searchSpace": None}, "properties.searchSpace is empty"),
        ({"searchSpace": [1]}, "properties.searchSpace must be an object, not a list"),
        ({"searchSpace": {"a b": ["uniform", [0, 1]]}}, "'a b' is no name"),
        ({"searchSpace": {"x": ["triangular", [0, 1]]}}, "properties.searchSpace.x is no distribution"),
        ({"searchSpace": {"x": 3}}, "properties.searchSpace.x is no distribution"),
        ({"searchSpace": {"x": ["uniform", [1, 0]]}}, "x: max_value is less than min_value"),
        ({"searchSpace": {"x": ["uniform", [0]]}}, "x.max_value must be a number, not missing"),
        ({"searchSpace": {"x": ["uniform", [0, "inf"]]}}, "x.max_value must be a number"),
        ({"searchSpace": {"x": ["loguniform", [0, 10000]]}}, "x.max_value must be a number from -690 to 690"),
        ({"searchSpace": {"x": ["normal", [0, 0]]}}, "sigma must be greater than 0"),
        ({"searchSpace": {"x": ["quniform", [0, 1, 0]]}}, "q must be greater than 0"),
        ({"searchSpace": {"x": ["randint", [0]]}}, "x.upper must be a number"),
        ({"searchSpace": {"x": ["choice", [[]]]}}, "a choice needs a list of 1 to 1000 values"),
        ({"searchSpace": {"x": {"type": "choice"}}}, "a choice needs a list"),
        (
            {"searchSpace": {"x": ["choice", [[{"a": ["choice", [[{"b": ["uniform", [0, 1]]}]]]}]]]}},
            "distributions are nested too deep",
        ),
        ({"objective": None}, "properties.objective.goal must be a text, not missing"),
        ({"objective": {"goal": "best", "primaryMetric": "a"}}, "goal must be Maximize or Minimize, not 'best'"),
        ({"objective": {"goal": "Minimize"}}, "primaryMetric must be a text, not missing"),
        ({"samplingAlgorithm": "genetic"}, "must be one of grid, random, bayesian, not 'genetic'"),
        ({"samplingAlgorithm": {"samplingAlgorithmType": "Grid"}}, "grid sampling takes only choice"),
        (
            {"samplingAlgorithm": "bayesian", "searchSpace": {"x": ["normal", [0, 1]]}},
            "bayesian sampling takes only choice, quniform, uniform",
        ),
        ({"samplingAlgorithm": {"type": "random", "rule": "halton"}}, "rule must be random or sobol, not 'halton'"),
        ({"samplingAlgorithm": {"type": "random", "logbase": 1}}, "logbase must be a positive number other than 1"),
        ({"limits": {"maxTotalTrials": 0}}, "limits.maxTotalTrials must be a number from 1 to 1000, not '0'"),
        ({"limits": {"maxTotalTrials": 2.5}}, "maxTotalTrials must be a whole number"),
        ({"limits": {"timeout": "an hour"}}, "limits.timeout must be a duration"),
        ({"limits": {"timeout": "PT"}}, "limits.timeout must be a duration"),
        ({"earlyTermination": {"policyType": "Guess"}}, "policyType must be one of bandit, medianstopping"),
        ({"earlyTermination": {"policyType": "Bandit"}}, "a bandit policy needs one of slackFactor and slackAmount"),
        (
            {"earlyTermination": {"policyType": "Bandit", "slackFactor": 1, "slackAmount": 1}},
            "a bandit policy needs one of",
        ),
        ({"earlyTermination": {"policyType": "TruncationSelection"}}, "truncationPercentage must be a whole number"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as refused:
        read_sweep({**GOOD, **change}, "properties")
    assert message in refused.value.message
