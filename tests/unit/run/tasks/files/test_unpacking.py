"""Archives of strangers: what stays in its folder comes out, anything else is refused before a byte is written."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.errors import UserError
from drivetrain.run.tasks.files import unpacking
from drivetrain.run.tasks.files.unpacking import FolderSource, Target, TarSource, ZipSource, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

Member = tuple[str, str, str]
"""Name, kind, and content or where it leads to."""
KINDS = {
    "file": tarfile.REGTYPE,
    "folder": tarfile.DIRTYPE,
    "link": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE,
    "device": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE,
}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "outer" / "target"
    folder.mkdir(parents=True)
    (tmp_path / "outer" / "secret").write_text("secret")
    return folder


def tar(path: Path, members: Sequence[Member], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, kind, text in members:
            info = tarfile.TarInfo(name)
            info.type = KINDS[kind]
            if kind == "file":
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text.encode()))
            else:
                info.linkname = text
                archive.addfile(info)
    return path


def zipped(path: Path, members: Sequence[Member]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, kind, text in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            types = {"link": stat.S_IFLNK, "device": stat.S_IFCHR, "file": stat.S_IFREG, "folder": stat.S_IFDIR}
            info.external_attr = (types[kind] | 0o750) << 16
            archive.writestr(info, text)
    return path


def extract(source: Path, folder: Path, *, overwrite: bool = False) -> list[str]:
    kept: list[str] = []
    opened = ZipSource(str(source)) if source.suffix == ".zip" else TarSource(str(source))
    unpack(
        str(source),
        opened,
        Target(str(folder), overwrite, lambda _: None, lambda entry: kept.append(entry.name), lambda: None),
    )
    return kept


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


HOSTILE: dict[str, list[Member]] = {
    "climbs": [("../escaped", "file", "x")],
    "climbs-in-the-middle": [("a/../../escaped", "file", "x")],
    "absolute": [("/tmp/escaped-by-a-test", "file", "x")],
    "link-out": [("a", "link", "..")],
    "link-absolute": [("a", "link", "/etc")],
    "link-climbs-deep": [("a/b/c", "link", "../../../secret")],
    "link-then-through-it": [("a", "link", "b"), ("b", "folder", ""), ("a/x", "file", "x")],
    "link-out-by-a-link": [("d/e/f/a", "link", "../../.."), ("c", "link", "d/e/f/a/../../../secret")],
    "device": [("dev", "device", "")],
}
TAR_ONLY: dict[str, list[Member]] = {
    "link-itself": [("./", "link", "..")],
    "hardlink-out": [("a", "hardlink", "../secret")],
    "hardlink-absolute": [("a", "hardlink", "/etc/passwd")],
    "hardlink-to-a-link": [("l", "link", "x"), ("a", "hardlink", "l")],
    "hardlink-later-than-its-use": [("a", "hardlink", "b"), ("b", "file", "x")],
    "fifo": [("pipe", "fifo", "")],
    "block": [("disk", "block", "")],
}


@pytest.mark.parametrize("members", [*HOSTILE.values(), *TAR_ONLY.values()], ids=[*HOSTILE, *TAR_ONLY])
def test_a_hostile_tar_is_refused_and_nothing_of_it_written(
    tmp_path: Path, target: Path, members: list[Member]
) -> None:
    source = tar(tmp_path / "a.tar", [("good", "file", "good"), *members])
    with pytest.raises(UserError, match=r"Extraction refused for file: .*Nothing was extracted\.$"):
        extract(source, target)
    assert everything(tmp_path / "outer") == ["secret", "target"]
    assert not Path("/tmp/escaped-by-a-test").exists()


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_zip_is_refused_and_nothing_of_it_written(
    tmp_path: Path, target: Path, members: list[Member]
) -> None:
    source = zipped(tmp_path / "a.zip", [("good", "file", "good"), *members])
    with pytest.raises(UserError, match=r"Extraction refused for file: .*Nothing was extracted\.$"):
        extract(source, target)
    assert everything(tmp_path / "outer") == ["secret", "target"]


GOOD: list[Member] = [
    ("a/", "folder", ""),
    ("a/one", "file", "1"),
    ("./b/c/two", "file", "22"),
    ("b/link", "link", "../a/one"),
    ("line\nbreak", "file", "3"),
    ("..names", "file", "4"),
]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_what_stays_in_its_folder_comes_out(tmp_path: Path, target: Path, kind: str) -> None:
    source = (zipped if kind == "zip" else tar)(tmp_path / f"x.{kind}", GOOD)
    assert extract(source, target) == []
    assert everything(target) == ["..names", "a", "a/one", "b", "b/c", "b/c/two", "b/link", "line\nbreak"]
    assert (target / "b/link").read_text() == "1"
    mode = 0o750 if kind == "zip" else 0o644
    assert (target / "a/one").stat().st_mode & 0o7777 == mode


def test_hard_links_modes_and_times_of_a_tar_are_kept_but_no_setuid(tmp_path: Path, target: Path) -> None:
    source = tmp_path / "a.tar"
    with tarfile.open(source, "w:xz") as archive:
        info = tarfile.TarInfo("a/x")
        info.mode, info.size, info.mtime = 0o4755, 1, 1_000_000_000
        archive.addfile(info, io.BytesIO(b"x"))
        link = tarfile.TarInfo("b")
        link.type, link.linkname = tarfile.LNKTYPE, "a/x"
        archive.addfile(link)
        folder = tarfile.TarInfo("a")
        folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o500, 1_000_000_000
        archive.addfile(folder)
    extract(source, target)
    assert (target / "a/x").stat().st_mode & 0o7777 == 0o755
    assert (target / "a/x").stat().st_ino == (target / "b").stat().st_ino
    assert (target / "a").stat().st_mtime == (target / "a/x").stat().st_mtime == 1_000_000_000
    assert (target / "a").stat().st_mode & 0o777 == 0o700


def test_existing_files_stay_unless_they_may_be_replaced_and_links_are_not_written_through(
    tmp_path: Path, target: Path
) -> None:
    source = tar(tmp_path / "a.tar", [("x", "file", "new"), ("y", "file", "new")])
    (target / "x").symlink_to("../secret")
    assert extract(source, target) == ["x"]
    extract(source, target, overwrite=True)
    assert (target / "x").read_text() == "new"
    assert not (target / "x").is_symlink()
    assert (tmp_path / "outer" / "secret").read_text() == "secret"


def test_nothing_is_written_through_a_link_that_was_there_before(tmp_path: Path, target: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (target / "d").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="is a link, and would lead out"):
        extract(tar(tmp_path / "a.tar", [("d/e/x", "file", "x")]), target)
    assert everything(tmp_path / "elsewhere") == []


def test_a_folder_does_not_give_way_to_a_file(tmp_path: Path, target: Path) -> None:
    (target / "x").mkdir()
    with pytest.raises(UserError, match="there is a folder where a file is to go"):
        extract(tar(tmp_path / "a.tar", [("x", "file", "x")]), target, overwrite=True)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_bomb_is_refused_by_its_size(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1000)
    monkeypatch.setattr(unpacking, "MOST_TIMES", 10)
    source = tmp_path / f"x.{kind}"
    members: list[Member] = [(str(number), "file", "0" * 100_000) for number in range(10)]
    if kind == "zip":
        zipped(source, members)
    else:
        tar(source, members, "w:gz")
    with pytest.raises(UserError, match="would come out of it, 10 times its own size"):
        extract(source, target)
    assert everything(target) == []


def test_a_bomb_is_refused_by_its_count(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", 10)
    with pytest.raises(UserError, match="more than 10 entries"):
        extract(tar(tmp_path / "a.tar", [(str(number), "file", "") for number in range(11)]), target)
    assert everything(target) == []


def test_a_folder_of_another_program_is_checked_in_the_same_way(tmp_path: Path, target: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "x").write_text("x")
    options = Target(str(target), True, lambda _: None, lambda _: None, lambda: None)
    unpack(str(folder), FolderSource(str(folder)), options)
    assert everything(target) == ["a", "a/x"]
    (folder / "out").symlink_to("../..")
    with pytest.raises(UserError, match="a link in it leads out"):
        unpack(str(folder), FolderSource(str(folder)), options)
    (folder / "out").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(UserError, match="a device or another special file"):
        unpack(str(folder), FolderSource(str(folder)), options)


def test_what_the_step_is_told_in_between_ends_it(tmp_path: Path, target: Path) -> None:
    def stop() -> Any:
        raise KeyboardInterrupt

    source = tar(tmp_path / "a.tar", [("x", "file", "x")])
    with pytest.raises(KeyboardInterrupt):
        unpack(str(source), TarSource(str(source)), Target(str(target), False, lambda _: None, lambda _: None, stop))
    assert everything(target) == []
