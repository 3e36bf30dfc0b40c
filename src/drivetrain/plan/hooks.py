"""A deployment job: its hooks as the legs of the job, each after those that its strategy puts before it.

runOnce and rolling go through the hooks once, because an environment has one target here: this machine. A canary
repeats `deploy`, `routeTraffic` and `postRouteTraffic` for each increment.
https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs
"""

from __future__ import annotations

import re
from itertools import chain, count
from typing import TYPE_CHECKING

from drivetrain.plan.model import DeploymentPlan, EnvironmentPlan, HookPlan, LegPlan, PoolPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from drivetrain.definition.model import Deployment, Environment, Hook
    from drivetrain.plan.model import StepPlan

ENDINGS = {"success": "onSuccess", "failure": "onFailure"}
"""Hooks below `on:` -> the names of their legs."""
BEFORE = "preDeploy"
FAILURE = "failure"
_CANARY = "canary"
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9_]+")


def plan_deployment(deployment: Deployment) -> DeploymentPlan:
    """What the steps of a deployment are told of it."""
    return DeploymentPlan(deployment.strategy, _environment(deployment.environment), deployment.max_parallel)


def _environment(environment: Environment | None) -> EnvironmentPlan:
    if environment is None:
        return EnvironmentPlan()
    return EnvironmentPlan(
        environment.name.value,
        environment.resource_name,
        environment.resource_id,
        environment.resource_type,
        environment.tags,
    )


def plan_hooks(deployment: Deployment, steps: Callable[[Hook], tuple[StepPlan, ...]]) -> tuple[LegPlan, ...]:
    """The legs in the order in which they run; `steps` plans those of a hook."""
    legs: list[LegPlan] = []
    for hook, plan in _life(deployment):
        after = (legs[-1].name,) if legs else ()
        legs.append(LegPlan(_name(plan, legs), steps=steps(hook), after=after, pool=_pool(hook), hook=plan))
    before = tuple(leg.name for leg in legs)
    for hook, plan in _endings(deployment):
        failed = hook.name == FAILURE
        leg = LegPlan(plan.name, steps=steps(hook), after=before, on_failure=failed, pool=_pool(hook), hook=plan)
        legs.append(leg)
    return tuple(legs) or (LegPlan(),)


def _pool(hook: Hook) -> PoolPlan | None:
    return (
        None if hook.pool is None else PoolPlan(hook.pool.name, hook.pool.vm_image, hook.pool.demands, hook.pool.server)
    )


def _life(deployment: Deployment) -> Iterator[tuple[Hook, HookPlan]]:
    """Every hook but those below `on:`, as often as it runs."""
    action = _action(deployment, "deploy")
    hooks = [hook for hook in deployment.hooks if hook.name not in ENDINGS]
    yield from ((hook, HookPlan(hook.name, "PreIteration", action)) for hook in hooks if hook.name == BEFORE)
    for increment in deployment.increments or ("",):
        for hook in hooks:
            if hook.name != BEFORE:
                yield hook, HookPlan(hook.name, "Iteration", action, increment)


def _endings(deployment: Deployment) -> Iterator[tuple[Hook, HookPlan]]:
    """The hooks below `on:`; at most one of them runs."""
    for hook in deployment.hooks:
        if hook.name in ENDINGS:
            action = _action(deployment, "reject" if hook.name == FAILURE else "promote")
            yield hook, HookPlan(ENDINGS[hook.name], "PostIteration", action)


def _action(deployment: Deployment, action: str) -> str:
    """`Strategy.Action` is a canary's."""
    return action if deployment.strategy == _CANARY else ""


def _name(plan: HookPlan, legs: Sequence[LegPlan]) -> str:
    """`deploy`, in a canary `deploy_10`; a third part where the same increment comes again."""
    word = _NOT_A_WORD.sub("_", plan.increment)
    name = f"{plan.name}_{word}" if word else plan.name
    taken = {leg.name for leg in legs}
    numbered = (f"{name}_{number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)
