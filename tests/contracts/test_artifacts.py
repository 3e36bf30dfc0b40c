"""What every ArtifactSink must do."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import NotFoundError, UserError
from drivetrain.record.artifacts import FolderArtifacts
from drivetrain.run.model import ArtifactLabel

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.ports import ArtifactSink


@pytest.fixture(params=["folder"])
def sink(tmp_path: Path) -> ArtifactSink:
    return FolderArtifacts(tmp_path / "artifacts" / "1")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.txt").write_text("12345")
    (folder / "deep" / "er" / "run.sh").write_bytes(b"\0\xff")
    (folder / "deep" / "er" / "run.sh").chmod(0o755)
    return folder


def test_a_folder_comes_back_as_it_was(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    assert sink.publish("model", source) == (2, 7)
    assert list(sink.names()) == ["model"]
    assert len(sink.download("model", tmp_path / "out")) == 2
    assert (tmp_path / "out/a.txt").read_text() == "12345"
    assert (tmp_path / "out/deep/er/run.sh").read_bytes() == b"\0\xff"
    assert os.access(tmp_path / "out/deep/er/run.sh", os.X_OK)


def test_a_file_is_an_artifact_with_one_file(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    assert sink.publish("one", source / "a.txt") == (1, 5)
    assert sink.download("one", tmp_path / "out") == ["a.txt"]
    assert (tmp_path / "out/a.txt").read_text() == "12345"


def test_patterns_choose_what_is_downloaded(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    sink.publish("model", source)
    assert sink.download("model", tmp_path / "out", ["**/*.sh"]) == ["deep/er/run.sh"]
    assert sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file()) == ["run.sh"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "a\\b", "/etc", ".hidden", "a\0b", "a\nb", "a:b", "x" * 300, " a", "a ", "a*", '"'],
)
def test_hostile_names_are_refused(sink: ArtifactSink, source: Path, name: str) -> None:
    with pytest.raises(UserError, match="is not a name for an artifact"):
        sink.publish(name, source)
    assert list(sink.names()) == []


@pytest.mark.parametrize("name", ["drop", "Model 2", "größe", "a.b-c_d", "$(x)", "'; rm -rf"])
def test_other_names_are_fine(sink: ArtifactSink, source: Path, name: str) -> None:
    sink.publish(name, source)
    assert list(sink.names()) == [name]


def test_a_name_is_taken_once(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    sink.publish("empty", tmp_path / "empty")
    with pytest.raises(UserError, match="Artifact empty already exists in this run"):
        sink.publish("empty", source)
    assert sink.download("empty", tmp_path / "out") == []


def test_of_many_publishers_at_once_one_wins(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    def publish(_: int) -> bool:
        try:
            sink.publish("same", source)
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(publish, range(16))) == 1
    assert len(sink.download("same", tmp_path / "out")) == 2


def test_what_is_missing_is_said(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Path does not exist"):
        sink.publish("x", tmp_path / "missing")
    with pytest.raises(NotFoundError) as caught:
        sink.download("x", tmp_path / "out")
    assert caught.value.hint == "nothing has been published yet"
    sink.publish("model", source)
    with pytest.raises(NotFoundError) as caught:
        sink.download("../model", tmp_path / "out")
    assert caught.value.hint == "there are: model"


def test_links_within_are_followed(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    (source / "link.txt").symlink_to("a.txt")
    (source / "folder").symlink_to("deep")
    assert sink.publish("model", source) == (4, 14)
    sink.download("model", tmp_path / "out")
    assert (tmp_path / "out/link.txt").read_text() == "12345"
    assert not (tmp_path / "out/link.txt").is_symlink()
    assert (tmp_path / "out/folder/er/run.sh").is_file()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/etc/passwd", "leads out"),
        ("../secret", "leads out"),
        ("nowhere", "leads nowhere"),
        ("..", "leads out"),
        (".", "leads back"),
    ],
)
def test_links_that_leave_are_refused_and_nothing_is_published(
    sink: ArtifactSink, source: Path, tmp_path: Path, target: str, message: str
) -> None:
    (tmp_path / "secret").write_text("secret")
    (source / "deep" / "link").symlink_to(target if target != ".." else "../..")
    if target == "../secret":
        (source / "deep" / "link").unlink()
        (source / "deep" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match=message):
        sink.publish("model", source)
    assert list(sink.names()) == []


def test_special_files_are_refused(sink: ArtifactSink, source: Path) -> None:
    os.mkfifo(source / "pipe")
    with pytest.raises(UserError, match="is not a file or folder"):
        sink.publish("model", source)
    assert list(sink.names()) == []


def test_a_download_does_not_follow_links_out_of_its_folder(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    sink.publish("model", source)
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "deep").symlink_to(elsewhere)
    with pytest.raises(UserError, match="is a link that leads out"):
        sink.download("model", out)
    assert list(elsewhere.iterdir()) == []
    (out / "deep").unlink()
    (elsewhere / "victim").write_text("untouched")
    (out / "a.txt").unlink()
    (out / "a.txt").symlink_to(elsewhere / "victim")
    sink.download("model", out)
    assert (elsewhere / "victim").read_text() == "untouched"
    assert (out / "a.txt").read_text() == "12345"


CONTAINER = ArtifactLabel("container")


def test_a_container_takes_what_is_published_later(sink: ArtifactSink, source: Path, tmp_path: Path) -> None:
    sink.publish("drop", source, CONTAINER)
    (source / "a.txt").write_text("new")
    (source / "b.txt").write_text("b")
    assert sink.publish("drop", source, CONTAINER) == (3, 6)
    sink.download("drop", tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "new"
    assert sink.sizes("drop") == {"a.txt": 3, "b.txt": 1, "deep/er/run.sh": 2}
    with pytest.raises(UserError, match="already exists"):
        sink.publish("drop", source)
    assert sink.label("drop").kind == "container"


def test_many_publish_into_one_container_at_once(sink: ArtifactSink, tmp_path: Path) -> None:
    def publish(number: int) -> None:
        folder = tmp_path / f"source{number}"
        folder.mkdir()
        (folder / f"{number}.txt").write_text(str(number))
        sink.publish("drop", folder, CONTAINER)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, range(16)))
    assert sink.sizes("drop") == {f"{number}.txt": len(str(number)) for number in range(16)}


def test_a_name_that_lies_elsewhere_is_taken(sink: ArtifactSink, source: Path) -> None:
    sink.associate("share", ArtifactLabel("filepath", location="//server"))
    assert list(sink.names()) == []
    with pytest.raises(UserError, match="already exists"):
        sink.publish("share", source)
    sink.publish("model", source)
    with pytest.raises(UserError, match="already exists"):
        sink.associate("model", ArtifactLabel("filepath", location="//server"))
    with pytest.raises(UserError, match="is not a name"):
        sink.associate("../x", ArtifactLabel("filepath", location="//server"))


@pytest.mark.parametrize("name", ["..", "../model", ".about", ".staging", "/etc", "model/deep", ""])
def test_only_names_of_artifacts_are_read(sink: ArtifactSink, source: Path, tmp_path: Path, name: str) -> None:
    sink.publish("model", source)
    for read in (lambda: sink.sizes(name), lambda: sink.download(name, tmp_path / "out")):
        with pytest.raises(NotFoundError):
            read()
    assert not (tmp_path / "out").exists()
