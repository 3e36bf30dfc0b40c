"""Environments: what deployment jobs deploy to, and what was deployed there.

https://learn.microsoft.com/azure/devops/pipelines/process/environments
"""

from __future__ import annotations

from msgspec import Struct

from drivetrain.run.model import Result, State


class EnvironmentResource(Struct, frozen=True):
    """One target in an environment: `environment: name.resource`."""

    id: int
    name: str
    type: str = ""
    """As Azure names types: `VirtualMachine`, `Kubernetes`; empty when nobody has said."""
    tags: tuple[str, ...] = ()


class Environment(Struct, frozen=True):
    """An environment. It comes into being when it is first named, or by hand."""

    id: int
    """`$(Environment.Id)`; never given again."""
    name: str
    project: str = ""
    """Empty for the home's own: runs of a working tree, and projects that have none of this name, use it."""
    description: str = ""
    resources: tuple[EnvironmentResource, ...] = ()
    created_at: str = ""
    created_by: str = ""


class Deployment(Struct, frozen=True):
    """A deployment job that has begun, kept for ever, also when its run is deleted."""

    environment_id: int
    run_id: int
    stage: str
    job: str
    attempt: int
    """Of the stage."""
    resource: str = ""
    number: str = ""
    pipeline: str = ""
    project: str = ""
    branch: str = ""
    commit: str = ""
    message: str = ""
    requested_for: str = ""
    display_name: str = ""
    """The job's."""
    state: State = State.RUNNING
    result: Result | None = None
    started_at: str = ""
    finished_at: str = ""
