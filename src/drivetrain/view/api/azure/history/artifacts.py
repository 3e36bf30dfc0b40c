"""The files of a run: they are MLflow's artifacts, so every client sees the same ones."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.record.blobs.artifacts import artifact_name
from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.edge import Edge

_LONGEST, _LONGEST_PART = 1024, 255
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class Files:
    """What lies below one name in the container of artifacts, and links to it. Blocks."""

    def __init__(self, edge: Edge, workspace: Workspace, prefix: str, root: Path) -> None:
        """`prefix` is that name (`ExperimentRun/dcid.RUN`), `root` the folder that it means."""
        self._edge = edge
        self._workspace = workspace
        self._prefix = prefix
        self.root = root

    def names(self, prefix: str = "") -> list[str]:
        """The names of all files that begin so, in order."""
        return sorted(name for name in _below(self.root, "") if name.startswith(prefix))

    def path(self, name: str) -> Path:
        """Where a file of this name is, or would be. Raises UserError for a name that no file can have."""
        return self.root.joinpath(*artifact_parts(name))

    def there(self, name: str) -> Path:
        """The file of this name. Raises NotFoundError."""
        path = self.path(name)
        if not path.is_file() or not _inside(path, self.root):
            raise NotFoundError(f"there is no file '{name}' in {self._prefix}")
        return path

    def write(self, path: Path, content: bytes, *, append: bool = False) -> None:
        """Write a file of the run, or more of it. Raises UserError, ConflictError."""
        self._make_room(path)
        if append:
            with path.open("ab") as file:
                file.write(content)
            return
        new = path.with_name(f".{secrets.token_hex(8)}.new")
        new.write_bytes(content)
        new.replace(path)

    def _make_room(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise ConflictError("there is a file where this name needs a folder") from error
        if path.is_dir():
            raise ConflictError("there is a folder of this name")
        if not _inside(path, self.root):
            raise UserError("a link leads out of the files of this run")

    def read_link(self, name: str) -> str:
        """An address to read a file at, for a day."""
        return self._signed(name, "r")

    def write_link(self, name: str) -> str:
        """An address for azureml-core to write a file at, for a day: without escapes, for it escapes the name itself.
        Raises UserError.
        """
        artifact_parts(name)
        if {"?", "#"} & set(name):
            raise UserError(f"'{name[:200]}' has a '?' or a '#' in it, which this client cannot upload")
        self.root.mkdir(parents=True, exist_ok=True)
        return uploadable(self._signed(name, "rcw"))

    def _signed(self, name: str, permissions: str) -> str:
        blobs = self._edge.blobs
        container = blobs.artifacts(self._workspace)
        account = blobs.account_of(self._workspace)
        return blobs.sas(account, container, f"{self._prefix}/{name}", permissions=permissions)


def run_files(edge: Edge, workspace: Workspace, run: Mapping[str, Any]) -> Files:
    """The files of a run."""
    run_id, experiment = str(run["info"]["run_id"]), str(run["info"]["experiment_id"])
    root = edge.tracking.artifacts / experiment / run_id / "artifacts"
    return Files(edge, workspace, artifact_name(run_id, "").rstrip("/"), root)


def other_files(edge: Edge, workspace: Workspace, origin: str, container: str) -> Files:
    """What clients upload without a run, such as the files of a model. Raises UserError."""
    if not _PLAIN.fullmatch(origin) or not _PLAIN.fullmatch(container):
        raise UserError("the origin and the container of files are plain words")
    store = edge.blobs.path(edge.blobs.account_of(workspace), edge.blobs.artifacts(workspace))
    return Files(edge, workspace, f"{origin}/{container}", store / origin / container)


def uploadable(address: str) -> str:
    """The address of a blob in the form that azureml-core can upload to: it takes the host apart at its dots (account,
    the word `blob`, the rest), so the account as a user name in front of ours gives it three parts; and it escapes the
    path, so the path has no escapes yet. (`azureml/_file_utils/upload.py`) Clients of 2019 ask the account at Azure's
    own host, which leads here where somebody asked for it.
    """
    scheme, host, path, query, _ = urlsplit(address)
    account = path.removeprefix("/").partition("/")[0]
    return urlunsplit((scheme, f"{account}@{host}", unquote(path), query, ""))


def artifact_parts(name: str) -> tuple[str, ...]:
    """The parts of a file's name. Raises UserError for one that is empty, climbs, or that no file system keeps."""
    parts = tuple(name.replace("\\", "/").split("/"))
    bad = not name or len(name) > _LONGEST or any(ord(sign) < ord(" ") for sign in name)
    if bad or any(part in ("", ".", "..") or len(part.encode()) > _LONGEST_PART for part in parts):
        raise UserError(f"'{name[:200]}' is no name for a file of a run")
    return parts


def _below(folder: Path, prefix: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            yield prefix + entry.name


def _inside(path: Path, root: Path) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(root) + os.sep)
