"""Unpacks archives of strangers: nothing leaves the folder that it is unpacked into, nothing in it is a link, and
neither many nor large files fill the disk.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
from typing import TYPE_CHECKING

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

MOST_FILES = 100_000
MOST_BYTES = 2 << 30
_EXECUTABLE = 0o111


def unpack(archive: Path, target: Path) -> None:
    """Unpack a .zip or .vsix into an empty folder. Raises UserError for one that is not, or not to be trusted."""
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            _refuse_large(archive, len(entries), sum(entry.file_size for entry in entries))
            for entry in entries:
                _unpack_entry(archive, opened, entry, target)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise UserError(f"{archive} is refused: it has two entries for one place") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise UserError(f"{archive} cannot be unpacked: {error}", hint="give a folder, a .zip or a .vsix") from error


def _unpack_entry(archive: Path, opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    name = entry.filename.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    mode = entry.external_attr >> 16
    if name.startswith("/") or ".." in parts or "\0" in name or (parts and ":" in parts[0]):
        raise UserError(f"{archive} is refused: its entry {name[:200]!r} leaves the folder")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UserError(f"{archive} is refused: its entry {name[:200]!r} is a link or a device")
    path = target.joinpath(*parts)
    if entry.is_dir() or not parts:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as source, path.open("xb") as sink:
        shutil.copyfileobj(source, sink)  # ZipFile gives no more than the size that was added up before.
    path.chmod(0o755 if mode & _EXECUTABLE else 0o644)


def _refuse_large(archive: Path, files: int, size: int) -> None:
    if files > MOST_FILES or size > MOST_BYTES:
        raise UserError(
            f"{archive} is refused: {files} files, {size} bytes; a task has at most {MOST_FILES} and {MOST_BYTES}"
        )
