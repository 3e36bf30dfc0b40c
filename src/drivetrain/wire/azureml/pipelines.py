"""Pipeline jobs: read, every step looked up or found to have been done before."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from drivetrain.definition.azureml.model import JobInput, JobKind
from drivetrain.definition.azureml.pipeline.read import read_pipeline
from drivetrain.errors import ConflictError, DrivetrainError, NotFoundError
from drivetrain.plan.azureml.pipeline.keys import step_keys
from drivetrain.run.azureml.model import AzureJob, JobStatus
from drivetrain.view.api.azure.jobs.ports import REUSED, Submission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.azureml.pipeline.model import PipelineJob, PipelineNode
    from drivetrain.registry.model import Workspace
    from drivetrain.wire.azureml.desk import Desk
    from drivetrain.wire.azureml.resolving import Resolver
    from drivetrain.wire.storage import Storage

LONGEST_NAME = 255


class StepContent(Struct, frozen=True):
    """A step, looked up."""

    node: PipelineNode
    key: str
    content: Any
    """What its kind needs to launch it."""
    reused: AzureJob | None = None
    """The job that has done the same."""


class PipelineReader:
    """Reads one pipeline job."""

    def __init__(self, desk: Desk, storage: Storage, workspace: Workspace, name: str) -> None:
        self._desk = desk
        self._storage = storage
        self._workspace = workspace
        self._name = name
        self._resolver: Resolver = desk.resolver(workspace)
        self._outputs: dict[str, Mapping[str, Mapping[str, str]]] = {}
        """Of the steps so far: what clients are told of each of their outputs."""

    def read(self, properties: object) -> Submission:
        """The pipeline job. Raises UserError and NotFoundError that name the step and the field."""
        job = read_pipeline(properties, self._resolver.component)
        keys = step_keys(job.nodes, self._content, self._step_name)
        steps = [self._step(job, node, keys[node.name]) for node in job.nodes]
        return Submission(
            self._name, JobKind.PIPELINE, job.head, outputs=self._told(job), content=job, steps=tuple(steps)
        )

    def _step_name(self, node: str) -> str:
        """The name of the job that a step is."""
        name = f"{self._name}_{node}"
        if len(name) <= LONGEST_NAME:
            return name
        return f"{name[: LONGEST_NAME - 17]}_{hashlib.sha256(name.encode()).hexdigest()[:16]}"

    def _content(self, kind: str, reference: str) -> str:
        """What a reference stands for, as a text that is the same for the same. An environment is what it says, under
        whatever name; code and data are where they lie, and do not change there.
        """
        if kind == "environmentId":
            found = replace(self._resolver.environment(reference), name="", version="")
            return msgspec.json.encode(found, order="deterministic").decode()
        if kind == "codeId":
            return self._resolver.code(reference)
        place = self._resolver.input("input", JobInput(kind, uri=reference)).place
        return json.dumps([place.uri, place.path])

    def _step(self, job: PipelineJob, node: PipelineNode, key: str) -> Submission:
        name = self._step_name(node.name)
        self._check_free(name)
        reused = None if job.settings.force_rerun or not node.deterministic else self._done_before(key)
        try:
            found = self._desk.read(self._workspace, name, self._body(job, node))
        except DrivetrainError as error:
            raise type(error)(f"jobs.{node.name}: {error.message}", hint=error.hint) from error
        if reused is not None:
            found = _reusing(found, reused)
        self._outputs[node.name] = found.outputs
        content = StepContent(node, key, found.content, reused)
        head = replace(
            found.head, properties={**found.head.properties, **_origin(self._name, reused)}, tags=dict(found.head.tags)
        )
        return replace(found, head=head, parent=self._name, content=content, properties=self._body(job, node))

    def _check_free(self, name: str) -> None:
        with suppress(NotFoundError):
            self._storage.azure_jobs.get(self._workspace.id, name)
            raise ConflictError(f"there is a job '{name}' already, which a step would be", hint="take another name")

    def _body(self, job: PipelineJob, node: PipelineNode) -> dict[str, Any]:
        """`properties` of the job that a step is."""
        bound = {
            name: {"jobInputType": node.bound_types[name], "uri": self._outputs[source.node][source.output]["uri"]}
            for name, source in node.bound.items()
        }
        return {
            **node.properties,
            "displayName": node.title,
            "experimentName": job.head.experiment,
            "inputs": {**node.properties["inputs"], **bound},
            **({"componentId": node.component} if node.component else {}),
        }

    def _done_before(self, key: str) -> AzureJob | None:
        """The newest job that has done the same, and whose outputs are still there."""
        for name in self._storage.node_keys.jobs(self._workspace.id, key):
            with suppress(NotFoundError):
                found = self._storage.azure_jobs.get(self._workspace.id, name)
                if found.status is JobStatus.COMPLETED and self._outputs_of(found):
                    return found
        return None

    def _outputs_of(self, job: AzureJob) -> bool:
        outputs: Mapping[str, Any] = job.body.get("outputs") or {}
        for name, each in outputs.items():
            kind, uri = str(each.get("jobOutputType", "")), str(each.get("uri", ""))
            place = self._resolver.input(name, JobInput(kind or "uri_folder", uri=uri)).place
            if not place.path or not Path(place.path).exists():
                return False
        return True

    def _told(self, job: PipelineJob) -> dict[str, Mapping[str, str]]:
        found: dict[str, Mapping[str, str]] = {}
        for name, source in job.sources.items():
            told = self._outputs[source.node][source.output]
            found[name] = {"uri": told["uri"], "jobOutputType": told["jobOutputType"], "mode": told["mode"]}
        return found


def _reusing(found: Submission, reused: AzureJob) -> Submission:
    """A step that need not be run: its outputs are those of the job that has done the same."""
    outputs: Mapping[str, Any] = reused.body.get("outputs") or {}
    told = {name: {**each, "uri": outputs.get(name, each)["uri"]} for name, each in found.outputs.items()}
    return replace(found, outputs=told)


def _origin(pipeline: str, reused: AzureJob | None) -> dict[str, str]:
    """Properties by which clients see that a run is a step, and whether another's results are used."""
    found = {"azureml.pipelinerunid": pipeline}
    if reused is None:
        return found
    return {
        **found,
        REUSED: "true",
        "azureml.reusedrunid": reused.name,
        "azureml.reusedjobid": reused.name,
        "azureml.reusedpipelinerunid": reused.parent,
    }
