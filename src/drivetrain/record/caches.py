"""What the task Cache keeps between runs: one folder an entry, written once, used by whoever has its key and scope.

    cache/pipelines/<scope>/<key>/entry.json    what it is: scope and key in full, size, when it was made
                                  content       what the task wrote; its own affair
                                  used          touched at every use: the oldest goes first
    cache/pipelines/new-*/                      entries that are being written; of no use until they are whole

Folders are named by hashes, but what is served is found by comparing scope and key in full. An entry gets its place by
one rename, so that after a crash it is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from drivetrain.clock import timestamp
from drivetrain.run.caches.model import CacheEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from drivetrain.home import Home
    from drivetrain.run.caches.model import CacheKey, CacheScope

_ENTRY, _CONTENT, _USED, _NEW, _OLD = "entry.json", "content", "used", "new-", "old-"
_decoder = msgspec.json.Decoder(CacheEntry)


class KeptEntry(Struct, frozen=True):
    """An entry as the list of caches shows it."""

    path: str
    entry: CacheEntry
    used_at: str


class FolderCaches:
    """The entries of one home. Safe for any number of processes at a time."""

    def __init__(self, home: Home, limit: int = 0) -> None:
        """`limit`: bytes that all entries together may take; 0 = as many as they like."""
        self._root = home.cache / "pipelines"
        self._limit = limit

    def find(self, scopes: Sequence[CacheScope], keys: Sequence[CacheKey]) -> CacheEntry | None:
        """The entry for the first key that has one, the first scope first; of several that begin with a key, the
        newest.
        """
        for key in keys:
            for scope in scopes:
                found = [entry for entry in self._entries(scope, key) if key.fits(entry.segments)]
                if found:
                    return max(found, key=lambda entry: entry.created_at)
        return None

    def _entries(self, scope: CacheScope, key: CacheKey) -> Iterator[CacheEntry]:
        folder = self._root / _hash(scope)
        names = sorted(_listed(folder)) if key.prefix else [_hash(key.segments)]
        for name in names:
            entry = _read(folder / name)
            if entry is not None and entry.scope == scope:
                yield entry

    def use(self, entry: CacheEntry, does: Callable[[Path], None]) -> bool:
        """Let `does` read the content of an entry, which stays until it is done. False when the entry is gone."""
        folder = self._folder(entry.scope, entry.segments)
        try:
            with open(folder / _ENTRY, "rb") as held:  # noqa: PTH123 - held for its lock
                fcntl.flock(held, fcntl.LOCK_SH)
                if _read(folder) != entry:
                    return False
                (folder / _USED).touch()
                does(folder / _CONTENT)
        except FileNotFoundError:
            return False
        return True

    def has(self, scope: CacheScope, segments: Sequence[str]) -> bool:
        """Whether there is an entry: it will never change."""
        return (self._folder(scope, segments) / _ENTRY).exists()

    def save(self, scope: CacheScope, segments: Sequence[str], write: Callable[[Path], None]) -> bool:
        """Keep what `write` writes; False when somebody else has been quicker. Makes room for it afterwards."""
        with self._held() as new:
            write(new / _CONTENT)
            size = (new / _CONTENT).stat().st_size
            entry = CacheEntry(scope, tuple(segments), size, timestamp(datetime.now(UTC)))
            (new / _ENTRY).write_bytes(msgspec.json.encode(entry))
            (new / _USED).touch()
            saved = self._put(new, self._folder(scope, segments))
        self.prune()
        return saved

    @contextlib.contextmanager
    def _held(self) -> Iterator[Path]:
        """A new folder whose lock is held: what nobody holds is a dead job's, and `prune` takes it."""
        self._root.mkdir(parents=True, exist_ok=True)
        while True:
            new = self._root / f"{_NEW}{os.urandom(8).hex()}"
            new.mkdir(mode=0o700)
            try:
                with open(new / "lock", "wb") as lock:  # noqa: PTH123 - held for its lock
                    fcntl.flock(lock, fcntl.LOCK_SH)
                    if (new / "lock").exists():  # else another's `prune` came between the two lines above
                        yield new
                        return
            finally:
                shutil.rmtree(new, ignore_errors=True)

    def _put(self, new: Path, place: Path) -> bool:
        for file in (new / _CONTENT, new / _ENTRY):
            with open(file, "rb") as opened:  # noqa: PTH123
                os.fsync(opened.fileno())
        place.parent.mkdir(exist_ok=True)
        try:
            new.rename(place)
        except OSError:  # it is there already: a folder that is not empty gives way to nothing
            return False
        return True

    def _folder(self, scope: CacheScope, segments: Sequence[str]) -> Path:
        return self._root / _hash(scope) / _hash(tuple(segments))

    def all(self) -> list[KeptEntry]:
        """Every entry, the one used last first."""
        found = []
        for scope in _listed(self._root):
            if scope.startswith((_NEW, _OLD)):
                continue
            for name in _listed(self._root / scope):
                folder = self._root / scope / name
                entry = _read(folder)
                if entry is not None:
                    found.append(KeptEntry(str(folder), entry, _used(folder)))
        return sorted(found, key=lambda kept: kept.used_at, reverse=True)

    def prune(self, limit: int | None = None) -> list[KeptEntry]:
        """Remove what was not used for the longest time until the rest takes no more than the limit; what was removed.

        `limit`: bytes, instead of the home's own limit. Entries in use stay.
        """
        most = self._limit if limit is None else limit
        self._remove_left_overs()
        if most == 0 and limit is None:
            return []
        removed, total = [], 0
        for kept in self.all():
            total += kept.entry.size
            if total > most and self._remove(Path(kept.path)):
                removed.append(kept)
        return removed

    def _remove(self, folder: Path) -> bool:
        """Remove an entry, unless somebody reads it."""
        old = self._root / f"{_OLD}{os.urandom(8).hex()}"
        try:
            with open(folder / _ENTRY, "rb") as held:  # noqa: PTH123 - held for its lock
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                folder.rename(old)
        except (BlockingIOError, FileNotFoundError):
            return False
        shutil.rmtree(old, ignore_errors=True)
        return True

    def _remove_left_overs(self) -> None:
        """What jobs that were killed did not finish to write, and what was not finished to remove."""
        for name in _listed(self._root):
            folder = self._root / name
            if name.startswith(_OLD):
                shutil.rmtree(folder, ignore_errors=True)
            elif name.startswith(_NEW):
                with contextlib.suppress(OSError), open(folder / "lock", "rb") as lock:  # noqa: PTH123
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)


def _hash(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:32]


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are wanted
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read(folder: Path) -> CacheEntry | None:
    """What is known of an entry; None when there is none, or none that we wrote."""
    try:
        return _decoder.decode((folder / _ENTRY).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def _used(folder: Path) -> str:
    try:
        at = (folder / _USED).stat().st_mtime
    except OSError:
        at = 0.0
    return timestamp(datetime.fromtimestamp(at, UTC))
