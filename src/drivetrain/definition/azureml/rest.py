"""Bodies of REST -> jobs.

https://learn.microsoft.com/rest/api/azureml/jobs/create-or-update
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.azureml.command_text import command_parts
from drivetrain.definition.azureml.fields import Fields
from drivetrain.definition.azureml.model import (
    ASSET_TYPES,
    DEFAULT_EXPERIMENT,
    LITERAL,
    CommandJob,
    Distribution,
    DistributionKind,
    JobHead,
    JobInput,
    JobKind,
    JobOutput,
    Mode,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

INPUT_MODES = {
    "ReadOnlyMount": Mode.RO_MOUNT,
    "ReadWriteMount": Mode.RW_MOUNT,
    "Download": Mode.DOWNLOAD,
    "Direct": Mode.DIRECT,
    "EvalMount": Mode.EVAL_MOUNT,
    "EvalDownload": Mode.EVAL_DOWNLOAD,
}
OUTPUT_MODES = {"ReadWriteMount": Mode.RW_MOUNT, "Upload": Mode.UPLOAD, "Direct": Mode.DIRECT}
_TYPES = {each: each for each in ASSET_TYPES}
_INPUT_TYPES = {LITERAL: LITERAL, **_TYPES}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PIPELINE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", re.ASCII)
_ENVIRONMENT_NAME = re.compile(r"[^=\0]+")
LONGEST_EXPERIMENT = 255
LOCAL_COMPUTE = "IsLocal"
"""Of `resources.properties`: how azure-ai-ml says `compute: local`."""


def is_job_name(name: str) -> bool:
    """Whether a job may be called so: it is also the id of a training run, and part of paths."""
    return _JOB_NAME.fullmatch(name) is not None


def kind_of(properties: object) -> JobKind:
    """Which kind of job a body describes. Raises UserError."""
    fields = Fields(properties, "properties")
    if not fields.text("jobType", required=True):
        fields.checked()
    kind: JobKind | None = fields.choice("jobType", {each.value: each for each in JobKind}, None)
    fields.checked()
    assert kind is not None  # noqa: S101 - `checked` has raised
    return kind


def read_command(properties: object) -> CommandJob:
    """A command job from `properties`. Raises UserError with everything that is wrong with it."""
    fields = Fields(properties, "properties")
    job = command_from(fields, head_from(fields))
    fields.checked()
    return job


def head_from(fields: Fields) -> JobHead:
    """What jobs of every kind have."""
    experiment = fields.text("experimentName", DEFAULT_EXPERIMENT)
    if len(experiment) > LONGEST_EXPERIMENT or not experiment.isprintable() or not experiment.strip():
        fields.refuse("experimentName", f"must be a name of at most {LONGEST_EXPERIMENT} printable characters")
    identity = fields.object("identity")
    return JobHead(
        experiment=experiment,
        display_name=fields.text("displayName"),
        description=fields.text("description"),
        tags=fields.texts("tags"),
        properties=fields.texts("properties"),
        compute=compute_from(fields),
        identity=identity.text("identityType") if identity is not None else "",
    )


def command_from(fields: Fields, head: JobHead, searched: tuple[str, ...] = ()) -> CommandJob:
    """A command with all that it needs: a job's, or what a sweep tries. `searched` are inputs that the sweep gives."""
    inputs, outputs = inputs_from(fields), outputs_from(fields)
    command = fields.text("command", required=True)
    resources, limits = fields.object("resources"), fields.object("limits")
    given = [*searched, *(name for name, each in inputs.items() if each.value or each.uri)]
    return CommandJob(
        head=head,
        command=command,
        parts=command_parts(command, given, outputs, lambda why: fields.refuse("command", why)),
        environment=fields.text("environmentId", required=True),
        code=fields.text("codeId"),
        inputs=inputs,
        outputs=outputs,
        environment_variables=_variables(fields),
        distribution=_distribution(fields.object("distribution")),
        timeout=limits.seconds("timeout") if limits is not None else 0.0,
        instances=resources.number("instanceCount", 1) if resources is not None else 1,
        parent=fields.text("parentJobName"),
    )


def compute_from(fields: Fields) -> str:
    """The name of a job's compute: of an ARM id, `azureml:NAME`, or a name; `local`; empty for serverless."""
    resources = fields.object("resources")
    properties = resources.raw("properties") if resources is not None else None
    if isinstance(properties, dict) and properties.get(LOCAL_COMPUTE):
        return "local"
    name = fields.text("computeId").rstrip("/").rpartition("/")[2].removeprefix("azureml:")
    return "" if name.lower() == "serverless" else name


def inputs_from(fields: Fields, *, groups: bool = False) -> dict[str, JobInput]:
    """The inputs by name. `groups`: names may have dots, as those of pipelines."""
    found = {}
    for name, each in fields.objects("inputs"):
        if not (_PIPELINE_NAME if groups else _NAME).fullmatch(name):
            each.refuse("", "is not a name: use letters, digits and _")
            continue
        kind = each.choice("jobInputType", _INPUT_TYPES, LITERAL)
        mode = each.choice("mode", INPUT_MODES, Mode.RO_MOUNT)
        if kind == LITERAL:
            found[name] = JobInput(value=_literal(each))
        else:
            found[name] = JobInput(kind, uri=each.text("uri"), mode=mode)
    return found


def _literal(fields: Fields) -> str:
    value = fields.raw("value")
    return str(value) if isinstance(value, (bool, int, float)) else fields.text("value")


def outputs_from(fields: Fields) -> dict[str, JobOutput]:
    """The outputs by name; `default` is the job's own artifacts, which clients get back and may send again."""
    found = {}
    for name, each in fields.objects("outputs"):
        if not _NAME.fullmatch(name):
            each.refuse("", "is not a name: use letters, digits and _")
            continue
        found[name] = JobOutput(
            type=each.choice("jobOutputType", _TYPES, "uri_folder"),
            mode=each.choice("mode", OUTPUT_MODES, Mode.RW_MOUNT),
            uri=each.text("uri"),
            name=each.text("assetName"),
            version=each.text("assetVersion"),
            description=each.text("description"),
        )
    found.pop("default", None)
    return found


def _variables(fields: Fields) -> Mapping[str, str]:
    found = fields.texts("environmentVariables")
    for name in found:
        if not _ENVIRONMENT_NAME.fullmatch(name):
            fields.refuse("environmentVariables", f"has '{name[:100]}', which is not a name of a variable")
    return found


def _distribution(fields: Fields | None) -> Distribution | None:
    if fields is None:
        return None
    kind = fields.choice("distributionType", {each.value: each for each in DistributionKind}, None)
    if kind is None:
        fields.refuse("distributionType", "is required")
        return None
    if kind is DistributionKind.TENSORFLOW:
        workers = fields.number("workerCount", 1)
        return Distribution(kind, workers, fields.number("parameterServerCount", 0, least=0))
    return Distribution(kind, fields.number("processCountPerInstance", 1))
