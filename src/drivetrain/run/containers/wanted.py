"""Whether a job has containers: asked of every job, so that the others load nothing for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.run.model import JobSpec


NOTE = "containers.json"
"""In the folder of a job that has containers: by which engine."""


def needs_containers(spec: JobSpec) -> bool:
    """Whether a job has any."""
    return spec.container is not None or bool(spec.services) or bool(targets(spec))


def targets(spec: JobSpec) -> dict[str, str]:
    """The aliases that its steps name, in lower case, and as `containers` has them."""
    named = {step.target.container.lower() for step in spec.steps if step.target is not None and step.target.container}
    return {alias.lower(): alias for alias in spec.containers if alias.lower() in named}
