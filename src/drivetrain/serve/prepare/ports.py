"""What preparing asks of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.serve.model import EnvironmentSpec

    Say = Callable[[str], None]


class Environments(Protocol):
    """Builds Python environments and keeps them: the same specification is the same environment, at once (contract:
    tests/contracts/test_serving_environments.py).
    """

    def __call__(self, spec: EnvironmentSpec, extra: tuple[str, ...], say: Say) -> Path:
        """The interpreter of an environment with what `spec` says and with the lines of `extra`. Raises UserError when
        it cannot be had as it is said, UnavailableError when the machine or the network is at fault.
        """
        ...


class ModelFiles(Protocol):
    """Finds the files of a registered model."""

    def __call__(self, reference: str) -> Path:
        """A folder, for reading only, of NAME:VERSION. Raises NotFoundError, CorruptError."""
        ...
