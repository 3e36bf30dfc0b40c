from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.environments.conda import conda_variable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An installation whose `condabin` is on PATH, as `conda init` leaves it."""
    for folder in ("bin", "condabin"):
        program = tmp_path / "miniconda" / folder / "conda"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path / "miniconda"


def test_conda_on_path_is_named_as_on_hosted_machines(root: Path) -> None:
    assert conda_variable({"PATH": f"/nowhere:{root}/condabin"}) == {"CONDA": str(root)}
    assert conda_variable({"PATH": "/nowhere", "CONDA_EXE": f"{root}/bin/conda"}) == {"CONDA": str(root)}


def test_what_is_set_already_stays(root: Path) -> None:
    assert conda_variable({"PATH": f"{root}/bin", "CONDA": "/other"}) == {}


def test_without_conda_there_is_nothing(root: Path) -> None:
    assert conda_variable({"PATH": "/nowhere"}) == {}
    (root / "bin" / "conda").unlink()
    assert conda_variable({"PATH": f"{root}/condabin"}) == {}
