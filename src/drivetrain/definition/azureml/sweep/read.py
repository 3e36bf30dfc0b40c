"""A sweep from the body of a job, or from a node of a pipeline job.

https://learn.microsoft.com/rest/api/azureml/jobs/create-or-update (SweepJob)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.spelled import Spelled
from drivetrain.definition.azureml.sweep.model import (
    MOST_TRIALS,
    Algorithm,
    Objective,
    Policy,
    PolicyKind,
    Sampling,
    Shape,
    Sweep,
    SweepLimits,
)
from drivetrain.definition.azureml.sweep.space import search_space
from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.azureml.sweep.model import Distribution

_MOST_INTERVALS = 1_000_000
_GRID = frozenset({Shape.CHOICE})
_BAYESIAN = frozenset({Shape.CHOICE, Shape.UNIFORM, Shape.QUNIFORM})


def read_sweep(body: Mapping[str, Any], path: str) -> Sweep:
    """The sweep of `body`, which messages call `path`. Raises UserError that names the field."""
    fields = Spelled(body, path)
    sampling = _sampling(fields)
    space = search_space(fields.object("searchSpace"))
    _check_shapes(space, sampling.algorithm, path)
    return Sweep(space, _objective(fields.object("objective")), sampling, _limits(fields), _policy(fields))


def _objective(fields: Spelled) -> Objective:
    goal = fields.text("goal").lower()
    if goal not in {"maximize", "minimize"}:
        raise fields.wrong("goal", "Maximize or Minimize")
    return Objective(fields.text("primaryMetric"), goal == "maximize")


def _sampling(fields: Spelled) -> Sampling:
    """`samplingAlgorithm`: an object, or in a node only its name."""
    if isinstance(fields.raw("samplingAlgorithm"), str):
        return Sampling(fields.choice("samplingAlgorithm", Algorithm))
    found = fields.object("samplingAlgorithm")
    key = "samplingAlgorithmType" if "samplingAlgorithmType" in found else "type"
    algorithm = found.choice(key, Algorithm, None if key in found else Algorithm.RANDOM)
    if algorithm is not Algorithm.RANDOM:
        return Sampling(algorithm)
    rule = found.text("rule", "random").lower()
    if rule not in {"random", "sobol"}:
        raise found.wrong("rule", "random or sobol")
    seed = found.whole("seed", 0, least=-(2**31), most=2**32) if "seed" in found else None
    return Sampling(algorithm, seed, rule == "sobol", _base(found))


def _base(fields: Spelled) -> float:
    if fields.raw("logbase") == "e" or "logbase" not in fields:
        return 0.0
    base = fields.number("logbase", 0.0, least=0.0)
    if base in {0.0, 1.0}:
        raise fields.wrong("logbase", "a positive number other than 1, or e")
    return base


def _limits(fields: Spelled) -> SweepLimits:
    found = fields.object("limits")
    total = found.whole("maxTotalTrials", MOST_TRIALS, least=1, most=MOST_TRIALS)
    concurrent = found.whole("maxConcurrentTrials", total, least=1, most=MOST_TRIALS)
    return SweepLimits(total, min(concurrent, total), found.seconds("timeout"), found.seconds("trialTimeout"))


def _policy(fields: Spelled) -> Policy | None:
    if "earlyTermination" not in fields:
        return None
    found = fields.object("earlyTermination")
    kind = found.choice("policyType" if "policyType" in found else "type", PolicyKind)
    policy = Policy(
        kind,
        interval=max(found.whole("evaluationInterval", 1, least=0, most=_MOST_INTERVALS), 1),
        delay=found.whole("delayEvaluation", 0, least=0, most=_MOST_INTERVALS),
        slack_factor=found.number("slackFactor", 0.0, least=0.0),
        slack_amount=found.number("slackAmount", 0.0, least=0.0),
        percentage=found.whole("truncationPercentage", 0, least=0, most=99),
        exclude_finished=found.flag("excludeFinishedJobs"),
    )
    _check_policy(policy, found)
    return policy


def _check_policy(policy: Policy, fields: Spelled) -> None:
    if policy.kind is PolicyKind.BANDIT and bool(policy.slack_factor) == bool(policy.slack_amount):
        raise UserError(f"{fields.path}: a bandit policy needs one of slackFactor and slackAmount")
    if policy.kind is PolicyKind.TRUNCATION and not policy.percentage:
        raise fields.wrong("truncationPercentage", "a whole number from 1 to 99")


def _check_shapes(space: Mapping[str, Distribution], algorithm: Algorithm, path: str) -> None:
    """https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#sampling-the-hyperparameter-space"""
    if not space:
        raise UserError(f"{path}.searchSpace is empty: a sweep needs a parameter to vary")
    allowed = {Algorithm.GRID: _GRID, Algorithm.BAYESIAN: _BAYESIAN}.get(algorithm)
    for name, distribution in space.items():
        if allowed and (distribution.shape not in allowed or distribution.nested):
            shapes = ", ".join(sorted(allowed))
            raise UserError(f"{path}.searchSpace.{name}: {algorithm} sampling takes only {shapes}, and nothing nested")
