"""docs/repositories.md says what the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import drivetrain
from drivetrain.errors import UnavailableError
from drivetrain.settings import RULES
from drivetrain.source.addresses import HOSTS, TYPES, address

PAGE = (Path(drivetrain.__file__).parents[2] / "docs" / "repositories.md").read_text("utf-8")


def test_every_type_has_its_row() -> None:
    assert set(re.findall(r"^\| `(\w+)`[^|]*\| `\w+/name` \|", PAGE, re.MULTILINE)) == TYPES
    assert set(RULES["repository_hosts"].choices) == TYPES


@pytest.mark.parametrize(("kind", "base"), HOSTS.items())
def test_the_addresses_are_those_of_the_page(kind: str, base: str) -> None:
    assert f"| `{base}/owner/name` |" in PAGE
    assert address(kind, "owner/name", {}) == f"{base}/owner/name"


def test_the_settings_of_the_page_mean_what_it_says() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    hosts = tomllib.loads(text)["repository_hosts"]
    assert address("git", "tools", hosts) == "https://dev.azure.com/contoso/shop/_git/tools"
    assert address("git", "other/tools", hosts) == "https://dev.azure.com/contoso/other/_git/tools"
    with pytest.raises(UnavailableError):
        address("git", "tools", {"git": "https://dev.azure.com/contoso"})
