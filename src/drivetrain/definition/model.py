"""What a pipeline file says, with positions: frozen values between the YAML and the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

from drivetrain.definition.resources.model import (
    BuildResource,
    Container,
    ContainerResource,
    PackageResource,
    PipelineResource,
    WebhookResource,
)
from drivetrain.errors import DefinitionError, Position, Problem, Severity
from drivetrain.lang.tree import Mapping as MappingNode
from drivetrain.lang.tree import Node, Scalar
from drivetrain.source.model import CiTrigger, PrTrigger, Schedule

Text: TypeAlias = Scalar
"""A text of the file that still knows its place, also inside itself (`position_at`)."""


class TaskInfo(Struct, frozen=True):
    """What is known of a task that can run here. Input names are compared ignoring case."""

    name: str
    """As the file names it, without the version: `UsePythonVersion`."""
    version: int
    """The major version."""
    title: str
    """For people: `Use Python version`."""
    required: frozenset[str] = frozenset()
    """Inputs that must always be given."""
    optional: frozenset[str] = frozenset()
    """All other inputs."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names of inputs -> the name in `required` or `optional`."""
    connections: tuple[str, ...] = ()
    """Inputs, by every name that they have, that name service connections."""
    secure_files: tuple[str, ...] = ()
    """Inputs, by every name that they have, that name secure files."""
    server: bool = False
    """It runs only in a job without an agent (`pool: server`)."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What an input may hold, where there is a closed list of it."""
    deprecated: str | None = None
    """None, or what its author says of that."""


class CompileContext(Struct, frozen=True):
    """What is known before a run exists: the source of the variables that `${{ }}` may read.

    https://learn.microsoft.com/azure/devops/pipelines/build/variables (column "Available in templates?")
    """

    pipeline: str = ""
    """`Build.DefinitionName`."""
    repository: str = ""
    """`Build.Repository.Name`."""
    branch: str = ""
    """In full: `refs/heads/main`; `Build.SourceBranch`."""
    commit: str = ""
    """`Build.SourceVersion`."""
    reason: str = "Manual"
    requested_for: str = ""
    requested_for_email: str = ""
    project: str = ""
    """`System.TeamProject`."""
    collection_uri: str = ""
    """`System.CollectionUri`."""
    schedule: str = ""
    """`Build.CronSchedule.DisplayName`."""
    fork: str = ""
    """`System.PullRequest.IsFork`: `True` or `False`; empty for what is no pull request."""


class Parameter(Struct, frozen=True):
    """A declared parameter of the pipeline."""

    name: str
    type: str
    position: Position
    display_name: str = ""
    default: Node | None = None
    values: tuple[str, ...] = ()
    """When not empty, the only values allowed."""


class Variable(Struct, frozen=True):
    """A variable at some scope. With `runtime`, `value` is the text inside `$[ ]`."""

    name: str
    value: Text
    runtime: bool = False
    readonly: bool = False


class VariableGroup(Struct, frozen=True):
    """`- group: name` among the variables of a scope: all variables of a library's group, at this place.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/variables-group
    """

    name: Text


Variables: TypeAlias = tuple[Variable | VariableGroup, ...]
"""The variables of one scope in the order of the file: later ones win."""


class Pool(Struct, frozen=True):
    """Where a job asks to run. Names are texts that may hold macros."""

    name: str = ""
    vm_image: str = ""
    demands: tuple[str, ...] = ()
    server: bool = False
    """`pool: server`: a job without an agent."""
    position: Position | None = None


class Leg(Struct, frozen=True):
    """One entry of `strategy.matrix`."""

    name: str
    variables: Mapping[str, str]


class Strategy(Struct, frozen=True):
    """`strategy:` of a job: legs by name, or a count of equal slices.

    Numbers are texts: whole numbers, or text with a macro or `$[ ]` that becomes one at run time.
    """

    legs: tuple[Leg, ...] = ()
    matrix: Text | None = None
    """What is inside `$[ ]` where the legs come from an expression; it gives a mapping of legs as JSON."""
    parallel: Text | None = None
    max_parallel: Text | None = None


class Uses(Struct, frozen=True):
    """`uses:` of a job: what it needs that cannot be seen elsewhere in it.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-uses
    """

    repositories: tuple[Text, ...] = ()
    pools: tuple[str, ...] = ()


class Target(Struct, frozen=True):
    """`target:` of a step: where it runs and what it may change.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/target
    """

    position: Position
    container: str = ""
    """`host` or the alias of a container; empty for where the job runs."""
    commands: str = ""
    """`any` or `restricted`: which logging commands are listened to."""
    settable_variables: tuple[str, ...] | None = None
    """The only variables that the step may set; None for no limit, empty for none at all."""


class Step(Struct, frozen=True):
    """One step as it is written: `kind` is its first key, `subject` what that key holds."""

    kind: str
    subject: Text
    position: Position
    options: Mapping[str, Text] = field(default_factory=dict)
    """Keys of this kind of step only, such as `workingDirectory` or `fetchDepth`."""
    inputs: Mapping[str, Text] = field(default_factory=dict)
    """`inputs:` of a `task` or a `downloadBuild`."""
    input_keys: tuple[Text, ...] = ()
    """The keys of `inputs:`, for messages about them."""
    env: Mapping[str, str] = field(default_factory=dict)
    name: Text | None = None
    display_name: str = ""
    condition: Text | None = None
    enabled: bool = True
    continue_on_error: str = "false"
    timeout_minutes: str = "0"
    retry_count: str = "0"
    target: Target | None = None


class Hook(Struct, frozen=True):
    """The steps of one part of a deployment's life.

    https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs
    """

    name: str
    """`preDeploy`, `deploy`, `routeTraffic`, `postRouteTraffic`, `success` or `failure`."""
    position: Position
    steps: tuple[Step, ...]
    pool: Pool | None = None
    """Where the file gives the hook one of its own."""


