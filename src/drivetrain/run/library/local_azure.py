"""Service connections of type azurerm that lead to this home instead of Azure, with an application made for each.
made with the connection.

A connection whose parameters nobody gives is one; so is one whose `environment` is `Drivetrain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.ids import RandomIds
from drivetrain.run.azure import CLOUD
from drivetrain.run.library.checking import DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.run.library.model import Connection, Edit

TYPE = "azurerm"
ENVIRONMENT = f"{DATA}environment"
_OURS = ("serviceprincipalid", "tenantid", "serviceprincipalkey", "serviceprincipalcertificate")


def is_local(connection: Connection) -> bool:
    """Whether it leads to this home."""
    return connection.scheme.lower() in ("", "none") or datum(connection, "environment").lower() == CLOUD.lower()


def parameter(connection: Connection, name: str) -> str:
    """A parameter of a connection; its name is compared ignoring case, as the task library does. Empty for none."""
    return _value(connection.parameters, name)


def datum(connection: Connection, name: str) -> str:
    """One of a connection's data, likewise."""
    return _value(connection.data, name)


def _value(found: Mapping[str, str], name: str) -> str:
    return next((value for key, value in found.items() if key.lower() == name), "")


def with_application(described: Mapping[str, str], edit: Edit, tenant: Callable[[], str]) -> Edit:
    """What a new connection is to hold: one that leads here gets an application, its secret, and our tenant, as far as
    they are not given.
    """
    fields, given = (
        dict(edit.data or {}),
        {name.lower(): value for name, value in {**edit.plain, **edit.secret}.items()},
    )
    environment = (next((fields[name] for name in fields if name.lower() == ENVIRONMENT), "") or "").lower()
    if described["type"] != TYPE or environment not in ("", CLOUD.lower()):
        return edit
    if not environment and any(given.get(name) for name in _OURS):
        return edit
    fields = {name: value for name, value in fields.items() if name.lower() != ENVIRONMENT}
    plain, secret = dict(edit.plain), dict(edit.secret)
    if described["scheme"] in ("ServicePrincipal", "WorkloadIdentityFederation"):
        made = {"serviceprincipalid": RandomIds().guid, "tenantid": tenant}
        plain |= {name: make() for name, make in made.items() if not given.get(name)}
    if described["scheme"] == "ServicePrincipal" and not any(given.get(name) for name in _OURS[2:]):
        secret["serviceprincipalkey"] = RandomIds().token()
    return replace(edit, data={**fields, ENVIRONMENT: CLOUD}, plain=plain, secret=secret)
