"""A step as it is read, before its bindings are followed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drivetrain.definition.azureml.model import JobInput, JobKind
    from drivetrain.definition.azureml.pipeline.binding import ParentInput
    from drivetrain.definition.azureml.pipeline.model import NodeOutput
    from drivetrain.definition.azureml.spelled import Spelled


@dataclass
class Draft:
    """A command or a sweep."""

    name: str
    where: str
    kind: JobKind
    fields: Spelled
    """The node."""
    component: str
    spec: Spelled
    """Its component."""
    inputs: dict[str, JobInput | ParentInput | NodeOutput] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each is, as REST has it."""
