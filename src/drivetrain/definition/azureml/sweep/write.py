"""A sweep as the body of REST has it, which is what clients read: nodes of pipelines write it otherwise.

https://learn.microsoft.com/rest/api/azureml/jobs/create-or-update (SweepJob)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.sweep.model import Algorithm, PolicyKind, Shape

if TYPE_CHECKING:
    from drivetrain.definition.azureml.sweep.model import Distribution, Policy, Sampling, Sweep, SweepLimits

_POLICIES = {
    PolicyKind.BANDIT: "Bandit",
    PolicyKind.MEDIAN: "MedianStopping",
    PolicyKind.TRUNCATION: "TruncationSelection",
}


def rest_sweep(sweep: Sweep) -> dict[str, Any]:
    """The properties that make a job a sweep."""
    objective = sweep.objective
    found: dict[str, Any] = {
        "searchSpace": {name: _distribution(each) for name, each in sweep.space.items()},
        "samplingAlgorithm": _sampling(sweep.sampling),
        "objective": {
            "goal": "Maximize" if objective.maximize else "Minimize",
            "primaryMetric": objective.metric,
        },
        "limits": _limits(sweep.limits),
    }
    return found if sweep.policy is None else {**found, "earlyTermination": _policy(sweep.policy)}


def _distribution(found: Distribution) -> list[Any]:
    if found.shape is Shape.CHOICE:
        return [found.shape.value, [list(found.choices)]]
    if found.shape is Shape.RANDINT:
        return [found.shape.value, [int(found.second)]]
    return [found.shape.value, [found.first, found.second, *([found.step] if found.step else [])]]


def _sampling(sampling: Sampling) -> dict[str, Any]:
    found: dict[str, Any] = {"samplingAlgorithmType": sampling.algorithm.value.capitalize()}
    if sampling.algorithm is Algorithm.RANDOM:
        found |= {"rule": "Sobol" if sampling.sobol else "Random", "seed": sampling.seed}
        found |= {"logbase": sampling.log_base} if sampling.log_base else {}
    return found


def _limits(limits: SweepLimits) -> dict[str, Any]:
    found: dict[str, Any] = {
        "jobLimitsType": "Sweep",
        "maxTotalTrials": limits.total,
        "maxConcurrentTrials": limits.concurrent,
    }
    found |= {"timeout": f"PT{limits.timeout:g}S"} if limits.timeout else {}
    return found | ({"trialTimeout": f"PT{limits.trial_timeout:g}S"} if limits.trial_timeout else {})


def _policy(policy: Policy) -> dict[str, Any]:
    found: dict[str, Any] = {
        "policyType": _POLICIES[policy.kind],
        "evaluationInterval": policy.interval,
        "delayEvaluation": policy.delay,
    }
    match policy.kind:
        case PolicyKind.BANDIT:
            slack = {"slackFactor": policy.slack_factor, "slackAmount": policy.slack_amount}
            return found | {name: value for name, value in slack.items() if value}
        case PolicyKind.TRUNCATION:
            excluded = {"excludeFinishedJobs": True} if policy.exclude_finished else {}
            return found | {"truncationPercentage": policy.percentage} | excluded
        case PolicyKind.MEDIAN:
            return found
