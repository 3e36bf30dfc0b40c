"""What a pipeline file says, with positions: frozen values between the YAML and the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

from drivetrain.errors import DefinitionError, Position, Problem, Severity
from drivetrain.lang.tree import Node, Scalar
from drivetrain.source.model import CiTrigger

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


class Pool(Struct, frozen=True):
    """Where a job asks to run."""

    name: str = ""
    vm_image: str = ""
    demands: tuple[str, ...] = ()


class Leg(Struct, frozen=True):
    """One entry of `strategy.matrix`."""

    name: str
    variables: Mapping[str, str]


class Strategy(Struct, frozen=True):
    """`strategy:` of a job: either legs by name, or a count of equal slices."""

    legs: tuple[Leg, ...] = ()
    parallel: int = 0
    max_parallel: int = 0


class Step(Struct, frozen=True):
    """One step as it is written: `kind` is its first key, `subject` what that key holds."""

    kind: str
    subject: Text
    position: Position
    options: Mapping[str, Text] = field(default_factory=dict)
    """Keys of this kind of step only, such as `workingDirectory` or `fetchDepth`."""
    inputs: Mapping[str, Text] = field(default_factory=dict)
    """`inputs:` of a `task`."""
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


class Job(Struct, frozen=True):
    """A job. An empty name means that the file gives none."""

    name: str
    position: Position
    steps: tuple[Step, ...]
    display_name: str = ""
    depends_on: tuple[Text, ...] = ()
    condition: Text | None = None
    continue_on_error: str = "false"
    timeout_minutes: str = "60"
    cancel_timeout_minutes: str = "5"
    pool: Pool | None = None
    variables: tuple[Variable, ...] = ()
    workspace_clean: str = ""
    strategy: Strategy | None = None


class Stage(Struct, frozen=True):
    """A stage. `depends_on` is None where the file says nothing: then it follows the stage before."""

    name: str
    position: Position
    jobs: tuple[Job, ...]
    display_name: str = ""
    depends_on: tuple[Text, ...] | None = None
    condition: Text | None = None
    pool: Pool | None = None
    variables: tuple[Variable, ...] = ()


class RepositoryResource(Struct, frozen=True):
    """`resources.repositories`: another repository, for templates (`file@alias`) and for checkout.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository
    """

    alias: str
    position: Position
    type: str = "git"
    """`git` (Azure Repos), `github`, `githubenterprise` or `bitbucket`."""
    name: str = ""
    """As its host names it: `project/repository` or `owner/repository`."""
    ref: str = ""
    """A branch, tag or commit, as the file has it; empty for the default, `refs/heads/main`."""
    endpoint: str = ""
    """The service connection, where its host needs one."""


class Pipeline(Struct, frozen=True):
    """A pipeline file after its `${{ }}` have been evaluated."""

    file: str
    position: Position
    stages: tuple[Stage, ...]
    name: Text | None = None
    append_commit_message: bool = True
    trigger: CiTrigger = field(default_factory=CiTrigger)
    parameters: tuple[Parameter, ...] = ()
    parameter_values: Mapping[str, object] = field(default_factory=dict)
    """The values that this expansion was made with, as JSON."""
    variables: tuple[Variable, ...] = ()
    pool: Pool | None = None


class Definition(Struct, frozen=True):
    """A file that was read: what could be built of it, its expanded YAML, and everything wrong with it."""

    pipeline: Pipeline
    node: Node
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error among the problems."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)

    def checked(self) -> Pipeline:
        """The pipeline. Raises DefinitionError with all problems when there is an error among them."""
        if not self.ok:
            raise DefinitionError(self.problems)
        return self.pipeline
