"""How people name a resource that has checks."""

from __future__ import annotations

from drivetrain.errors import UserError
from drivetrain.plan.model import ResourceKind
from drivetrain.run.checks.model import Resource


def resource_of(text: str, project: str = "") -> Resource:
    """`environment:staging`, `variableGroup:NAME`; only a name is an environment. Raises UserError."""
    kind, colon, name = text.partition(":")
    if not colon:
        return Resource(ResourceKind.ENVIRONMENT, text.strip(), project)
    folded = kind.replace("-", "").replace("_", "").lower()
    found = next((each for each in ResourceKind if each.lower() == folded), None)
    if found is None or not name.strip():
        kinds = ", ".join(f"{each}:NAME" for each in ResourceKind)
        raise UserError(f"'{text}' names no resource that can have checks", hint=f"write {kinds}")
    return Resource(found, name.strip(), project)
