"""A pipeline job: its steps, flat, each with where its inputs come from.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-pipeline
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from drivetrain.definition.azureml.model import JobHead, JobInput, JobKind, JobOutput


class NodeOutput(Struct, frozen=True):
    """The output of a node."""

    node: str
    output: str


class PipelineNode(Struct, frozen=True):
    """A step of the pipeline: a command or a sweep. Those of pipeline components in it are steps of the whole."""

    name: str
    """Unique in the job: `train`, or `prepare__clean` for the step `clean` of the component that `prepare` uses."""
    title: str
    kind: JobKind
    component: str
    """The component that it is, as the job names it; empty for one that is written in place."""
    properties: Mapping[str, Any]
    """The same as a job of its own, as REST has it; inputs that come from other nodes are not in it."""
    bound: Mapping[str, NodeOutput] = field(default_factory=dict)
    """Its inputs that other nodes put out."""
    bound_types: Mapping[str, str] = field(default_factory=dict)
    """Their types."""
    deterministic: bool = True
    """With the same inputs it gives the same outputs: it need not be run twice."""

    @property
    def after(self) -> tuple[str, ...]:
        """The nodes that it waits for."""
        return tuple(dict.fromkeys(source.node for source in self.bound.values()))


class PipelineSettings(Struct, frozen=True):
    """`settings` of a pipeline job."""

    continue_on_failure: bool = False
    """When a step fails, those that do not need it are still run."""
    force_rerun: bool = False
    """No step is reused."""
    default_compute: str = ""


class PipelineJob(Struct, frozen=True):
    """A pipeline job."""

    head: JobHead
    nodes: tuple[PipelineNode, ...]
    """Every one after those that it waits for."""
    inputs: Mapping[str, JobInput] = field(default_factory=dict)
    outputs: Mapping[str, JobOutput] = field(default_factory=dict)
    sources: Mapping[str, NodeOutput] = field(default_factory=dict)
    """Where its outputs come from, by name."""
    settings: PipelineSettings = field(default_factory=PipelineSettings)
