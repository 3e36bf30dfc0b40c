"""How a version is made again: what every way can do."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.registry.versions.digests import PREFIX, content_of, file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.run.model import Run
    from drivetrain.wire.local import Driver


NO_INPUTS: Mapping[str, Path] = MappingProxyType({})


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


def notes_of(version: ModelVersion, inputs: Mapping[str, Path] = NO_INPUTS) -> Iterator[str]:
    """What cannot be held as it was, whichever way. `inputs` says where the data of jobs lies, by its source."""
    if not version.packages:
        yield "its packages are not known: those count that are installed now"
    for each in version.data:
        path = inputs.get(each.source) or Path(each.source.removeprefix("file://"))
        now = _digest(path, whole=each.source in inputs) if each.digest.startswith(PREFIX) else ""
        if now and now != each.digest:
            yield f"the data {each.name} has changed: {path} is not {each.digest}"
        elif each.digest and not now:
            yield f"the data {each.name} is compared by what the training run says of it: {each.digest}"


def _digest(path: Path, *, whole: bool) -> str:
    """Of a file; of a job's input with the names of its files, as origins.py has it. Empty when it cannot be read."""
    try:
        if whole:
            return content_of(path).digest
        return file_digest(path) if path.is_absolute() and path.is_file() else ""
    except OSError:
        return ""
