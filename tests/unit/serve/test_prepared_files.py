"""What is deployed is a copy: nothing that is done to the files that it was made from changes it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UnavailableError, UserError
from drivetrain.serve.prepare import files
from drivetrain.serve.prepare.files import kept
from drivetrain.serve.prepare.saved_model import read_saved_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.pkl").write_text("good")
    return folder


def test_a_file_that_is_written_over_afterwards_is_served_as_it_was(model: Path, tmp_path: Path) -> None:
    """As MLflow's artifact proxy does it when somebody uploads a file again."""
    copy = kept(model, tmp_path / "models")
    (tmp_path / "new").write_text("evil")
    shutil.copy2(tmp_path / "new", model / "model.pkl")
    assert (copy / "model.pkl").read_text() == "good"
    assert (kept(model, tmp_path / "models") / "model.pkl").read_text() == "evil"


def test_what_changes_while_it_is_copied_is_not_kept(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(source: Path, target: Path) -> None:
        target.write_text(f"{source.read_text()}, and more")

    monkeypatch.setattr(files, "_one", late)
    with pytest.raises(UnavailableError, match="has changed while it was copied"):
        kept(model, tmp_path / "models")
    assert not [path for path in (tmp_path / "models").rglob("*") if path.is_file()]


@pytest.mark.parametrize("text", ["a: !!bool x", "a: !!int ''", "a: !!timestamp x", "a: ["])
def test_a_hostile_mlmodel_is_told(model: Path, text: str) -> None:
    (model / "MLmodel").write_text(text)
    with pytest.raises(UserError, match="cannot be read"):
        read_saved_model(model)
