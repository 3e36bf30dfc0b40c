"""The Plan: what a pipeline file means for one event, frozen, versioned, plain JSON.

Nothing to the right of this station sees YAML, templates or `${{ }}`. What is still text to be evaluated at run
time is only: conditions, `$[ ]` values of variables, and `$(macros)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

PLAN_VERSION = 3
"""2 added deployments, strategies that are decided at run time, and stages that are started by hand; 3 variable groups,
resources, targets of steps, containers, and jobs of the server. What an older plan lacks has defaults."""
MAX_LEGS = 256
"""https://learn.microsoft.com/azure/devops/pipelines/process/phases#multi-job-configuration"""


class ResourceKind(StrEnum):
    """What is kept outside the files, belongs to a project, and may have checks, in Azure's words.

    https://learn.microsoft.com/azure/devops/pipelines/process/about-resources
    """

    ENVIRONMENT = "environment"
    VARIABLE_GROUP = "variableGroup"
    SERVICE_CONNECTION = "serviceConnection"
    SECURE_FILE = "secureFile"
    COMPUTE = "compute"
    """Of an Azure Machine Learning workspace, as `WORKSPACE-ID/NAME`: it has so many nodes, and jobs wait for one."""


class ResourceUse(Struct, frozen=True):
    """A resource that a file names. The name may hold macros of variables that the file sets."""

    kind: ResourceKind
    name: str
    position: str = ""
    """`file:line:column` of the first place that names it."""


class VariablePlan(Struct, frozen=True):
    """A variable at some scope. `value` may hold macros; with `runtime` it is the text inside `$[ ]`."""

    name: str
    value: str
    runtime: bool = False
    readonly: bool = False
    group: str = ""
    """Not one variable but all of this variable group, at this place in the order; name and value are empty then."""
    position: str = ""
    """Where the group is named."""


class TargetPlan(Struct, frozen=True):
    """`target:` of a step: where it runs, and what it may change.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/target
    """

    container: str = ""
    """`host`, or the alias of a container; empty for where the job runs."""
    restricted: bool = False
    """`commands: restricted`: of logging commands only the harmless ones are listened to."""
    settable: tuple[str, ...] | None = None
    """The only variables that it may set; None for no limit."""


class ContainerPlan(Struct, frozen=True):
    """A container that a job, a service or a step runs in. Texts may hold macros.

    https://learn.microsoft.com/azure/devops/pipelines/process/container-phases
    """

    image: str
    endpoint: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    options: str = ""
    map_docker_socket: bool = True
    read_only: tuple[str, ...] = ()
    local_image: bool = False
    position: str = ""
    alias: str = ""
    """Of the resource that describes it; empty for an image that is named in place."""


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
    target: TargetPlan | None = None


class PoolPlan(Struct, frozen=True):
    """Where a job asks to run; everything runs on this machine, so it is kept for the record and for `lint`."""

    name: str = ""
    vm_image: str = ""
    demands: tuple[str, ...] = ()
    server: bool = False
    """`pool: server`: no agent."""


class HookPlan(Struct, frozen=True):
    """Which hook of a deployment a leg is, as `Strategy.*` tells its steps.

    https://learn.microsoft.com/azure/devops/pipelines/build/variables#deployment-jobs-cd
    """

    name: str
    """`preDeploy`, `deploy`, `routeTraffic`, `postRouteTraffic`, `onSuccess` or `onFailure`."""
    cycle: str = "Iteration"
    """`Strategy.CycleName`: `PreIteration`, `Iteration` or `PostIteration`."""
    action: str = ""
    """`Strategy.Action` of a canary: `deploy`, then `promote` or `reject`."""
    increment: str = ""
    """`Strategy.Increment` of a canary's iteration."""


class LegPlan(Struct, frozen=True):
    """One leg of a job: of a matrix, or a hook of a deployment; the only leg of any other job has an empty name."""

    name: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[StepPlan, ...] | None = None
    """Its own steps; None for those of the job."""
    after: tuple[str, ...] = ()
    """Legs of the job that must be completed before it is looked at."""
    on_failure: bool = False
    """It runs when one of those before it failed, instead of when all of them succeeded."""
    pool: PoolPlan | None = None
    """Its own; None for that of the job."""
    hook: HookPlan | None = None


class EnvironmentPlan(Struct, frozen=True):
    """`environment:` of a deployment, as it is written: texts may hold macros.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-deployment-environment
    """

    name: str = ""
    resource_name: str = ""
    resource_id: str = ""
    resource_type: str = ""
    tags: str = ""
    id: int = 0
    """`Environment.Id`, given when the run is made."""


