"""Which keys are allowed where, as data, and which of them this version does not carry out yet.

A key of `later` is legal on Azure and refused here with its position, never ignored.
https://learn.microsoft.com/azure/devops/pipelines/yaml-schema
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping


class Place(Struct, frozen=True):
    """A mapping in the file: its name in messages, the keys it takes, the keys it will take."""

    title: str
    keys: frozenset[str]
    later: Mapping[str, str] = field(default_factory=dict)

    def all_keys(self) -> frozenset[str]:
        """Every key that Azure allows here."""
        return self.keys | self.later.keys()


def _place(title: str, keys: str, **later: str) -> Place:
    return Place(title, frozenset(keys.split()), later)


_BASE = "name appendCommitMessageToRunName trigger pr schedules resources variables parameters lockBehavior pool"
_JOB_BODY = (
    "displayName dependsOn condition continueOnError timeoutInMinutes cancelTimeoutInMinutes pool strategy"
    " variables steps workspace"
)
_JOB_LATER = {
    "container": "container jobs",
    "services": "service containers",
    "uses": "uses",
    "templateContext": "templateContext",
}
ROOT_FORMS = ("stages", "jobs", "steps")
ROOT_FORMS_LATER = {"extends": "extends templates", "phases": "legacy phases"}
ROOT = {
    "stages": _place("a pipeline with stages", f"stages {_BASE}"),
    "jobs": _place("a pipeline with jobs", f"jobs {_BASE}"),
    "steps": _place(
        "a pipeline with steps",
        f"steps {_BASE} strategy workspace continueOnError",
        container="container jobs",
        services="service containers",
        queue="legacy queue",
        server="server jobs",
    ),
}
ANY_ROOT = Place(
    "a pipeline",
    frozenset().union(*(place.keys for place in ROOT.values())),
    {**ROOT["steps"].later, **ROOT_FORMS_LATER},
)
NO_EXPRESSIONS = frozenset({"parameters"})
"""Root keys whose values Azure reads before templates: `${{ }}` is not allowed in them."""

STAGE = _place(
    "a stage",
    "stage displayName dependsOn condition variables jobs pool lockBehavior",
    trigger="stages started by hand",
    isSkippable="isSkippable",
    templateContext="templateContext",
    group="stage groups",
    checks="checks in stages",
)
JOB = Place("a job", frozenset(f"job {_JOB_BODY}".split()), _JOB_LATER)
JOB_KINDS_LATER = {"deployment": "deployment jobs", "template": "template files", "phase": "legacy phases"}
STRATEGY = _place("a strategy", "matrix maxParallel parallel")
WORKSPACE = _place("a workspace", "clean")
WORKSPACE_CLEAN = ("outputs", "resources", "all")
POOL = _place("a pool", "name vmImage demands")
TRIGGER = _place("a trigger", "batch branches paths tags")
PULL_REQUEST = _place("a pull request trigger", "autoCancel branches paths drafts")
SCHEDULE = _place("a schedule", "cron displayName branches batch always")
FILTERS = _place("a filter", "include exclude")
PARAMETER = _place("a parameter", "name displayName type default values")
_PARAMETER_TYPES = (
    "boolean container containerList deployment deploymentList environment filePath job jobList legacyObject number"
    " object pool secureFile serviceConnection stage stageList step stepList string stringList"
)
PARAMETER_TYPES = tuple(_PARAMETER_TYPES.split())
VARIABLE = _place(
    "a variable", "name value readonly", group="variable groups", template="template files", parameters="template files"
)
RESOURCES = _place(
    "resources",
    "",
    builds="build resources",
    containers="container resources",
    pipelines="pipeline resources",
    repositories="repository resources",
    webhooks="webhook resources",
    packages="package resources",
)
LEGACY_RESOURCE = _place(
    "a resource", "repo clean fetchDepth lfs", trigger="triggers of legacy resources", ref="refs of legacy resources"
)
LOCK_BEHAVIOR = ("sequential", "runLatest")

STEP_COMMON = "displayName name condition continueOnError enabled env timeoutInMinutes retryCountOnTaskFailure"
_TARGET = {"target": "step targets"}


def _step(title: str, keys: str, **later: str) -> Place:
    return Place(title, frozenset(f"{keys} {STEP_COMMON}".split()), {**_TARGET, **later})


_SHELL = "workingDirectory failOnStderr"
_POWERSHELL = f"{_SHELL} errorActionPreference ignoreLASTEXITCODE"
STEPS: Mapping[str, Place] = {
    "script": _step("a script step", f"script {_SHELL}"),
    "bash": _step("a bash step", f"bash {_SHELL}"),
    "pwsh": _step("a pwsh step", f"pwsh {_POWERSHELL}"),
    "powershell": _step("a powershell step", f"powershell {_POWERSHELL}"),
    "task": _step("a task step", "task inputs"),
    "checkout": _step(
        "a checkout step",
        "checkout clean fetchDepth fetchTags lfs submodules persistCredentials path",
        fetchFilter="partial clones (fetchFilter)",
        sparseCheckoutDirectories="sparse checkouts",
        sparseCheckoutPatterns="sparse checkouts",
        workspaceRepo="workspaceRepo",
    ),
    "publish": _step("a publish step", "publish artifact"),
    "upload": _step("an upload step", "upload artifact"),
    "download": _step("a download step", "download artifact patterns"),
}
"""First key of a step -> the keys beside it."""
STEPS_LATER = {
    "template": "template files",
    "downloadBuild": "downloadBuild steps",
    "getPackage": "getPackage steps",
    "reviewApp": "reviewApp steps",
}
"""First keys of steps that are refused."""
