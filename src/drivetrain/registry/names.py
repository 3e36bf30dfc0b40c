"""What things may be called. A name becomes part of a path and of an id, so it is checked wherever it comes in.

https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftmachinelearningservices
"""

from __future__ import annotations

import re

from drivetrain.errors import UserError
from drivetrain.registry.model import REGISTRIES

ASSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,32}")
COMPUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,31}")
DATASTORE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,254}")
ENDPOINT = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{1,30})[A-Za-z0-9]")
"""Endpoints and deployments."""
CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,32}")

_SUBSCRIPTION = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A GUID in Azure; any plain word will do here."""
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")


def check_place(subscription: str, group: str, workspace: str) -> None:
    """Raises UserError when there can be no such workspace."""
    checked("subscription", _SUBSCRIPTION, subscription)
    if subscription.lower() == REGISTRIES:
        raise UserError(f"'{REGISTRIES}' is no subscription")
    checked("resource group", _GROUP, group)
    checked("workspace", WORKSPACE, workspace)


def checked(kind: str, rule: re.Pattern[str], name: str) -> str:
    """The name. Raises UserError when the rule does not allow it."""
    if rule.fullmatch(name):
        return name
    raise UserError(f"'{name[:80]}' is no name for a {kind}: it must match {rule.pattern}")


def asset_name(name: str) -> str:
    """The name of an asset."""
    return checked("asset", ASSET, name)


def asset_version(version: str) -> str:
    """The version of an asset."""
    return checked("version", ASSET, version)


def endpoint_name(kind: str, name: str) -> str:
    """The name of an endpoint or a deployment, whichever kind it is."""
    return checked(kind, ENDPOINT, name)
