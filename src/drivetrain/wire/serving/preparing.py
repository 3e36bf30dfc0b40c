"""Preparing, built: on the home's environments and registered models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.serve.prepare.preparation import Preparation
from drivetrain.wire.serving.environments import UvEnvironments

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.serve.ports import Prepare
    from drivetrain.wire.storage import Storage


def prepare_of(storage: Storage, *, allow_install: bool = True) -> Prepare:
    """The Prepare port of a home."""
    home = storage.home

    def files(reference: str) -> Path:
        return storage.models.files(storage.models.find(reference))

    environments = UvEnvironments(home.serving / "environments", home.root, allow_install)
    return Preparation(home.serving, environments, files)
