"""What asks for models and their versions (contract: tests/contracts/test_models.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.registry.versions.model import ModelVersion, Promotion


class Models(Protocol):
    """The models of this home: MLflow's registry, and what we know besides. Any thread may call it."""

    def names(self) -> Sequence[str]:
        """Every registered model."""
        ...

    def versions(self, name: str) -> Sequence[ModelVersion]:
        """The versions of one model, the newest first. Raises NotFoundError."""
        ...

    def find(self, reference: str) -> ModelVersion:
        """NAME (the champion, else the newest), NAME:VERSION or NAME@ALIAS. Raises NotFoundError, whose hint names what
        there is.
        """
        ...

    def files(self, version: ModelVersion) -> Path:
        """A folder with its files, for reading only. Raises CorruptError when they are not those of its digest."""
        ...

    def set_alias(
        self, name: str, alias: str, version: str, *, by: str, run_id: int | None = None, reason: str = ""
    ) -> Promotion:
        """Give an alias to a version, or take it away (version ''). It is an event that may start pipelines. Raises
        NotFoundError, UserError.
        """
        ...

    def promotions(self, name: str = "", *, limit: int = 200) -> Sequence[Promotion]:
        """What has had which alias, the newest first."""
        ...
