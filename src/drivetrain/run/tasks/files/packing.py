"""Archives written: zip and tar, with the words of the programs of that name. An archive is there when it is whole."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHUNK = 1 << 20
_SUFFIXES = {"gz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}


class Archive(NamedTuple):
    """What is to be archived, and where."""

    target: str
    folder: str
    """Names in the archive count from here."""
    names: list[str]
    say: Callable[[str], None]
    go_on: Callable[[], None]
    """Asked often; raises when the step has to end."""
    verbosity: int

    @contextmanager
    def new(self) -> Iterator[str]:
        """A file beside the target that takes its place at the end, and goes if that never comes."""
        path = f"{self.target}.{os.urandom(4).hex()}.new"
        try:
            yield path
            os.replace(path, self.target)  # noqa: PTH105
        finally:
            Path(path).unlink(missing_ok=True)

    def found(self, *, follow: bool) -> Iterator[tuple[str, str]]:
        """Every file and folder: its path, and its name in the archive; parents first."""
        own = os.path.realpath(self.target)
        for name in self.names:
            for path, within in _walk(f"{self.folder.rstrip('/')}/{name}", name, frozenset(), follow=follow):
                self.go_on()
                if os.path.realpath(path) != own:
                    yield path, within


def _walk(path: str, name: str, above: frozenset[str], *, follow: bool) -> Iterator[tuple[str, str]]:
    yield path, name
    if not os.path.isdir(path) or (os.path.islink(path) and not follow):  # noqa: PTH112, PTH114
        return
    real = os.path.realpath(path)
    if real in above:  # links in a circle
        return
    for child in sorted(os.listdir(path), key=os.fsencode):  # noqa: PTH208 - names as they are
        yield from _walk(f"{path}/{child}", f"{name}/{child}", above | {real}, follow=follow)


def pack_zip(archive: Archive) -> None:
    """Write a zip. Links are followed, as `zip -r` does. What an existing archive has of the same name is replaced."""
    entries = list(archive.found(follow=True))
    with archive.new() as path, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as new:
        if Path(archive.target).exists():
            _take_over(archive, new, {name for _, name in entries})
        for file, name in entries:
            _add_to_zip(archive, new, file, name)


def _take_over(archive: Archive, new: zipfile.ZipFile, replaced: set[str]) -> None:
    try:
        old = zipfile.ZipFile(archive.target)
    except zipfile.BadZipFile as error:
        raise UserError(f"{archive.target} is not a zip archive ({error})", hint="let it be replaced") from error
    with old:
        for info in old.infolist():
            archive.go_on()
            if info.filename.rstrip("/") not in replaced:
                with old.open(info) as source, new.open(info, "w") as target:
                    shutil.copyfileobj(source, target, _CHUNK)


def _add_to_zip(archive: Archive, new: zipfile.ZipFile, file: str, name: str) -> None:
    if not os.path.exists(file):  # noqa: PTH110 - asked for often
        archive.say(f"\tzip warning: could not open for reading: {name}")
        return
    if not stat.S_ISREG(mode := os.stat(file).st_mode) and not stat.S_ISDIR(mode):  # noqa: PTH116
        archive.say(f"\tzip warning: ignoring special file: {name}")
        return
    readable = os.fsencode(name).decode("utf-8", "replace")  # a zip has no other names
    info = zipfile.ZipInfo.from_file(file, readable, strict_timestamps=False)
    if info.is_dir():
        new.writestr(info, b"")
        how = "stored 0%"
    else:
        info.compress_type = zipfile.ZIP_DEFLATED
        with open(file, "rb") as source, new.open(info, "w") as target:  # noqa: PTH123 - asked for often
            while data := source.read(_CHUNK):
                archive.go_on()
                target.write(data)
        saved = round(100 - 100 * info.compress_size / info.file_size) if info.file_size else 0
        how = f"deflated {max(0, saved)}%"
    if archive.verbosity:
        archive.say(f"  adding: {info.filename} ({how})")


def pack_tar(archive: Archive, compression: str) -> None:
    """Write a tar, `gz`, `bz2`, `xz` or `none`. Links stay links. An existing one is added to if it is not compressed.

    Raises UserError when it is, as tar refuses that.
    """
    entries = list(archive.found(follow=False))
    exists = Path(archive.target).exists()
    if exists and compression != "none":
        raise UserError(
            f"Archive creation failed for archive file: {archive.target}: Cannot update compressed archives",
            hint="let it be replaced (replaceExistingArchive: true), or use tarCompression: none",
        )
    with archive.new() as path:
        if exists:
            shutil.copyfile(archive.target, path)
        try:
            new = tarfile.open(path, "a" if exists else _SUFFIXES.get(compression, "w"))  # type: ignore[call-overload]  # noqa: SIM115
        except tarfile.TarError as error:
            raise UserError(f"{archive.target} is not a tar archive ({error})", hint="let it be replaced") from error
        with new:
            for file, name in entries:
                if archive.verbosity > 1:
                    archive.say(name + "/" * (os.path.isdir(file) and not os.path.islink(file)))  # noqa: PTH112, PTH114
                _add_to_tar(archive, new, file, name)


def _add_to_tar(archive: Archive, new: tarfile.TarFile, file: str, name: str) -> None:
    info = new.gettarinfo(file, name)
    if info is None:
        archive.say(f"tar: {name}: socket ignored")
    elif info.isreg():
        with open(file, "rb") as source:  # noqa: PTH123 - asked for often
            new.addfile(info, _Watched(source, archive))  # type: ignore[arg-type]
    else:
        new.addfile(info)


class _Watched:
    """A file that is read only as long as the step may go on."""

    def __init__(self, file: object, archive: Archive) -> None:
        self._read = file.read  # type: ignore[attr-defined]
        self._archive = archive

    def read(self, size: int) -> bytes:
        self._archive.go_on()
        return bytes(self._read(size))
