"""Copies of what is deployed, under the digest of their content: what is served does not change afterwards, whatever
happens to the files that it was deployed from.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_FILES = 100_000
_SHOWN = 24
_LEFT_OUT = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".amlignore"})


def kept(source: Path, root: Path) -> Path:
    """A copy of the folder (or of a single file, in a folder) at `root/DIGEST/NAME`, made unless it is there. Nothing
    is hard-linked: MLflow's artifact proxy writes into a file that is there, which would change what is served.

    Args:
        source: a folder, or a file.
        root: where copies are kept.

    Raises:
        UserError: it is not there, has too many files, or links to something else.
        UnavailableError: it cannot be read, changes meanwhile, or there is no room.
    """
    try:
        files = dict(_files(source))
        digest = _digest(files)
        target = root / digest[:_SHOWN] / _safe_name(source)
        if not target.is_dir():
            _copy(files, target, digest)
    except OSError as error:
        raise UnavailableError(
            f"{source} cannot be copied for serving: {error}", hint="see whether the disk is full"
        ) from error
    return target


def _digest(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in files.items():
        with path.open("rb") as file:
            digest.update(f"{hashlib.file_digest(file, 'sha256').hexdigest()} {name!a}\n".encode())
    return digest.hexdigest()


def _safe_name(source: Path) -> str:
    """The folder's own name, which scoring scripts know: `$AZUREML_MODEL_DIR/model`."""
    return source.resolve().name or "model"


def _files(source: Path) -> Iterator[tuple[str, Path]]:
    if source.is_file():
        yield source.name, source
        return
    if not source.is_dir():
        raise UserError(f"there is no folder {source}", hint="name a folder of this machine")
    count = 0
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(names):
            path = Path(folder, name)
            if not path.resolve().is_relative_to(source.resolve()) or not path.is_file():
                raise UserError(
                    f"{path} is no file of its own, but a link or a device", hint="put the file itself into the folder"
                )
            count += 1
            if count > _MOST_FILES:
                raise UserError(
                    f"{source} has more than {_MOST_FILES} files", hint="name the folder of the model alone"
                )
            yield path.relative_to(source).as_posix(), path
    if not count:
        raise UserError(f"the folder {source} is empty", hint="name the folder of the model")


def _copy(files: dict[str, Path], target: Path, digest: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-", ignore_cleanup_errors=True) as name:
        making = Path(name) / "it"
        for place, path in files.items():
            (making / place).parent.mkdir(parents=True, exist_ok=True)
            _one(path, making / place)
        if _digest({place: making / place for place in files}) != digest:
            raise UnavailableError(f"{target.name} has changed while it was copied", hint="try again")
        with contextlib.suppress(FileExistsError):
            making.rename(target)


def _one(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o555 if os.access(source, os.X_OK) else 0o444)
