"""Endpoints as Azure's YAML has them, and all that can be wrong with one, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import DefinitionError, NotFoundError, UnavailableError, UserError
from drivetrain.serve.model import AuthMode, Endpoint
from drivetrain.wire.serving.azure_file import MOST_BYTES
from drivetrain.wire.serving.endpoint_file import endpoint_of

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json
name: shop
auth_mode: AML_TOKEN
description: What we sell
tags: {team: one, tier: 2}
properties: {enforce_access_to_default_secret_stores: enabled}
identity: {type: system_assigned}
public_network_access: disabled
traffic: {}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "endpoint.yml"
    path.write_text(text)
    return path


def test_a_whole_file_is_understood(tmp_path: Path) -> None:
    found = endpoint_of(write(tmp_path, WHOLE))
    assert (found.name, found.auth) == ("shop", AuthMode.ISSUED)
    assert found.body == {
        "tags": {"team": "one", "tier": "2"},
        "properties": {
            "description": "What we sell",
            "properties": {"enforce_access_to_default_secret_stores": "enabled"},
        },
    }
    assert endpoint_of(write(tmp_path, WHOLE), "store").name == "store"


def test_the_least_is_a_name(tmp_path: Path) -> None:
    assert endpoint_of(write(tmp_path, "name: shop\n")) == Endpoint("shop")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("auth_mode: key\n", "1:1: error: the endpoint has no name"),
        ("name: shop\nauth_mode: none\n", "2:12: error: auth_mode"),
        ("name: shop\nauth: key\n", "2:1: error: Unexpected value 'auth'"),
        ("name: shop\ntraffic: {blue: 100}\n", "2:10: error: traffic: a new endpoint has no deployments"),
        ("name: shop\nmirror_traffic: {blue: 10}\n", "2:17: error: mirror_traffic: a new endpoint has no"),
        ("name: shop\ntags: [a]\n", "2:7: error"),
        ("- a\n", "1:1: error: A sequence was not expected"),
        ("a: [", "error"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        endpoint_of(write(tmp_path, text))
    assert says in str(caught.value)


def test_files_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"there is no file"):
        endpoint_of(tmp_path / "gone.yml")
    with pytest.raises(UnavailableError, match="cannot read"):
        endpoint_of(tmp_path)
    with pytest.raises(UserError, match="too large for an endpoint"):
        endpoint_of(write(tmp_path, "#" * (MOST_BYTES + 1)))
