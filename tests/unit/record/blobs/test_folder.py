"""Blob storage in a folder: what is there is there as a whole, and nothing leads out of a container."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.record.blobs.artifacts import RunFolders, run_of
from drivetrain.record.blobs.conditions import Conditions
from drivetrain.record.blobs.folder import FolderBlobs
from drivetrain.record.blobs.listing import Question, list_blobs
from drivetrain.record.blobs.model import BlobRefusedError, BlobType, Properties, Refusal
from drivetrain.record.blobs.names import blob_parts, container_name
from drivetrain.record.blobs.places import Places
from drivetrain.record.blobs.staging import WEEK, forget_old

ACCOUNT, BOX = "account1", "box"


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    found = FolderBlobs(Places(tmp_path / "blobs"))
    found.make_container(ACCOUNT, BOX)
    return found


def put(blobs: FolderBlobs, name: str, content: bytes, **kept: object) -> None:
    incoming = blobs.receive(ACCOUNT)
    incoming.write(content)
    md5 = incoming.finish()
    blobs.put(ACCOUNT, BOX, name, incoming, Properties(content_md5=md5, **kept))  # type: ignore[arg-type]


def content(blobs: FolderBlobs, name: str) -> bytes:
    blob, descriptor = blobs.open(ACCOUNT, BOX, name)
    with os.fdopen(descriptor, "rb") as file:
        found = file.read()
    assert len(found) == blob.size
    return found


def refusal(call: object, *arguments: object) -> Refusal:
    with pytest.raises(BlobRefusedError) as error:
        call(*arguments)  # type: ignore[operator]
    return error.value.refusal


def names(blobs: FolderBlobs, **asked: object) -> tuple[list[str], list[str]]:
    page = list_blobs(blobs, ACCOUNT, BOX, Question(**asked))  # type: ignore[arg-type]
    return [blob.name for blob in page.blobs], list(page.prefixes)


def test_blobs_are_plain_files(blobs: FolderBlobs, tmp_path: Path) -> None:
    put(blobs, "a/b.txt", b"text", content_type="text/plain", metadata={"k": "v"})
    assert (tmp_path / "blobs" / ACCOUNT / BOX / "a" / "b.txt").read_bytes() == b"text"
    assert [each.name for each in (tmp_path / "blobs" / ACCOUNT / BOX).iterdir()] == ["a"]


def test_a_file_that_a_job_wrote_is_a_blob_without_properties(blobs: FolderBlobs, tmp_path: Path) -> None:
    put(blobs, "a.txt", b"old", content_type="text/plain", metadata={"k": "v"})
    before = blobs.head(ACCOUNT, BOX, "a.txt")
    (tmp_path / "blobs" / ACCOUNT / BOX / "a.txt").write_bytes(b"newer")
    after = blobs.head(ACCOUNT, BOX, "a.txt")
    assert (after.size, after.properties) == (5, Properties())
    assert after.etag != before.etag


def test_every_change_has_another_etag(blobs: FolderBlobs) -> None:
    seen = []
    for step in range(3):
        put(blobs, "a", b"same")
        seen.append(blobs.head(ACCOUNT, BOX, "a").etag)
        blobs.set_properties(ACCOUNT, BOX, "a", lambda _, step=step: Properties(metadata={"s": str(step)}))  # type: ignore[misc]
        seen.append(blobs.head(ACCOUNT, BOX, "a").etag)
    assert len(set(seen)) == 6


def test_sidecars_of_what_was_replaced_are_gone(blobs: FolderBlobs, tmp_path: Path) -> None:
    for step in range(5):
        put(blobs, "a", b"x" * step)
    blobs.set_properties(ACCOUNT, BOX, "a", lambda kept: kept)
    aside = tmp_path / "blobs" / ACCOUNT / ".drivetrain"
    assert len(list((aside / "properties" / BOX).rglob("*.json"))) == 2  # the blob's, and the container's
    assert list((aside / "incoming").iterdir()) == []
    blobs.delete(ACCOUNT, BOX, "a")
    assert len(list((aside / "properties" / BOX).rglob("*.json"))) == 1


def test_a_name_cannot_be_a_file_and_a_folder(blobs: FolderBlobs) -> None:
    put(blobs, "a/b", b"1")
    put(blobs, "c", b"1")
    assert refusal(put, blobs, "a", b"2") is Refusal.IS_FOLDER
    assert refusal(put, blobs, "c/d", b"2") is Refusal.IS_FOLDER
    assert content(blobs, "c") == b"1"


def test_a_mark_of_a_folder_gives_way_to_the_folder(blobs: FolderBlobs) -> None:
    put(blobs, "dir", b"", metadata={"hdi_isfolder": "true"})
    put(blobs, "dir/file", b"1")
    put(blobs, "dir", b"", metadata={"hdi_isfolder": "true"})
    assert names(blobs)[0] == ["dir/file"]


def test_folders_that_are_empty_after_a_deletion_are_gone(blobs: FolderBlobs, tmp_path: Path) -> None:
    put(blobs, "a/b/c", b"1")
    put(blobs, "a/d", b"1")
    blobs.delete(ACCOUNT, BOX, "a/b/c")
    assert [each.name for each in (tmp_path / "blobs" / ACCOUNT / BOX / "a").iterdir()] == ["d"]
    assert refusal(blobs.delete, ACCOUNT, BOX, "a/b/c") is Refusal.BLOB_NOT_FOUND


HOSTILE = ["", ".", "..", "../x", "a/../b", "a/./b", "a//b", "/a", "a/", "a\0b", "a\nb", "x" * 1025, "y" * 256 + "/a"]


@pytest.mark.parametrize("name", [*HOSTILE, "\ud800", "/".join("a" * 255)])
def test_hostile_names_are_refused(blobs: FolderBlobs, name: str) -> None:
    assert refusal(put, blobs, name, b"x") is Refusal.NAME


@pytest.mark.parametrize("name", ["ab", "A-box", "a--b", "-abc", "abc-", "a" * 64, "..", "a/b", "$root", ".drivetrain"])
def test_hostile_names_of_containers_are_refused(blobs: FolderBlobs, name: str) -> None:
    assert refusal(blobs.make_container, ACCOUNT, name) is Refusal.NAME


@given(st.text())
def test_every_name_stays_below_its_container_or_is_refused(name: str) -> None:
    try:
        parts = blob_parts(name)
    except BlobRefusedError:
        return
    root = Path("/box")
    assert os.path.normpath(root.joinpath(*parts)) == f"/box/{name}"


@given(st.text(alphabet="abcABC019-._$/", max_size=70))
def test_every_name_of_a_container_is_a_folders(name: str) -> None:
    try:
        container_name(name)
    except BlobRefusedError:
        return
    assert set(name) <= set("abc019-")
    assert 3 <= len(name) <= 63


def test_links_lead_nowhere(blobs: FolderBlobs, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("secret")
    box = tmp_path / "blobs" / ACCOUNT / BOX
    put(blobs, "real", b"1")
    (box / "out").symlink_to(secret)
    (box / "key").symlink_to(secret / "key")
    (box / "inside").symlink_to("real")
    assert refusal(blobs.open, ACCOUNT, BOX, "out/key") is Refusal.FORBIDDEN
    assert refusal(blobs.open, ACCOUNT, BOX, "key") is Refusal.FORBIDDEN
    assert refusal(put, blobs, "out/new", b"x") is Refusal.FORBIDDEN
    assert names(blobs)[0] == ["inside", "real"]
    assert content(blobs, "inside") == b"1"
    assert [each.name for each in secret.iterdir()] == ["key"]


def test_what_is_no_file_is_no_blob(blobs: FolderBlobs, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "blobs" / ACCOUNT / BOX / "pipe")
    assert refusal(blobs.open, ACCOUNT, BOX, "pipe") is Refusal.BLOB_NOT_FOUND
    assert names(blobs)[0] == []


@given(st.lists(st.text(alphabet="ab./-", min_size=1, max_size=6), max_size=12), st.text(alphabet="ab/", max_size=3))
def test_listings_are_in_order_and_complete(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[str], prefix: str
) -> None:
    blobs = FolderBlobs(Places(tmp_path_factory.mktemp("listing")))
    blobs.make_container(ACCOUNT, BOX)
    there = set()
    for name in wanted:
        try:
            put(blobs, name, b"1")
        except BlobRefusedError:
            continue
        there.add(name)
    expected = sorted(name for name in there if name.startswith(prefix))
    assert names(blobs, prefix=prefix)[0] == expected
    found, marker = [], ""
    while True:
        page = list_blobs(blobs, ACCOUNT, BOX, Question(prefix=prefix, marker=marker, limit=2))
        found += [blob.name for blob in page.blobs]
        marker = page.marker
        if not marker:
            break
    assert found == expected
    heads = {prefix + name[len(prefix) :].partition("/")[0] + "/" for name in expected if "/" in name[len(prefix) :]}
    plain = [name for name in expected if "/" not in name[len(prefix) :]]
    assert names(blobs, prefix=prefix, delimiter="/") == (plain, sorted(heads))


def test_conditions(blobs: FolderBlobs) -> None:
    put(blobs, "a", b"1")
    etag = blobs.head(ACCOUNT, BOX, "a").etag
    assert refusal(blobs.delete, ACCOUNT, BOX, "a", Conditions(match='"0x1"')) is Refusal.CONDITION
    assert refusal(blobs.delete, ACCOUNT, BOX, "a", Conditions(none_match=etag)) is Refusal.CONDITION
    assert refusal(blobs.delete, ACCOUNT, BOX, "a", Conditions(none_match="*")) is Refusal.BLOB_EXISTS
    assert refusal(blobs.delete, ACCOUNT, BOX, "a", Conditions(unmodified_since=1.0)) is Refusal.CONDITION
    assert refusal(blobs.delete, ACCOUNT, BOX, "a", Conditions(modified_since=time.time() + 9)) is Refusal.CONDITION
    blobs.delete(ACCOUNT, BOX, "a", Conditions(match=etag.strip('"')))


def test_blocks_of_a_bad_list_change_nothing(blobs: FolderBlobs) -> None:
    put(blobs, "a", b"before")
    incoming = blobs.receive(ACCOUNT)
    incoming.write(b"block")
    incoming.finish()
    blobs.stage(ACCOUNT, BOX, "a", "YQ==", incoming)
    args = (ACCOUNT, BOX, "a", [("Latest", "YQ=="), ("Latest", "Yg==")], Properties())
    assert refusal(blobs.commit, *args) is Refusal.BLOCK_LIST
    assert content(blobs, "a") == b"before"
    assert refusal(blobs.stage, ACCOUNT, BOX, "a", "!", incoming) is Refusal.QUERY
    assert refusal(blobs.stage, ACCOUNT, BOX, "a", "", incoming) is Refusal.QUERY


def test_only_append_blobs_are_appended_to(blobs: FolderBlobs) -> None:
    put(blobs, "block", b"1")
    put(blobs, "log", b"", type=BlobType.APPEND)
    for step in range(3):
        incoming = blobs.receive(ACCOUNT)
        incoming.write(b"%d" % step)
        incoming.finish()
        blobs.append(ACCOUNT, BOX, "log", incoming)
    assert content(blobs, "log") == b"012"
    nothing = blobs.receive(ACCOUNT)
    assert refusal(blobs.append, ACCOUNT, BOX, "block", nothing) is Refusal.TYPE
    nothing.drop()


def test_what_nobody_will_finish_is_deleted_after_a_week(blobs: FolderBlobs, tmp_path: Path) -> None:
    old, new = blobs.receive(ACCOUNT), blobs.receive(ACCOUNT)
    os.utime(old.path, (time.time() - WEEK - 60,) * 2)
    forget_old(tmp_path / "blobs" / ACCOUNT / ".drivetrain")
    assert (old.path.exists(), new.path.exists()) == (False, True)
    old.drop()
    new.drop()


def test_artifacts_of_runs_are_mlflows(tmp_path: Path) -> None:
    folders = RunFolders(tmp_path / "artifacts")
    folders.make("f00", "7")
    blobs = FolderBlobs(Places(tmp_path / "blobs", folders))
    blobs.make_container(ACCOUNT, "azureml")
    (tmp_path / "artifacts" / "7" / "f00" / "artifacts" / "a.txt").write_text("a")
    assert blobs.head(ACCOUNT, "azureml", "ExperimentRun/dcid.f00/a.txt").size == 1
    page = list_blobs(blobs, ACCOUNT, "azureml", Question(prefix="ExperimentRun/dcid.f00"))
    assert [blob.name for blob in page.blobs] == ["ExperimentRun/dcid.f00/a.txt"]
    assert list_blobs(blobs, ACCOUNT, "azureml", Question()).blobs == ()
    absent = "ExperimentRun/dcid.other/a.txt"
    assert refusal(blobs.head, ACCOUNT, "azureml", absent) is Refusal.BLOB_NOT_FOUND
    assert run_of("azureml", "ExperimentRun/dcid.../a") == ""


WRITER = """
import sys
from pathlib import Path
from drivetrain.record.blobs.folder import FolderBlobs
from drivetrain.record.blobs.model import Properties
from drivetrain.record.blobs.places import Places
blobs = FolderBlobs(Places(Path(sys.argv[1])))
step = 0
while True:
    step += 1
    incoming = blobs.receive("account1")
    incoming.write(b"%06d" % step * 20000)
    incoming.finish()
    blobs.put("account1", "box", "a", incoming, Properties(metadata={"step": str(step)}))
    print(step, flush=True)
"""


def test_a_writer_that_is_killed_leaves_a_whole_blob(blobs: FolderBlobs, tmp_path: Path) -> None:
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(tmp_path / "blobs")]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            acknowledged = [int(process.stdout.readline()) for _ in range(5)]
            process.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in process.stdout]
        found = content(blobs, "a")
        step = int(blobs.head(ACCOUNT, BOX, "a").properties.metadata["step"])
        assert found == b"%06d" % step * 20000
        assert step in (acknowledged[-1], acknowledged[-1] + 1)
