"""The Plan: what a pipeline file means for one event, frozen, versioned, plain JSON.

Nothing to the right of this station sees YAML, templates or `${{ }}`. What is still text to be evaluated at run
time is only: conditions, `$[ ]` values of variables, and `$(macros)`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

PLAN_VERSION = 1


class VariablePlan(Struct, frozen=True):
    """A variable at some scope. `value` may hold macros; with `runtime` it is the text inside `$[ ]`."""

    name: str
    value: str
    runtime: bool = False
    readonly: bool = False


class StepPlan(Struct, frozen=True):
    """One step. Every kind is a task: `script` is CmdLine@2, `bash` Bash@3, `pwsh` PowerShell@2, `checkout`
    Checkout@1, `publish` PublishPipelineArtifact@1, `download` DownloadPipelineArtifact@2, as on Azure.

    Texts may hold `$(macros)`; `condition` is an expression, empty for the default `succeeded()`.
    """

    name: str
    """The reference name: the user's `name:`, else one made from the task, unique in the job."""
    display_name: str
    task: str
    """Name and major version: `Bash@3`."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    condition: str = ""
    enabled: bool = True
    continue_on_error: str = "false"
    timeout_minutes: str = "0"
    """0 = no limit of its own."""
    retry_count: str = "0"
    position: str = ""
    """`file:line:column` of the step, for messages."""


class LegPlan(Struct, frozen=True):
    """One leg of a matrix; the only leg of a job without one has an empty name."""

    name: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


class PoolPlan(Struct, frozen=True):
    """Where a job asks to run; everything runs on this machine, so it is kept for the record and for `lint`."""

    name: str = ""
    vm_image: str = ""
    demands: tuple[str, ...] = ()


class JobPlan(Struct, frozen=True):
    """A job with all its legs."""

    name: str
    display_name: str
    steps: tuple[StepPlan, ...]
    depends_on: tuple[str, ...] = ()
    condition: str = ""
    continue_on_error: str = "false"
    timeout_minutes: str = "60"
    """0 = unlimited. https://learn.microsoft.com/azure/devops/pipelines/process/phases#timeouts"""
    cancel_timeout_minutes: str = "5"
    pool: PoolPlan = field(default_factory=PoolPlan)
    variables: tuple[VariablePlan, ...] = ()
    workspace_clean: str = ""
    legs: tuple[LegPlan, ...] = (LegPlan(),)
    max_parallel: int = 0
    """How many legs may run at once; 0 = no limit of its own."""
    position: str = ""


class StagePlan(Struct, frozen=True):
    """A stage: jobs that run together. Without `dependsOn` in the file, `depends_on` names the stage before."""

    name: str
    display_name: str
    jobs: tuple[JobPlan, ...]
    depends_on: tuple[str, ...] = ()
    condition: str = ""
    variables: tuple[VariablePlan, ...] = ()
    position: str = ""


class RepositoryPlan(Struct, frozen=True):
    """Another repository that the pipeline names, as it was found for this event: every job, and every re-run, gets
    the same commit.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository#variables
    """

    name: str
    """As its host names it: `contoso/templates`."""
    type: str = "git"
    ref: str = ""
    """In full: `refs/heads/main`; as the file has it where nothing needed the repository."""
    url: str = ""
    """Where it was found; without a password."""
    version: str = ""
    """The commit; empty where nothing needed the repository, or where it was read as it stood."""
    fetch_from: str = ""
    """A local git repository that holds the commit."""


class Plan(Struct, frozen=True):
    """Everything that the engine needs to know of a pipeline."""

    pipeline: str
    """The definition's name: `$(Build.DefinitionName)`."""
    file: str
    name_format: str
    """`name:` of the file, default `$(Date:yyyyMMdd).$(Rev:r)`."""
    stages: tuple[StagePlan, ...]
    variables: tuple[VariablePlan, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Values given to the pipeline's parameters, as JSON."""
    append_commit_message: bool = True
    repositories: Mapping[str, RepositoryPlan] = field(default_factory=dict)
    """By alias; a `checkout: git://project/name@ref` by its own text."""
    version: int = PLAN_VERSION


def checkout_folder(name: str) -> str:
    """The folder below `s` that a repository gets where a job checks out several: the last part of its name.

    https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#checkout-path
    """
    return name.rstrip("/ ").removesuffix(".git").rstrip("/ ").rpartition("/")[2]


LONGEST_RUN_NAME = 255
NOT_IN_RUN_NAME = '"/:<>\\|?@*'


def is_run_name(text: str) -> bool:
    """Whether a run may be called so: Azure refuses some characters and a dot at the end (TF209010).

    https://learn.microsoft.com/azure/devops/pipelines/process/run-number
    """
    fits = 0 < len(text.strip()) <= len(text) <= LONGEST_RUN_NAME and not text.endswith(".")
    return fits and text.isprintable() and not set(text) & set(NOT_IN_RUN_NAME)
