"""Jobs of Azure Machine Learning as values: what a REST body or a job file says, checked, and not yet looked up.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-command
https://learn.microsoft.com/rest/api/azureml/jobs/create-or-update
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

LITERAL = "literal"
DEFAULT_EXPERIMENT = "Default"
ASSET_TYPES = ("uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model")
"""Types of inputs and outputs that are files; any other input is a literal."""


class JobKind(StrEnum):
    """What kind of job it is, as `jobType` of REST says."""

    COMMAND = "Command"
    SWEEP = "Sweep"
    PIPELINE = "Pipeline"


class Mode(StrEnum):
    """How an input comes to the job, and an output leaves it, as files say it."""

    RO_MOUNT = "ro_mount"
    RW_MOUNT = "rw_mount"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    DIRECT = "direct"
    EVAL_MOUNT = "eval_mount"
    EVAL_DOWNLOAD = "eval_download"


class JobInput(Struct, frozen=True):
    """An input: a literal, or something that lies somewhere."""

    type: str = LITERAL
    """`literal`, or one of ASSET_TYPES."""
    value: str = ""
    """Of a literal."""
    uri: str = ""
    """Of anything else: `azureml:NAME:VERSION`, an ARM id, `azureml://...`, `https://...`, `wasbs://...`."""
    mode: Mode = Mode.RO_MOUNT

    @property
    def literal(self) -> bool:
        """Whether it is a value."""
        return self.type == LITERAL


class JobOutput(Struct, frozen=True):
    """An output: a file or folder that the command writes."""

    type: str = "uri_folder"
    mode: Mode = Mode.RW_MOUNT
    uri: str = ""
    """Where it is to lie; empty for the workspace's default place."""
    name: str = ""
    """It becomes an asset of this name."""
    version: str = ""
    """Of the asset; empty for the next one."""
    description: str = ""


class DistributionKind(StrEnum):
    """What starts the processes of a job."""

    PYTORCH = "PyTorch"
    MPI = "Mpi"
    TENSORFLOW = "TensorFlow"
    RAY = "Ray"


class Distribution(Struct, frozen=True):
    """Several processes that work on one job."""

    kind: DistributionKind
    processes: int = 1
    """On each node; of TensorFlow its workers."""
    parameter_servers: int = 0


class JobHead(Struct, frozen=True):
    """What jobs of every kind have."""

    experiment: str = DEFAULT_EXPERIMENT
    display_name: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    compute: str = ""
    """The name of a compute; `local`; empty for serverless."""
    identity: str = ""
    """`AMLToken`, `Managed`, `UserIdentity`, or empty."""


class CommandText(Struct, frozen=True):
    """A piece of a command: text, or what stands for an input or an output."""

    text: str = ""
    input: str = ""
    output: str = ""


class CommandJob(Struct, frozen=True):
    """A command, and all that it needs."""

    head: JobHead
    command: str
    """As it was written."""
    parts: tuple[CommandText, ...]
    """The same in pieces; those in `$[[ ]]` whose inputs are not given are left out."""
    environment: str
    """`azureml:NAME:VERSION`, an ARM id, `azureml://registries/...`."""
    code: str = ""
    """An ARM id, `azureml:...`, or a URI; empty for a command that needs no files."""
    inputs: Mapping[str, JobInput] = field(default_factory=dict)
    outputs: Mapping[str, JobOutput] = field(default_factory=dict)
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    distribution: Distribution | None = None
    timeout: float = 0.0
    """Seconds that it may take; 0 for no limit."""
    instances: int = 1
    """Nodes that it asks for."""
    parent: str = ""
    """The job that it is part of (`parentJobName`)."""
