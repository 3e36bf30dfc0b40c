"""How a version is made again: what every way can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.registry.versions.digests import PREFIX, file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.run.model import Run
    from drivetrain.wire.local import Driver


class Started(Struct, frozen=True):
    """A run that makes a version again."""

    run: Run
    driver: Driver
    """Brings it to its end."""
    notes: tuple[str, ...] = ()
    """What could not be held as it was, in words."""


class Made(Struct, frozen=True):
    """What has come of it."""

    version: ModelVersion
    """Its `version` is empty for what nobody has registered."""
    folder: Path | None
    """Its files, as far as they are in this home."""


class Way(Protocol):
    """One way of making one version again."""

    @property
    def version(self) -> ModelVersion:
        """The version, with what was logged by that which is run again."""
        ...

    def start(self) -> Started:
        """Queue the run. Raises CannotError."""
        ...

    def unregistered(self, run: Run) -> Made | None:
        """What a run has made that it has not registered; None where that is not to be expected. Raises CannotError."""
        ...


def notes_of(version: ModelVersion) -> Iterator[str]:
    """What cannot be held as it was, whichever way."""
    if not version.packages:
        yield "its packages are not known: those count that are installed now"
    for each in version.data:
        path = Path(each.source.removeprefix("file://"))
        if each.digest.startswith(PREFIX) and path.is_absolute() and path.is_file():
            if file_digest(path) != each.digest:
                yield f"the data {each.name} has changed: {path} is not {each.digest}"
        elif each.digest:
            yield f"the data {each.name} is compared by what the training run says of it: {each.digest}"
