"""Environments as they are kept (contract: tests/contracts/test_environments.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.deployments.model import Deployment, Environment, EnvironmentResource


class Environments(Protocol):
    """Any thread may call it; names are compared ignoring case. Deployments are written with the rows of their jobs."""

    def all(self) -> Sequence[Environment]:
        """Every environment, by name, then project."""
        ...

    def get(self, environment_id: int) -> Environment:
        """One of them. Raises NotFoundError."""
        ...

    def named(self, name: str, project: str = "") -> Environment:
        """The environment that a project means by this name: its own, else the home's. Raises NotFoundError."""
        ...

    def create(self, name: str, project: str = "", *, description: str = "", by: str = "") -> Environment:
        """Make one. Raises UserError, ConflictError when the project has one of that name."""
        ...

    def delete(self, environment_id: int) -> None:
        """Forget it and its checks; what was deployed there stays known. Raises NotFoundError."""
        ...

    def put_resource(
        self, environment_id: int, name: str, kind: str = "", tags: Sequence[str] = ()
    ) -> EnvironmentResource:
        """Add a resource, or change its type and tags. Raises NotFoundError."""
        ...

    def remove_resource(self, environment_id: int, name: str) -> None:
        """Take a resource out. Raises NotFoundError."""
        ...

    def history(self, environment_id: int, limit: int = 50) -> Sequence[Deployment]:
        """What was deployed there, newest first."""
        ...

    def latest(self) -> dict[int, Deployment]:
        """The newest deployment of every environment, by its id."""
        ...
