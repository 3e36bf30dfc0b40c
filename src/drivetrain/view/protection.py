"""Which checks protect an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.plan.model import ResourceKind
from drivetrain.run.checks.model import Resource

if TYPE_CHECKING:
    from drivetrain.run.checks.model import Check
    from drivetrain.run.deployments.model import Environment
    from drivetrain.view.ports import Desk


def checks_of(desk: Desk, environment: Environment) -> list[Check]:
    """Those that hold for it: its project's, and those for every project."""
    scopes = dict.fromkeys(["", environment.project])
    resources = [Resource(ResourceKind.ENVIRONMENT, environment.name, scope) for scope in scopes]
    return [check for resource in resources for check in desk.checks(resource)]
