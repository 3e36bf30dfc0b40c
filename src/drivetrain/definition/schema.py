"""Which keys are allowed where, as data.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Place(Struct, frozen=True):
    """A mapping in the file: its name in messages and the keys it takes."""

    title: str
    keys: frozenset[str]
    open: bool = False
    """Whether Azure lets other keys pass, unread; they are only worth a warning where they look misspelt."""


def _place(title: str, keys: str, *, is_open: bool = False) -> Place:
    return Place(title, frozenset(keys.split()), is_open)


_BASE = "name appendCommitMessageToRunName trigger pr schedules resources variables parameters lockBehavior"
ROOT = {
    "stages": _place("a pipeline with stages", f"stages pool {_BASE}"),
    "jobs": _place("a pipeline with jobs", f"jobs pool {_BASE}"),
    "steps": _place(
        "a pipeline with steps",
        f"steps pool strategy continueOnError container services workspace queue server {_BASE}",
    ),
    "phases": _place("a pipeline with phases", f"phases {_BASE}"),
    "extends": _place("a pipeline that extends a template", f"extends pool {_BASE}"),
}
"""The root forms: a file has exactly one of these keys."""
ANY_ROOT = Place("a pipeline", frozenset().union(*(place.keys for place in ROOT.values())))
NO_EXPRESSIONS = frozenset({"parameters"})
"""Root keys whose values Azure reads before templates: `${{ }}` is not allowed in them."""

STAGE = _place(
    "a stage",
    "stage displayName dependsOn condition variables jobs pool lockBehavior trigger isSkippable templateContext group"
    " checks",
)
STAGE_TRIGGER = ("automatic", "manual")
CHECK = _place("a check", "type")
CHECK_TYPES = ("productionReadinessPolicy",)
LOCK_BEHAVIOR = ("sequential", "runLatest")

_ANY_JOB = (
    "displayName dependsOn condition continueOnError timeoutInMinutes cancelTimeoutInMinutes variables pool strategy"
    " workspace container services uses templateContext"
)
JOBS = {
    "job": _place("a job", f"job steps {_ANY_JOB}"),
    "deployment": _place("a deployment job", f"deployment environment {_ANY_JOB}"),
}
"""First key of a job -> the keys beside it."""
STRATEGY = _place("a strategy", "matrix maxParallel parallel")
WORKSPACE = _place("a workspace", "clean")
WORKSPACE_CLEAN = ("outputs", "resources", "all")
POOL = _place("a pool", "name vmImage demands image os", is_open=True)
"""`image` and `os` are of pools whose provider asks for them; here they are kept for nobody."""
USES = _place("uses", "repositories pools")
SERVER = "server"
"""`pool: server`: no agent at all."""

ENVIRONMENT = _place("an environment", "name resourceName resourceId resourceType tags")
RESOURCE_TYPES = ("virtualMachine", "Kubernetes")
HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")
ENDINGS = ("success", "failure")
_LIFE = f"{' '.join(HOOKS)} on"
DEPLOYMENT_STRATEGY = _place("the strategy of a deployment job", "runOnce rolling canary")
DEPLOYMENT_STRATEGIES = {
    "runOnce": _place("runOnce", _LIFE),
    "rolling": _place("rolling", f"maxParallel {_LIFE}"),
    "canary": _place("canary", f"increments {_LIFE}"),
}
HOOK = _place("a hook", "steps pool")
ON = _place("on", " ".join(ENDINGS))

PHASE = _place("a phase", "phase dependsOn displayName condition continueOnError queue server variables steps")
QUEUE = _place(
    "a queue", "cancelTimeoutInMinutes container demands matrix name parallel timeoutInMinutes workspace maxParallel"
)
PHASE_SERVER = _place("a server", "cancelTimeoutInMinutes matrix parallel timeoutInMinutes maxParallel")

TRIGGER = _place("a trigger", "batch branches paths tags enabled")
PULL_REQUEST = _place("a pull request trigger", "autoCancel branches paths drafts enabled")
SCHEDULE = _place("a schedule", "cron displayName branches batch always")
FILTERS = _place("a filter", "include exclude")

PARAMETER = _place("a parameter", "name displayName type default values")
_PARAMETER_TYPES = (
    "boolean container containerList deployment deploymentList environment filePath job jobList legacyObject number"
    " object pool secureFile serviceConnection stage stageList step stepList string stringList"
)
PARAMETER_TYPES = tuple(_PARAMETER_TYPES.split())
VARIABLE = _place("a variable", "name value readonly group")

RESOURCES = _place("resources", "builds containers packages pipelines repositories webhooks")
CHECKOUT_OPTIONS = _place("checkout options", "clean fetchDepth fetchTags lfs submodules persistCredentials")
REPOSITORY = Place(
    "a repository resource",
    frozenset(["repository", "endpoint", "trigger", "checkoutOptions", "name", "ref", "type"]) | CHECKOUT_OPTIONS.keys,
    open=True,
)
REPOSITORY_TYPES = ("git", "github", "githubenterprise", "bitbucket", "tfsgit", "tfsversioncontrol")
_CONTAINER = "image endpoint env mapDockerSocket options ports volumes mountReadOnly"
CONTAINER_RESOURCE = _place(
    "a container resource",
    f"container {_CONTAINER} type trigger azureSubscription resourceGroup registry repository localImage",
    is_open=True,
)
CONTAINER = _place("a container", f"alias {_CONTAINER}")
MOUNT_READ_ONLY = _place("mountReadOnly", "work externals tools tasks")
CONTAINER_TRIGGER = _place("the trigger of a container resource", "enabled tags")
PIPELINE_RESOURCE = _place("a pipeline resource", "pipeline project source version branch tags trigger")
PIPELINE_TRIGGER = _place("the trigger of a pipeline resource", "enabled branches stages tags")
BUILD_RESOURCE = _place("a build resource", "build type connection source version branch trigger")
PACKAGE_RESOURCE = _place("a package resource", "package type connection name version tag trigger")
WEBHOOK_RESOURCE = _place("a webhook resource", "webhook connection type filters")
WEBHOOK_FILTER = _place("a filter of a webhook", "path value")
LEGACY_RESOURCE = _place("a resource", "repo clean fetchDepth lfs")

STEP_COMMON = "displayName name condition continueOnError enabled env target timeoutInMinutes retryCountOnTaskFailure"
TARGET = _place("a target", "container commands settableVariables")
TARGET_COMMANDS = ("any", "restricted")


def _step(title: str, keys: str) -> Place:
    return Place(title, frozenset(f"{keys} {STEP_COMMON}".split()))


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
        "checkout clean fetchDepth fetchFilter fetchTags lfs submodules persistCredentials path"
        " sparseCheckoutDirectories sparseCheckoutPatterns workspaceRepo",
    ),
    "publish": _step("a publish step", "publish artifact"),
    "upload": _step("an upload step", "upload artifact"),
    "download": _step("a download step", "download artifact patterns"),
    "downloadBuild": _step("a downloadBuild step", "downloadBuild artifact path patterns inputs"),
    "getPackage": _step("a getPackage step", "getPackage path"),
    "reviewApp": _step("a reviewApp step", "reviewApp"),
}
"""First key of a step -> the keys beside it."""
