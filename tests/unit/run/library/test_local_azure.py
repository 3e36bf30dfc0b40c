"""Which connections lead to this home, and what they are given when they are made."""

from __future__ import annotations

import pytest

from drivetrain.run.library.local_azure import is_local, with_application
from drivetrain.run.library.model import Connection, Edit

PRINCIPAL = {"type": "azurerm", "scheme": "ServicePrincipal"}
FEDERATED = {"type": "azurerm", "scheme": "WorkloadIdentityFederation"}
MANAGED = {"type": "azurerm", "scheme": "ManagedServiceIdentity"}


def made(described: dict[str, str], **edit: dict[str, str]) -> Edit:
    return with_application(described, Edit(**edit), lambda: "our tenant")  # type: ignore[arg-type]


def test_without_parameters_it_gets_an_application_of_its_own() -> None:
    first, second = made(PRINCIPAL), made(PRINCIPAL)
    assert first.data == {"data.environment": "Drivetrain"}
    assert first.plain["tenantid"] == "our tenant"
    assert first.plain["serviceprincipalid"] != second.plain["serviceprincipalid"]
    assert first.secret["serviceprincipalkey"] != second.secret["serviceprincipalkey"]
    assert set(made(FEDERATED).plain) == {"serviceprincipalid", "tenantid"}
    assert not made(FEDERATED).secret
    assert (made(MANAGED).plain, made(MANAGED).secret) == ({}, {})
    assert made(MANAGED).data == {"data.environment": "Drivetrain"}


def test_what_is_given_stays() -> None:
    given = {"ServicePrincipalId": "mine", "tenantid": "theirs"}
    found = made(PRINCIPAL, plain=given, data={"data.environment": "DRIVETRAIN"}, secret={"serviceprincipalkey": "s"})
    assert (found.plain, found.secret) == (given, {"serviceprincipalkey": "s"})
    assert found.data == {"data.environment": "Drivetrain"}
    signed = made(PRINCIPAL, secret={"servicePrincipalCertificate": "PEM"}, data={"data.environment": "Drivetrain"})
    assert "serviceprincipalkey" not in signed.secret


@pytest.mark.parametrize(
    "edit",
    [
        {"plain": {"serviceprincipalid": "app", "tenantid": "t"}},
        {"data": {"data.environment": "AzureCloud"}},
        {"secret": {"serviceprincipalkey": "s"}},
    ],
)
def test_one_that_leads_to_azure_is_left_as_it_is(edit: dict[str, dict[str, str]]) -> None:
    found = made(PRINCIPAL, **edit)
    assert found == Edit(**edit)  # type: ignore[arg-type]


def test_other_types_are_none_of_this() -> None:
    assert made({"type": "github", "scheme": "Token"}) == Edit()


@pytest.mark.parametrize(
    ("scheme", "data", "local"),
    [
        ("None", {}, True),
        ("ServicePrincipal", {"environment": "Drivetrain"}, True),
        ("ServicePrincipal", {"Environment": "drivetrain"}, True),
        ("ServicePrincipal", {"environment": "AzureCloud"}, False),
        ("ServicePrincipal", {}, False),
    ],
)
def test_where_a_connection_leads(scheme: str, data: dict[str, str], *, local: bool) -> None:
    assert is_local(Connection("i", "n", "azurerm", "https://a", scheme, {}, data)) is local
