"""How deployments name models. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError, UserError

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace

_SHORT = re.compile(r"(?:azureml:)?([^:@/]+)(?::([^:@/]+)|@(latest))")
_ARM = re.compile(
    r"(?:azureml:)?/?/?subscriptions/([^/]+)/resourceGroups/([^/]+)(?:/providers/Microsoft\.MachineLearningServices)?"
    r"/workspaces/([^/]+)/models/([^/]+)/(?:versions/([^/]+)|labels/(latest))/?",
    re.IGNORECASE,
)
_REGISTRY = re.compile(r"azureml://registries/([^/]+)/models/.+", re.IGNORECASE)


def model_named(reference: str, workspace: Workspace) -> tuple[str, str]:
    """The name and the version of a model of this workspace; no version for its newest. Raises UserError,
    NotFoundError.
    """
    if short := _SHORT.fullmatch(reference):
        return short[1], short[2] or ""
    if arm := _ARM.fullmatch(reference):
        here = (workspace.subscription, workspace.resource_group, workspace.name)
        if [part.lower() for part in arm.group(1, 2, 3)] != [part.lower() for part in here]:
            raise NotFoundError(f"properties.model: '{reference[:300]}' is a model of another workspace")
        return arm[4], arm[5] or ""
    if registry := _REGISTRY.fullmatch(reference):
        hint = "register it in the workspace, too: its files cannot be fetched from a registry yet"
        raise NotFoundError(f"properties.model: it is in the registry '{registry[1]}'", hint=hint)
    raise UserError(f"properties.model: '{reference[:300]}' names no model", hint="azureml:NAME:VERSION")
