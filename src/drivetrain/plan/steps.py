"""Every kind of step as the task that carries it out, and the names of steps.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.plan.model import StepPlan, TargetPlan
from drivetrain.plan.names.model import of_major_version
from drivetrain.plan.pipelines import CURRENT, download_inputs, downloads_by_itself

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.model import Hook, Step, TaskInfo
    from drivetrain.plan.checkouts import Checkouts

_NOT_A_WORD = re.compile(r"[^A-Za-z0-9_]+")
_DOWNLOAD = "DownloadPipelineArtifact@2"
_INLINE = {"targetType": "inline"}
_SHELL_TASKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "script": ("CmdLine@2", {}),
    "bash": ("Bash@3", _INLINE),
    "powershell": ("PowerShell@2", _INLINE),
    "pwsh": ("PowerShell@2", {**_INLINE, "pwsh": "true"}),
}
"""Kind of step -> its task, and the inputs that make it that kind."""


def plan_steps(
    steps: Sequence[Step],
    tasks: Mapping[str, TaskInfo],
    checkouts: Checkouts,
    aliases: Mapping[str, str],
    *,
    agent: bool = True,
) -> tuple[StepPlan, ...]:
    """The steps of a job, with the checkout of this repository first unless the job speaks of checkout or has no
    agent.
    """
    taken = _taken(steps)
    silent = agent and not any(step.kind == "checkout" for step in steps)
    first = (_implicit_checkout(taken, checkouts),) if silent else ()
    return first + _all_planned(steps, tasks, taken, checkouts, aliases)


def plan_hook_steps(
    hook: Hook, tasks: Mapping[str, TaskInfo], checkouts: Checkouts, aliases: Mapping[str, str], *, agent: bool = True
) -> tuple[StepPlan, ...]:
    """The steps of a hook: nothing is checked out unless it says so. In `deploy`, the artifacts of the run and of all
    pipeline resources come first unless the hook speaks of downloads itself, or has no agent. `aliases` as in
    `download_inputs`.

    https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs#descriptions-of-lifecycle-hooks
    """
    taken = _taken(hook.steps)
    sources = (CURRENT, *aliases.values()) if agent and downloads_by_itself(hook) else ()
    first = tuple(_implicit_download(source, aliases, taken) for source in sources)
    return first + _all_planned(hook.steps, tasks, taken, checkouts, aliases)


def _taken(steps: Sequence[Step]) -> set[str]:
    return {step.name.value.lower() for step in steps if step.name is not None}


def _all_planned(
    steps: Sequence[Step],
    tasks: Mapping[str, TaskInfo],
    taken: set[str],
    checkouts: Checkouts,
    aliases: Mapping[str, str],
) -> tuple[StepPlan, ...]:
    names = {reference.lower(): info.name for reference, info in tasks.items()}
    planned: list[StepPlan] = []
    steps = [step for step in steps if not _does_nothing(step)]
    several = sum(step.kind == "checkout" for step in steps) > 1
    for step in steps:
        written, inputs = _task(step, checkouts, aliases)
        written_name, _, version = written.partition("@")
        # What Azure shows for a step without `displayName`; more for a checkout.
        title = names.get(of_major_version(written.lower()), written_name)
        task = f"{title}@{version}"
        if step.kind == "checkout":
            title = checkouts.title(step, inputs.get("path", ""), several=several)
        planned.append(_planned(step, task, inputs, title, taken))
    return tuple(planned)


def _does_nothing(step: Step) -> bool:
    """`checkout: none` and `download: none` only turn something off."""
    return step.kind in ("checkout", "download") and step.subject.value.lower() == "none"


def _planned(step: Step, task: str, inputs: Mapping[str, str], title: str, taken: set[str]) -> StepPlan:
    return StepPlan(
        name=step.name.value if step.name is not None else _new_name(task, taken),
        display_name=step.display_name or title,
        task=task,
        inputs=inputs,
        env=step.env,
        condition=step.condition.value if step.condition is not None else "",
        enabled=step.enabled,
        continue_on_error=step.continue_on_error,
        timeout_minutes=step.timeout_minutes,
        retry_count=step.retry_count,
        position=str(step.position),
        target=_target(step),
    )


def _target(step: Step) -> TargetPlan | None:
    target = step.target
    if target is None:
        return None
    return TargetPlan(target.container, target.commands == "restricted", target.settable_variables)


def _implicit_checkout(taken: set[str], checkouts: Checkouts) -> StepPlan:
    name = _new_name("Checkout@1", taken)
    return StepPlan(name, checkouts.title(None, "", several=False), "Checkout@1", checkouts.implicit())


def _implicit_download(source: str, aliases: Mapping[str, str], taken: set[str]) -> StepPlan:
    title = "Download artifacts" if source == CURRENT else f"Download artifacts of {source}"
    return StepPlan(_new_name(_DOWNLOAD, taken), title, _DOWNLOAD, download_inputs(source, {}, aliases))


def _task(step: Step, checkouts: Checkouts, aliases: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The task of a step and its inputs, named as the task's own page names them."""
    options = {key: value.value for key, value in step.options.items()}
    subject = step.subject.value
    match step.kind:
        case "task":
            return subject, {key: value.value for key, value in step.inputs.items()}
        case "checkout":
            return "Checkout@1", checkouts.inputs(step)
        case "publish" | "upload":
            return "PublishPipelineArtifact@1", {"targetPath": subject, **options}
        case "download":
            return _DOWNLOAD, download_inputs(subject, options, aliases)
        case "downloadBuild":
            given = {key: value.value for key, value in step.inputs.items()}
            return "DownloadBuildArtifacts@0", {"buildType": subject, **options, **given}
        case "getPackage":
            return "DownloadPackage@1", {"definition": subject, **options}
        case "reviewApp":
            return "ReviewApp@0", {"resourceName": subject}
        case shell:
            task, fixed = _SHELL_TASKS[shell]
            return task, {**fixed, "script": subject, **options}


def _new_name(task: str, taken: set[str]) -> str:
    """A reference name made from the task's, unique in the job ignoring case."""
    base = _NOT_A_WORD.sub("_", task.rsplit("@", 1)[0])
    name, number = base, 0
    while name.lower() in taken:
        number += 1
        name = f"{base}{number}"
    taken.add(name.lower())
    return name
