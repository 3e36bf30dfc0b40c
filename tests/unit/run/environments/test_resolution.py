from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UnavailableError, UserError
from drivetrain.run.environments.interpreters import SearchPath
from drivetrain.run.environments.resolution import installable_versions, resolve_interpreter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def search(tmp_path: Path) -> SearchPath:
    for version in ("3.9.1", "3.11.7"):
        program = tmp_path / f"pyenv/versions/{version}/bin/python"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return SearchPath((), tmp_path / "pyenv", (), tmp_path / "home")


def test_the_highest_that_fits_is_taken(search: SearchPath) -> None:
    assert resolve_interpreter("3.x", search).version == "3.11.7"
    assert resolve_interpreter("<3.11", search).version == "3.9.1"


def test_a_version_that_cannot_be_had_lists_those_that_can(search: SearchPath) -> None:
    with pytest.raises(UnavailableError) as caught:
        resolve_interpreter("3.5", search, architecture="x86")
    lines = caught.value.message.splitlines()
    assert lines[0].startswith("Version spec 3.5 for architecture x86 did not match any Python version")
    assert lines[1].startswith("Versions on this machine: 3.11.7 (")
    assert "3.9.1 (" in lines[1]
    assert lines[2].startswith("Versions uv may install: ")
    assert "3.12." in lines[2]
    assert "allow Drivetrain to install Python" in caught.value.hint


def test_an_installation_without_network_says_so_and_lists_what_there_is(
    search: SearchPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(UnavailableError) as caught:
        resolve_interpreter("3.12", search, allow_install=True)
    assert "installing Python 3.12." in caught.value.message
    assert "Versions on this machine: 3.11.7" in caught.value.message
    assert "connect to the network" in caught.value.hint


def test_a_range_that_is_none_is_an_error_before_anything_is_looked_for(search: SearchPath) -> None:
    with pytest.raises(UserError, match="versionSpec 'newest' is not a version range"):
        resolve_interpreter("newest", search)


def test_uv_offers_several_versions_for_this_machine(tmp_path: Path) -> None:
    versions = {item.version.rpartition(".")[0] for item in installable_versions(tmp_path)}
    assert {"3.11", "3.12", "3.13"} <= versions
