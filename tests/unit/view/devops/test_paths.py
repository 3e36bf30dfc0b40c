"""The addresses of Azure DevOps, and those that open without a token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from drivetrain.clock import FixedClock
from drivetrain.view.api.devops.paths import Address, is_devops, spelled
from drivetrain.view.api.devops.signing import Signer


@pytest.mark.parametrize(
    ("path", "organization", "project"),
    [
        ("/_apis/projects", "", ""),
        ("/fabrikam/_apis/projects", "fabrikam", ""),
        ("/Wine/_apis/build/builds", "", "Wine"),
        ("/fabrikam/Wine/_apis/build/builds", "fabrikam", "Wine"),
        ("/fabrikam/Wine/Wine Team/_apis/test/runs", "fabrikam", "Wine"),
        ("/fabrikam/_apis/distributedtask/pools", "fabrikam", ""),
        ("/fabrikam/_apis", "fabrikam", ""),
    ],
)
def test_an_address_is_taken_apart(path: str, organization: str, project: str) -> None:
    found = Address(path)
    assert is_devops(path)
    assert (found.organization, found.project) == (organization, project)


@pytest.mark.parametrize("path", ["/runs", "/api/v1/_apis", "/mlflow/_apis/x", "/p/_apis/hubs/b/oidctoken", "/"])
def test_other_addresses_are_not_of_azure_devops(path: str) -> None:
    assert not is_devops(path)


def test_fixed_words_are_spelled_and_values_stay() -> None:
    templates = [["build", "builds", "{build}", "tags", "{tag}"], ["build", "builds"]]
    assert spelled(["Build", "Builds", "7", "Tags", "Logs"], templates) == ["build", "builds", "7", "tags", "Logs"]
    assert spelled(["Build", "Other"], templates) == ["Build", "Other"]


def test_a_signed_address_opens_that_alone_and_for_an_hour() -> None:
    clock = FixedClock(datetime(2026, 11, 26, tzinfo=UTC))
    signer = Signer(b"key", clock)
    address, _ = signer.signed("/p/_apis/x", {"artifactName": "drop"})
    query = dict(parse_qsl(address.partition("?")[2]))
    assert signer.opens("/p/_apis/x", query)
    assert not signer.opens("/q/_apis/x", query)
    assert not signer.opens("/p/_apis/x", {**query, "artifactName": "other"})
    assert not signer.opens("/p/_apis/x", {**query, "expires": "99999999999"})
    assert not Signer(b"other", clock).opens("/p/_apis/x", query)
    clock.at += timedelta(seconds=3601)
    assert not signer.opens("/p/_apis/x", query)