class DeploymentPlan(Struct, frozen=True):
    """What makes a job a deployment; its hooks are its legs.

    https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs
    """

    strategy: str
    """`runOnce`, `rolling` or `canary`: `Strategy.Name`."""
    environment: EnvironmentPlan = field(default_factory=EnvironmentPlan)
    max_parallel: str = ""
    """Of `rolling`, kept until environments have several targets."""


class RuntimeText(Struct, frozen=True):
    """A text with `$[ ]` or macros, evaluated when its job is ready, and where it stands."""

    text: str
    position: str = ""


class StrategyPlan(Struct, frozen=True):
    """What of `strategy` can only be known when the job is ready: the legs, or how many of them may run at once."""

    matrix: RuntimeText | None = None
    """Comes to JSON: an object of legs, each an object of variables."""
    parallel: RuntimeText | None = None
    max_parallel: RuntimeText | None = None

    @property
    def legs_unknown(self) -> bool:
        """Whether the plan's legs only stand for those that are to be decided."""
        return self.matrix is not None or self.parallel is not None


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
    strategy: StrategyPlan | None = None
    """Set when something of it has to be decided at run time."""
    deployment: DeploymentPlan | None = None
    server: bool = False
    """`pool: server`: a job without an agent; it takes no slot, has no workspace, and runs only tasks of the server."""
    container: ContainerPlan | None = None
    services: Mapping[str, ContainerPlan] = field(default_factory=dict)
    """By alias, as the job names them."""
    containers: Mapping[str, ContainerPlan] = field(default_factory=dict)
    """Those that targets of its steps name, by alias; all that the file declares where the job names its container or a
    service by an expression."""
    resources: tuple[ResourceUse, ...] = ()
    """What the job itself names: its environment, its variable groups, and what its steps' inputs name."""
    left_out: bool = False
    """Who queued the run did not choose it: it is skipped, and counts as satisfied for those that depend on it."""

    def leg(self, name: str) -> LegPlan:
        """The leg of this name."""
        return next(leg for leg in self.legs if leg.name == name)

    def steps_of(self, leg: str) -> tuple[StepPlan, ...]:
        """What a leg runs."""
        own = self.leg(leg).steps
        return self.steps if own is None else own

    def on_server(self, leg: str) -> bool:
        """Whether a leg runs without an agent; a hook of a deployment may have a pool of its own."""
        pool = self.leg(leg).pool
        return self.server if pool is None else pool.server

    def title(self, leg: str) -> str:
        """What people see of a leg: `Job leg`, and only `Job` for one that stands alone.

        https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-strategy
        """
        title = self.display_name or self.name
        alone = self.deployment is not None and len(self.legs) == 1
        return f"{title} {leg}" if leg and not alone else title


class StagePlan(Struct, frozen=True):
    """A stage: jobs that run together. Without `dependsOn` in the file, `depends_on` names the stage before."""

    name: str
    display_name: str
    jobs: tuple[JobPlan, ...]
    depends_on: tuple[str, ...] = ()
    condition: str = ""
    variables: tuple[VariablePlan, ...] = ()
    position: str = ""
    manual: bool = False
    """`trigger: manual`: it waits until somebody starts it."""
    skippable: bool = True
    lock_behavior: str = ""
    """`sequential` or `runLatest`, for exclusive locks."""
    resources: tuple[ResourceUse, ...] = ()
    """All that it needs, those of its jobs and of the pipeline's variables among them: their checks are its gate."""
    left_out: bool = False
    """Who queued the run did not choose it: it is skipped, and counts as satisfied for those that depend on it."""


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


class ExtendsPlan(Struct, frozen=True):
    """A template that the pipeline extends, for the check of required templates.

    https://learn.microsoft.com/azure/devops/pipelines/process/approvals#required-template
    """

    path: str
    """From the top of its repository, with forward slashes."""
    repository: str = ""
    """As its host names it."""
    ref: str = ""
    """In full: `refs/heads/main`."""


class PipelinePlan(Struct, frozen=True):
    """Another pipeline whose artifacts this one uses, and the run of it that was found for this event: every job, and
    every re-run, gets the same.

    https://learn.microsoft.com/azure/devops/pipelines/process/resources#pipeline-resource-variables
    """

    source: str
    """The pipeline's name."""
    project: str = ""
    run_id: int = 0
    """0 where there is no such run, and nothing needed one."""
    run_name: str = ""
    pipeline_id: int = 0
    branch: str = ""
    """In full: `refs/heads/main`."""
    commit: str = ""
    provider: str = ""
    requested_for: str = ""


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
    extends: tuple[ExtendsPlan, ...] = ()
    """The template that the file extends, the one that it extends, and so on."""
    pipelines: Mapping[str, PipelinePlan] = field(default_factory=dict)
    """`resources.pipelines`, by alias."""
    version: int = PLAN_VERSION