class Environment(Struct, frozen=True):
    """`environment:` of a deployment job. The short form `name.resource` is told apart already.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-deployment-environment
    """

    name: Text
    resource_name: str = ""
    resource_id: str = ""
    resource_type: str = ""
    tags: str = ""


class Deployment(Struct, frozen=True):
    """What a deployment job has in place of steps.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-deployment-strategy
    """

    environment: Environment | None
    strategy: str
    """`runOnce`, `rolling` or `canary`."""
    hooks: tuple[Hook, ...]
    """In the order in which they run: preDeploy, deploy, routeTraffic, postRouteTraffic, success, failure."""
    max_parallel: str = ""
    """Of `rolling`: a number, or a percentage as `10%`."""
    increments: tuple[str, ...] = ()
    """Of `canary`: percentages."""


class Job(Struct, frozen=True):
    """A job. An empty name means that the file gives none."""

    name: str
    position: Position
    steps: tuple[Step, ...]
    """Empty for a deployment job, whose steps are in its hooks."""
    display_name: str = ""
    depends_on: tuple[Text, ...] = ()
    condition: Text | None = None
    continue_on_error: str = "false"
    timeout_minutes: str = "60"
    cancel_timeout_minutes: str = "5"
    pool: Pool | None = None
    variables: Variables = ()
    workspace_clean: str = ""
    strategy: Strategy | None = None
    deployment: Deployment | None = None
    container: Container | None = None
    services: Mapping[str, Container] = field(default_factory=dict)
    uses: Uses | None = None
    template_context: Node | None = None
    """For templates only; it has no meaning once they have been expanded."""
    expressions: tuple[Text, ...] = ()
    """What is inside every `$[ ]` that is neither a variable nor a condition, to be checked."""


class Stage(Struct, frozen=True):
    """A stage. `depends_on` is None where the file says nothing: then it follows the stage before."""

    name: str
    position: Position
    jobs: tuple[Job, ...]
    display_name: str = ""
    depends_on: tuple[Text, ...] | None = None
    condition: Text | None = None
    pool: Pool | None = None
    variables: Variables = ()
    lock_behavior: str = ""
    """`sequential` or `runLatest`; empty for what the pipeline says."""
    trigger: str = "automatic"
    """`manual`: the stage waits until somebody starts it."""
    skippable: bool = True
    """`isSkippable`: whether somebody may leave it out when starting a run."""
    group: str = ""
    checks: tuple[str, ...] = ()
    """The types of `checks:`."""
    template_context: Node | None = None


class RepositoryResource(Struct, frozen=True):
    """`resources.repositories`: another repository, for templates (`file@alias`) and for checkout.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository
    """

    alias: str
    """`self` for what a file says of its own repository."""
    position: Position
    type: str = "git"
    """`git` (Azure Repos), `github`, `githubenterprise` or `bitbucket`."""
    name: str = ""
    """As its host names it: `project/repository` or `owner/repository`."""
    ref: str = ""
    """A branch, tag or commit, as the file has it; empty for the default, `refs/heads/main`."""
    endpoint: str = ""
    """The service connection, where its host needs one."""
    trigger: CiTrigger | None = None
    """None where the file says nothing: then its pushes start no runs."""
    checkout_options: Mapping[str, Text] = field(default_factory=dict)
    """What its checkouts do where the step says nothing: `clean`, `fetchDepth`, `lfs` and their kin."""


class Resources(Struct, frozen=True):
    """`resources:` of a pipeline file. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources"""

    repositories: tuple[RepositoryResource, ...] = ()
    containers: tuple[ContainerResource, ...] = ()
    pipelines: tuple[PipelineResource, ...] = ()
    builds: tuple[BuildResource, ...] = ()
    packages: tuple[PackageResource, ...] = ()
    webhooks: tuple[WebhookResource, ...] = ()


class Extended(Struct, frozen=True):
    """A template that a file extends."""

    path: str
    """From the top of its repository, with forward slashes."""
    alias: str = ""
    """The repository's; empty for the pipeline's own."""


class Pipeline(Struct, frozen=True):
    """A pipeline file after its `${{ }}` have been evaluated."""

    file: str
    position: Position
    stages: tuple[Stage, ...]
    name: Text | None = None
    append_commit_message: bool = True
    trigger: CiTrigger = field(default_factory=CiTrigger)
    pr: PrTrigger = field(default_factory=PrTrigger)
    schedules: tuple[Schedule, ...] = ()
    resources: Resources = field(default_factory=Resources)
    lock_behavior: str = ""
    """`sequential` or `runLatest`, for stages that say nothing."""
    parameters: tuple[Parameter, ...] = ()
    parameter_values: Mapping[str, object] = field(default_factory=dict)
    """The values that this expansion was made with, as JSON."""
    variables: Variables = ()
    pool: Pool | None = None
    extends: tuple[Extended, ...] = ()
    """The template that the file extends, the one that it extends, and so on."""


class Definition(Struct, frozen=True):
    """A file that was read: what could be built of it, its expanded YAML, and everything wrong with it."""

    pipeline: Pipeline
    node: MappingNode
    """The file after its `${{ }}`."""
    problems: tuple[Problem, ...] = ()
    sources: tuple[Node, ...] = ()
    """The file and every template that was read, as they are written, for `lint`."""

    @property
    def ok(self) -> bool:
        """Whether there is no error among the problems."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)

    def checked(self) -> Pipeline:
        """The pipeline. Raises DefinitionError with all problems when there is an error among them."""
        if not self.ok:
            raise DefinitionError(self.problems)
        return self.pipeline
