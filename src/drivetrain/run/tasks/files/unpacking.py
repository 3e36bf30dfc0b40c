"""Archives of strangers taken apart: nothing is written before all of an archive was found to stay in its folder.

Refused are names that are absolute or climb out, links that lead out, files behind a link, devices, and what would
fill the disk. https://cwe.mitre.org/data/definitions/22.html , https://cwe.mitre.org/data/definitions/409.html
"""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol

from msgspec import Struct

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_ENTRIES = 1_000_000
FREE_BYTES = 1 << 30
"""So much may come out of an archive of any size; beyond it, at most `MOST_TIMES` its size."""
MOST_TIMES = 1000
_CHUNK = 1 << 20


class Entry(Struct, frozen=True):
    """One thing in an archive."""

    name: str
    """As it is written there."""
    kind: str
    """`file`, `folder`, `link`, `hardlink` or `other`."""
    mode: int = 0o644
    size: int = 0
    leads_to: str = ""
    mtime: float | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The names on the way to it, below the folder that is extracted to."""
        return tuple(part for part in self.name.split("/") if part not in ("", "."))


class Source(Protocol):
    """An opened archive."""

    def entries(self) -> Iterator[Entry]:
        """Everything in it, in order."""
        ...

    def contents(self) -> Iterator[tuple[Entry, IO[bytes] | None]]:
        """Everything in it with what files hold."""
        ...


class Target(NamedTuple):
    """Where to, and how."""

    folder: str
    overwrite: bool
    say: Callable[[Entry], None]
    """Hears of each entry before it is written."""
    exists: Callable[[Entry], None]
    """Hears of each that is not written, because there is a file already."""
    go_on: Callable[[], None]
    """Asked often; raises when the step has to end."""
    links_lead_anywhere: bool = False
    """For archives of ours: links may lead out. Nothing is ever written through one."""


def unpack(path: str, source: Source, target: Target) -> None:
    """Check an archive, then extract it. Raises UserError naming the entry that is refused; nothing is written then."""
    _check(path, source.entries(), target)
    written = _Written(target)
    for entry, content in source.contents():
        target.go_on()
        written.put(entry, content)
    written.finish()


def _check(path: str, entries: Iterable[Entry], target: Target) -> None:
    most = max(FREE_BYTES, MOST_TIMES * os.stat(path).st_size)  # noqa: PTH116
    links: set[tuple[str, ...]] = set()
    files: set[tuple[str, ...]] = set()
    total = 0
    for number, entry in enumerate(entries, 1):
        target.go_on()
        total += entry.size
        if number > MOST_ENTRIES:
            raise _refused(path, f"it has more than {MOST_ENTRIES} entries")
        if total > most:
            raise _refused(path, f"more than {most >> 20} MB would come out of it, {MOST_TIMES} times its own size")
        if reason := _reason(entry, links, files, anywhere=target.links_lead_anywhere):
            raise _refused(path, f"{reason}: {shown(entry.name)}")
        if entry.kind == "link":
            links.add(entry.parts)
        elif entry.kind in ("file", "hardlink"):
            files.add(entry.parts)


def _refused(path: str, why: str) -> UserError:
    return UserError(
        f"Extraction refused for file: {path} because {why}. Nothing was extracted.",
        hint="such an archive can overwrite files anywhere or fill the disk; ask whoever made it",
    )


def shown(name: str) -> str:
    """A name for a message, its line breaks and escapes visible."""
    return name if name.isprintable() else repr(name)


def _reason(entry: Entry, links: set[tuple[str, ...]], files: set[tuple[str, ...]], *, anywhere: bool) -> str:
    """Why an entry is refused; empty when it is not."""
    parts = entry.parts
    if entry.name.startswith("/"):
        return "a name in it is absolute"
    if ".." in parts or "\0" in entry.name:
        return "a name in it climbs out of the folder"
    if any(parts[:depth] in links for depth in range(1, len(parts) + 1)):
        return "a name in it goes through a link of the archive"
    if entry.kind == "link" and not (anywhere or _stays(parts, entry.leads_to)):
        return "a link in it leads out of the folder"
    if entry.kind == "hardlink" and Entry(entry.leads_to, "file").parts not in files:
        return "a hard link in it leads to no file of the archive"
    return "it has a device or another special file" if entry.kind == "other" else ""


def _stays(parts: tuple[str, ...], leads_to: str) -> bool:
    """Whether a link stays in the folder. `..` only counts at the beginning: behind a name, that could be a link."""
    if not leads_to or leads_to.startswith("/") or "\0" in leads_to:
        return False
    steps = [step for step in leads_to.split("/") if step not in ("", ".")]
    ups = next((at for at, step in enumerate(steps) if step != ".."), len(steps))
    return ups <= len(parts) - 1 and ".." not in steps[ups:]


class _Written:
    """What has been extracted so far."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.folders: dict[str, Entry] = {}
        self.made: set[str] = set()

    def put(self, entry: Entry, content: IO[bytes] | None) -> None:
        path = os.path.join(self.target.folder, *entry.parts)  # noqa: PTH118 - asked for often
        if entry.kind == "folder":
            self.make(path)
            self.folders[path] = entry
            self.target.say(entry)
            return
        self.make(os.path.dirname(path))  # noqa: PTH120 - asked for often
        if os.path.lexists(path):
            if not self.target.overwrite:
                self.target.exists(entry)
                return
            _clear(path)
        self.target.say(entry)
        if entry.kind == "link":
            os.symlink(entry.leads_to, path)  # noqa: PTH211
        elif entry.kind == "hardlink":
            linked = os.path.join(self.target.folder, *Entry(entry.leads_to, "file").parts)  # noqa: PTH118
            os.link(linked, path, follow_symlinks=False)
        elif content is not None:
            self.write(path, entry, content)

    def make(self, folder: str) -> None:
        """Make a folder and those above it, none of which may be a link."""
        if folder in self.made:
            return
        below = os.path.relpath(folder, self.target.folder)
        at = self.target.folder
        for part in below.split("/") if below != "." else []:
            at = f"{at}/{part}"
            if os.path.islink(at):  # noqa: PTH114 - asked for often
                raise UserError(
                    f"Extraction failed: {shown(at)} is a link, and would lead out of the destination folder",
                    hint="remove it, or extract into an empty folder (cleanDestinationFolder: true)",
                )
            if not os.path.isdir(at):  # noqa: PTH112
                os.mkdir(at)  # noqa: PTH102
        self.made.add(folder)

    def write(self, path: str, entry: Entry, content: IO[bytes]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        left = entry.size
        with open(os.open(path, flags, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
            while data := content.read(_CHUNK):
                self.target.go_on()
                left -= len(data)
                if left < 0:
                    raise UserError(f"{shown(entry.name)} is larger than the archive says", hint="it is damaged")
                file.write(data)
            os.fchmod(file.fileno(), (entry.mode & 0o777) | 0o600)
        _set_time(path, entry)

    def finish(self) -> None:
        """Give the folders their modes and times, the deepest first."""
        for path, entry in sorted(self.folders.items(), key=lambda item: len(item[0]), reverse=True):
            os.chmod(path, (entry.mode & 0o777) | 0o700)  # noqa: PTH101
            _set_time(path, entry)


def _set_time(path: str, entry: Entry) -> None:
    if entry.mtime is not None:
        os.utime(path, (entry.mtime, entry.mtime))


def _clear(path: str) -> None:
    if stat.S_ISDIR(os.lstat(path).st_mode):
        raise UserError(f"Extraction failed: there is a folder where a file is to go: {shown(path)}")
    os.unlink(path)  # noqa: PTH108


class TarSource:
    """A tar, compressed or not."""

    def __init__(self, path: str) -> None:
        self.path = path

    def entries(self) -> Iterator[Entry]:
        """See Source."""
        with self._open() as archive:
            for info in archive:
                yield _tar_entry(info)

    def contents(self) -> Iterator[tuple[Entry, IO[bytes] | None]]:
        """See Source."""
        with self._open() as archive:
            for info in archive:
                yield _tar_entry(info), archive.extractfile(info) if info.isreg() else None

    def _open(self) -> tarfile.TarFile:
        return tarfile.open(self.path, "r:*", errorlevel=2)


def _tar_entry(info: tarfile.TarInfo) -> Entry:
    kinds = {"file": info.isreg(), "folder": info.isdir(), "link": info.issym(), "hardlink": info.islnk()}
    kind = next((name for name, is_it in kinds.items() if is_it), "other")
    return Entry(info.name, kind, info.mode, info.size if info.isreg() else 0, info.linkname, float(info.mtime))


class FolderSource:
    """What another program has taken out of an archive, in a folder of ours."""

    def __init__(self, path: str) -> None:
        self.path = path

    def entries(self) -> Iterator[Entry]:
        """See Source."""
        for folder, folders, files in os.walk(self.path):
            for name in sorted(folders + files, key=os.fsencode):
                path = f"{folder}/{name}"
                found = os.lstat(path)
                kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
                kind = kinds.get(stat.S_IFMT(found.st_mode), "other")
                leads_to = os.readlink(path) if kind == "link" else ""  # noqa: PTH115
                size = found.st_size if kind == "file" else 0
                yield Entry(path[len(self.path) + 1 :], kind, found.st_mode, size, leads_to, found.st_mtime)

    def contents(self) -> Iterator[tuple[Entry, IO[bytes] | None]]:
        """See Source."""
        for entry in self.entries():
            if entry.kind != "file":
                yield entry, None
            else:
                with open(f"{self.path}/{entry.name}", "rb") as content:  # noqa: PTH123
                    yield entry, content


class ZipSource:
    """A zip, or one of its kind: jar, war, ear."""

    def __init__(self, path: str) -> None:
        self.path = path

    def entries(self) -> Iterator[Entry]:
        """See Source."""
        with zipfile.ZipFile(self.path) as archive:
            for info in archive.infolist():
                yield self._entry(archive, info)

    def contents(self) -> Iterator[tuple[Entry, IO[bytes] | None]]:
        """See Source."""
        with zipfile.ZipFile(self.path) as archive:
            for info in archive.infolist():
                entry = self._entry(archive, info)
                if entry.kind != "file":
                    yield entry, None
                else:
                    with archive.open(info) as content:
                        yield entry, content

    @staticmethod
    def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
        mode = info.external_attr >> 16
        if info.is_dir():
            return Entry(info.filename, "folder", mode & 0o777 or 0o755)
        if stat.S_ISLNK(mode):
            with archive.open(info) as link:
                target = link.read(4097)
            return Entry(info.filename, "link", leads_to=os.fsdecode(target) if len(target) <= 4096 else "/")  # noqa: PLR2004
        kind = "file" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "other"
        return Entry(info.filename, kind, mode & 0o777 or 0o644, info.file_size)


ZIPS = (".zip", ".jar", ".war", ".ear")
TARS = (".tar", ".tar.gz", ".tgz", ".taz", ".tar.bz2", ".tz2", ".tbz2", ".tbz", ".tar.lzma", ".tlz", ".tar.xz", ".txz")
UNREADABLE_TARS = (".tar.Z", ".taZ", ".tar.lz", ".tar.lzo")
"""Tars compressed in a way that Python cannot read."""
