"""What deployments name, looked up in a workspace as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.serve.model import EnvironmentSpec

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace


class Routes(Struct, frozen=True):
    """What a container of a user's answers to: the `inference_config` of an environment.

    https://learn.microsoft.com/azure/machine-learning/reference-yaml-environment#attributes-of-the-inference_config-key
    """

    score: str
    live: str
    ready: str


class EnvironmentFound(Struct, frozen=True):
    """What an environment of a workspace comes to."""

    spec: EnvironmentSpec
    variables: Mapping[str, str] = {}
    routes: Routes | None = None
    notes: tuple[str, ...] = ()
    """What has no meaning here, for people."""


class Lookup(Protocol):
    """Looks things up. Each call may raise NotFoundError and UserError that name the field."""

    def environment(self, workspace: Workspace, reference: str) -> EnvironmentFound:
        """An environment: the workspace's, or a curated one, which is known by its name alone."""
        ...

    def code(self, workspace: Workspace, reference: str) -> str:
        """The folder of a code asset."""
        ...
