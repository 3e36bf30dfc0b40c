"""The clouds as each generation of clients reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.view.azure.identity.conftest import ADDRESS

if TYPE_CHECKING:
    from tests.unit.view.azure.identity.conftest import Edged


def test_a_list_of_clouds_for_those_that_walk_it(edged: Edged) -> None:
    found = edged.http.get("/metadata/endpoints?api-version=2019-05-01").json()
    assert [each["name"] for each in found] == ["Drivetrain", "AzureCloud"]
    assert {each["resourceManager"] for each in found} == {ADDRESS}


def test_one_cloud_for_who_registers_it(edged: Edged) -> None:
    assert edged.http.get("/metadata/endpoints?api-version=2022-09-01").json()["name"] == "Drivetrain"


def test_the_az_of_2019_is_led_past_the_login_of_the_public_cloud(edged: Edged) -> None:
    found = edged.http.get("/metadata/endpoints?api-version=2015-01-01").json()
    assert found["authentication"]["loginEndpoint"] == f"{ADDRESS}/adfs"
    assert found["authentication"]["audiences"] == ["https://management.azure.com/"]
    assert found["galleryEndpoint"] == ADDRESS
