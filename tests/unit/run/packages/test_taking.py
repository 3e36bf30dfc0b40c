"""Tasks are taken out of folders and archives; nothing of them is run, and what is not to be trusted is refused."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.errors import ConflictError, CorruptError, NotFoundError, UserError
from drivetrain.run.packages import archive, copying
from drivetrain.run.packages.shelf import Shelf, newest
from drivetrain.run.packages.taking import add, look_again

if TYPE_CHECKING:
    from pathlib import Path

GUID = "7c0b1a52-5e0f-4e3b-9c56-9f0a6b1b6f{:02}"


def task_json(name: str = "Own", version: str = "1.2.3", number: int = 1, **more: Any) -> str:
    major, minor, patch = version.split(".")
    version_of = {"Major": major, "Minor": minor, "Patch": patch}
    execution = {"Node": {"target": "run.js"}}
    return json.dumps({"id": GUID.format(number), "name": name, "version": version_of, "execution": execution, **more})


def make_task(folder: Path, *args: Any, script: str = "", **more: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "task.json").write_text(task_json(*args, **more))
    (folder / "run.js").write_text(script)
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "home" / "tasks")


def names(shelf: Shelf) -> list[str]:
    return [f"{each.name}@{each.version_text}" for each in shelf.packages()]


def zipped(path: Path, entries: dict[str, str], modes: dict[str, int] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, text in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (modes or {}).get(name, stat.S_IFREG | 0o644) << 16
            made.writestr(entry, text)
    return path


def test_the_folder_of_a_task_is_copied_and_later_changes_do_not_reach_the_copy(shelf: Shelf, tmp_path: Path) -> None:
    folder = make_task(tmp_path / "OwnV1", script="first")
    (package,) = add(shelf, folder).packages
    (folder / "run.js").write_text("second")
    assert (shelf.folder(package) / "run.js").read_text() == "first"
    assert package.source == str(folder)


def test_a_folder_of_tasks_gives_all_of_them_and_says_which_cannot_be_taken(shelf: Shelf, tmp_path: Path) -> None:
    make_task(tmp_path / "Tasks" / "A" / "AV1", "A", number=1)
    make_task(tmp_path / "Tasks" / "B", "B", number=2)
    make_task(tmp_path / "Tasks" / "C", "C", number=3, execution={"PowerShell": {"target": "x.ps1"}})
    make_task(tmp_path / "Tasks" / "node_modules" / "D", "D", number=4)
    taken = add(shelf, tmp_path / "Tasks")
    assert names(shelf) == ["A@1.2.3", "B@1.2.3"]
    assert [problem.split(": ", 1)[1] for problem in taken.left_out] == [
        "task C has no handler that runs on this system: it has PowerShell"
    ]


def test_versions_stand_side_by_side_and_the_newest_of_a_major_version_is_meant(shelf: Shelf, tmp_path: Path) -> None:
    for place, version in enumerate(["1.9.0", "1.10.0", "2.0.0"]):
        add(shelf, make_task(tmp_path / str(place), "Own", version))
    packages = shelf.packages()
    meant = {
        word: newest(packages, word) for word in ("own@1", "Own@1.9.0", "Own@2", f"{GUID.format(1)}@1", "Own@3", "Own")
    }
    assert {word: found and found.version_text for word, found in meant.items()} == {
        "own@1": "1.10.0",
        "Own@1.9.0": "1.9.0",
        "Own@2": "2.0.0",
        f"{GUID.format(1)}@1": "1.10.0",
        "Own@3": None,
        "Own": None,
    }


def test_the_same_version_again_takes_the_place_of_the_one_before(shelf: Shelf, tmp_path: Path) -> None:
    folder = make_task(tmp_path / "OwnV1", script="first")
    (before,) = add(shelf, folder).packages
    (folder / "run.js").write_text("second")
    (after,) = add(shelf, folder).packages
    assert names(shelf) == ["Own@1.2.3"]
    assert (shelf.folder(after) / "run.js").read_text() == "second"
    assert not shelf.folder(before).exists()


def test_two_tasks_of_one_name_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    add(shelf, make_task(tmp_path / "a", "Own", number=1))
    with pytest.raises(ConflictError, match="there is another task called Own"):
        add(shelf, make_task(tmp_path / "b", "own", "5.0.0", number=2))
    assert names(shelf) == ["Own@1.2.3"]


def test_a_zip_of_a_task_is_taken_with_its_programs(shelf: Shelf, tmp_path: Path) -> None:
    entries = {"task.json": task_json(), "run.js": "", "bin/tool": "#!/bin/sh"}
    place = zipped(tmp_path / "own.zip", entries, {"bin/tool": stat.S_IFREG | 0o755})
    (package,) = add(shelf, place).packages
    assert (shelf.folder(package) / "bin" / "tool").stat().st_mode & 0o111
    assert not (shelf.folder(package) / "run.js").stat().st_mode & 0o111
    assert package.source == str(place)


def test_an_extension_gives_its_tasks_by_their_full_names_too(shelf: Shelf, tmp_path: Path) -> None:
    manifest = {
        "contributions": [
            {"id": "own-task", "type": "ms.vss-distributed-task.task", "properties": {"name": "tasks/own"}},
            {"id": "hub", "type": "ms.vss-web.hub", "properties": {"name": "elsewhere"}},
        ]
    }
    identity = '<PackageManifest><Metadata><Identity Language="en-US" Id="tools" Version="1.0.0" Publisher="ada" />'
    entries = {
        "extension.vsomanifest": json.dumps(manifest),
        "extension.vsixmanifest": identity,
        "tasks/own/OwnV1/task.json": task_json(),
        "tasks/own/OwnV1/run.js": "",
        "elsewhere/task.json": task_json("Other", number=2),
        "elsewhere/run.js": "",
    }
    add(shelf, zipped(tmp_path / "tools.vsix", entries))
    assert names(shelf) == ["Own@1.2.3"]
    assert newest(shelf.packages(), "ada.tools.own-task.Own@1") is not None


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/tmp/evil", "..\\evil", "C:/evil"])
def test_an_archive_that_climbs_out_is_refused(shelf: Shelf, tmp_path: Path, name: str) -> None:
    place = zipped(tmp_path / "evil.zip", {"task.json": task_json(), "run.js": "", name: "evil"})
    with pytest.raises(UserError, match="leaves the folder"):
        add(shelf, place)
    assert names(shelf) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_an_archive_with_a_link_or_a_device_is_refused(shelf: Shelf, tmp_path: Path, kind: int) -> None:
    entries = {"task.json": task_json(), "run.js": "/etc/passwd"}
    with pytest.raises(UserError, match="is a link or a device"):
        add(shelf, zipped(tmp_path / "evil.zip", entries, {"run.js": kind | 0o777}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_two_entries_for_one_place_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    place = tmp_path / "evil.zip"
    with zipfile.ZipFile(place, "w") as made:
        for text in ("first", "second"):
            made.writestr("run.js", text)
    with pytest.raises(UserError, match="two entries for one place"):
        add(shelf, place)


def test_an_archive_that_would_fill_the_disk_is_refused(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match="a task has at most"):
        add(shelf, zipped(tmp_path / "bomb.zip", {"task.json": task_json(), "run.js": " " * 10_000}))


def test_what_is_no_archive_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_text("no")
    (tmp_path / "no.tar").write_text("no")
    with pytest.raises(UserError, match="cannot be unpacked"):
        add(shelf, tmp_path / "no.zip")
    with pytest.raises(UserError, match=r"neither a folder nor a \.zip or \.vsix"):
        add(shelf, tmp_path / "no.tar")
    with pytest.raises(NotFoundError, match="there is no "):
        add(shelf, tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match=r"there is no task\.json in "):
        add(shelf, tmp_path / "empty")


def test_links_within_a_task_stay_and_others_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    folder = make_task(tmp_path / "OwnV1")
    (folder / "within").symlink_to("run.js")
    (package,) = add(shelf, folder).packages
    assert (shelf.folder(package) / "within").is_symlink()
    (folder / "out").symlink_to("../../secret")
    with pytest.raises(UserError, match="leads out of the task's folder"):
        add(shelf, folder)
    assert not list(shelf.root.glob(".new-*"))


def test_a_folder_that_is_too_large_is_refused(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MOST_FILES", 2)
    folder = make_task(tmp_path / "OwnV1")
    (folder / "third").touch()
    with pytest.raises(UserError, match="too large for a task"):
        add(shelf, folder)


def test_a_removed_task_is_gone_but_not_from_under_a_job_that_uses_it(shelf: Shelf, tmp_path: Path) -> None:
    (package,) = add(shelf, make_task(tmp_path / "OwnV1")).packages
    text = (
        "import sys; from pathlib import Path; from drivetrain.run.packages.shelf import Shelf\n"
        "shelf = Shelf(Path(sys.argv[1])); held = shelf.hold(shelf.packages()[0]); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", text, str(shelf.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "held\n"
        assert [each.name for each in shelf.remove("own@1")] == ["Own"]
        assert names(shelf) == []
        assert (shelf.folder(package) / "run.js").exists()
        job.communicate("\n")
    add(shelf, make_task(tmp_path / "other", "Other", number=2))
    assert not shelf.folder(package).exists()
    with pytest.raises(NotFoundError, match="has been removed"):
        shelf.hold(package)
    with pytest.raises(NotFoundError, match="there is no task package 'Own'"):
        shelf.remove("Own")


def test_a_task_whose_files_somebody_took_away_is_told_of(shelf: Shelf, tmp_path: Path) -> None:
    (package,) = add(shelf, make_task(tmp_path / "OwnV1")).packages
    shutil.rmtree(shelf.folder(package))
    with pytest.raises(NotFoundError, match=r"task Own@1\.2\.3 has been removed"):
        shelf.hold(package)


def test_tasks_that_are_added_at_once_are_all_there(shelf: Shelf, tmp_path: Path) -> None:
    text = (
        "import sys; from pathlib import Path; from drivetrain.run.packages.shelf import Shelf\n"
        "from drivetrain.run.packages.taking import add; add(Shelf(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    folders = [make_task(tmp_path / f"t{number}", f"T{number}", number=number) for number in range(5)]
    started = [subprocess.Popen([sys.executable, "-c", text, str(shelf.root), str(folder)]) for folder in folders]
    assert [process.wait(60) for process in started] == [0] * 5
    assert names(shelf) == [f"T{number}@1.2.3" for number in range(5)]


def test_what_a_killed_command_left_is_swept_away(shelf: Shelf, tmp_path: Path) -> None:
    (shelf.root / ".new-1" / "deep").mkdir(parents=True)
    add(shelf, make_task(tmp_path / "OwnV1"))
    assert not (shelf.root / ".new-1").exists()


def test_an_index_of_another_hand_is_told_of(shelf: Shelf) -> None:
    shelf.root.mkdir(parents=True)
    (shelf.root / "index.json").write_text("[]")
    with pytest.raises(CorruptError, match="cannot be read"):
        shelf.packages()
    (shelf.root / "index.json").write_text('{"version": 99}')
    with pytest.raises(CorruptError, match="newer Drivetrain"):
        shelf.packages()


def test_the_folder_of_the_settings_is_taken_again_only_when_it_has_changed(shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    make_task(folder / "OwnV1", script="first")
    assert look_again(shelf, folder) == []
    (first,) = shelf.packages()
    before = (shelf.root / "index.json").stat().st_mtime_ns
    assert look_again(shelf, folder) == []
    assert (shelf.root / "index.json").stat().st_mtime_ns == before
    (folder / "OwnV1" / "run.js").write_text("second one")
    (folder / "BrokenV1").mkdir()
    (folder / "BrokenV1" / "task.json").write_text("{")
    problems = look_again(shelf, folder)
    (second,) = shelf.packages()
    assert second.digest != first.digest
    assert [problem.partition(" is not JSON")[0] for problem in problems] == [f"{folder}/BrokenV1/task.json"]
