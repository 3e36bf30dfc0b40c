"""What a job of Azure Machine Learning needs in order to run, looked up when it was submitted: the input of its task.

Nothing in it has to be asked of the workspace again, so a job runs to its end without the server, and what it was made
of may be changed or archived meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from drivetrain.definition.azureml.model import CommandText, Distribution, Mode

COMMAND_TASK = "AzureMLCommand@1"
"""The task that runs a command job; pipeline files cannot name it."""
REMOTE_TASK = "AzureMLRemote@1"
"""The task that has a command job carried out by a real workspace; pipeline files cannot name it."""
COMMAND_INPUT = "job"
"""Its input: a CommandTask as JSON."""
STAGE = "job"
"""The stage of a job that is a run of its own."""


class Place(Struct, frozen=True):
    """Where something lies."""

    uri: str = ""
    """For people and clients: `azureml://datastores/D/paths/P`, `https://...`."""
    path: str = ""
    """On this machine; empty for what has to be downloaded from `uri`."""


class InputTask(Struct, frozen=True):
    """An input, found."""

    type: str
    value: str = ""
    """Of a literal."""
    place: Place = Place()
    mode: Mode = Mode.RO_MOUNT


class OutputTask(Struct, frozen=True):
    """An output, and where it goes."""

    type: str
    place: Place
    mode: Mode = Mode.RW_MOUNT


class EnvironmentTask(Struct, frozen=True):
    """The environment that the command runs in, as the workspace describes it."""

    name: str = ""
    version: str = ""
    image: str = ""
    conda: str = ""
    """The text of its conda file."""
    dockerfile: str = ""
    """The text of its Dockerfile, for what it says of Python."""
    context: str = ""
    """The folder of its build context on this machine."""
    variables: Mapping[str, str] = field(default_factory=dict)


class TrackedRun(Struct, frozen=True):
    """The training run that the job is, in MLflow."""

    id: str
    """The job's name."""
    experiment: str
    experiment_id: str
    artifacts: str = ""
    """The folder of its artifacts on this machine."""
    root: str = ""
    """The name of the uppermost job that it is part of; its own where it is none."""


class WorkspacePlace(Struct, frozen=True):
    """The workspace, as the job's environment names it."""

    id: str
    path: str
    """Its id in Azure Resource Manager."""
    subscription: str
    resource_group: str
    name: str


class RemotePlace(Struct, frozen=True):
    """The real workspace that carries a job out, instead of this machine."""

    connection: str
    """The service connection that signs in to it."""
    subscription: str
    resource_group: str
    workspace: str
    compute: str = ""
    """The job's compute, which is that workspace's; empty for serverless."""


class CommandTask(Struct, frozen=True):
    """A command job, ready to run."""

    run: TrackedRun
    workspace: WorkspacePlace
    display_name: str
    parts: tuple[CommandText, ...]
    environment: EnvironmentTask
    code: str = ""
    """A folder on this machine; its files are copied."""
    inputs: Mapping[str, InputTask] = field(default_factory=dict)
    outputs: Mapping[str, OutputTask] = field(default_factory=dict)
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    distribution: Distribution | None = None
    instances: int = 1
    compute: str = ""
    timeout: float = 0.0
    """Seconds; 0 for no limit."""
    remote: RemotePlace | None = None
    """None for a job that runs on this machine."""
