from __future__ import annotations

import os
from base64 import b64encode
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

import pytest

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source.changes import read_push
from drivetrain.source.git import (
    CONFIG,
    Git,
    GitError,
    changed_paths,
    commit,
    commit_sha,
    environment,
    git,
    reaching,
    read_file,
    without_credentials,
)
from drivetrain.source.model import Commit, RefUpdate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.source.conftest import Repository

HOSTILE = ["$(reboot)", ";reboot", "`x`", "-f", "a'b", 'a"b', "ünï", "&&x", "|x", "<x>", "%s"]


@pytest.fixture
def reader(tmp_path: Path) -> Git:
    return Git(tmp_path / "mirrors")


def remote(repository: Repository) -> str:
    return repository.path.as_uri()


def test_refs_lists_branches_and_tags_only(work: Repository, reader: Git) -> None:
    sha = work.commit()
    work.git("tag", "-a", "v1", "-m", "one")
    work.git("update-ref", "refs/notes/x", "HEAD")
    expected = {"refs/heads/main": sha, "refs/tags/v1": work.git("rev-parse", "v1")}
    assert reader.refs(str(work.path)) == expected
    assert reader.refs(remote(work)) == expected


def test_an_empty_repository_has_no_refs(bare: Repository, reader: Git) -> None:
    assert reader.refs(str(bare.path)) == {}
    assert reader.refs(remote(bare)) == {}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_branch_names_are_only_names(work: Repository, reader: Git, name: str) -> None:
    sha = work.commit()
    work.git("update-ref", f"refs/heads/x/{name}", sha)
    ref = f"refs/heads/x/{name}"
    assert reader.refs(remote(work))[ref] == sha
    assert commit_sha(reader.mirror(remote(work)), ref) == sha


def test_a_local_repository_is_read_in_place_and_left_as_it_is(work: Repository, reader: Git) -> None:
    sha = work.commit(train_py="1")
    before = work.fingerprint()
    assert reader.mirror(str(work.path)) == work.path
    assert read_file(work.path, sha, "train.py") == b"1"
    assert reader.default_branch(str(work.path)) == "main"
    assert work.fingerprint() == before


def test_a_mirror_follows_force_pushes_and_deletions_and_keeps_old_commits(work: Repository, reader: Git) -> None:
    old = work.commit(train_py="1")
    work.git("branch", "gone")
    reader.mirror(remote(work))
    work.git("commit", "--quiet", "--amend", "-m", "Another")
    work.git("branch", "-D", "gone")
    repo = reader.mirror(remote(work))
    assert reader.refs(str(repo)) == {"refs/heads/main": work.git("rev-parse", "HEAD")}
    assert read_file(repo, old, "train.py") == b"1"


def test_a_commit_that_is_there_needs_no_fetch(work: Repository, reader: Git) -> None:
    sha = work.commit()
    url = remote(work)
    reader.mirror(url)
    work.path.rename(work.path.with_name("gone"))
    assert commit(reader.repository(url, sha), sha).sha == sha
    with pytest.raises(GitError, match="git fetch failed"):
        reader.repository(url, "1" * 40)


def test_the_default_branch_is_what_head_names(work: Repository, bare: Repository, reader: Git) -> None:
    work.commit()
    work.git("checkout", "--quiet", "-b", "trunk/x")
    assert reader.default_branch(str(work.path)) == "trunk/x"
    assert reader.default_branch(remote(work)) == "trunk/x"
    assert reader.default_branch(str(bare.path)) == "main"


def test_a_commit_is_shown_with_subject_and_author(work: Repository) -> None:
    sha = work.commit("Größer $(x)\n\nbody")
    assert commit(work.path, sha) == Commit(sha, "Größer $(x)", "Ada", "ada@example.org")
    work.git("tag", "-a", "v1", "-m", "one")
    assert commit(work.path, work.git("rev-parse", "v1")).sha == sha


def test_changed_paths_name_both_ends_of_a_rename(work: Repository) -> None:
    old = work.commit(a_py="same text", b_py="x")
    work.git("mv", "a.py", "ü ber\n.py")
    new = work.commit(b_py="y")
    assert set(changed_paths(work.path, old, new)) == {"a.py", "ü ber\n.py", "b.py"}


def test_a_file_that_is_not_there_or_climbs_is_a_clear_error(work: Repository) -> None:
    sha = work.commit()
    with pytest.raises(NotFoundError, match=f"azure-pipelines.yml is not in commit {sha[:8]}"):
        read_file(work.path, sha, "azure-pipelines.yml")
    with pytest.raises(UserError, match="leaves the repository"):
        read_file(work.path, sha, "../x")
    with pytest.raises(UserError, match="is not a commit id"):
        read_file(work.path, "--output=x", "x")


def test_a_failure_shows_no_credentials(reader: Git) -> None:
    with pytest.raises(GitError) as failure:
        reader.refs("http://user:secret@127.0.0.1:1/x.git")
    assert "secret" not in failure.value.message
    assert without_credentials("https://u:p@h/x and ssh://git@h/y") == "https://h/x and ssh://h/y"
    assert without_credentials("https://u:p@ss@h/x") == "https://h/x"


class _Host(BaseHTTPRequestHandler):
    """A repository behind a password, and who could see the password while it was read."""

    sha = "a" * 40
    asked: ClassVar[list[str]] = []
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        if not self.headers["Authorization"]:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.end_headers()
            return
        self.asked.append(self.headers["Authorization"])
        self.seen.extend(text for text in _command_lines() if "hush" in text)
        body = f"{self.sha}\trefs/heads/main\n" if "/info/refs" in self.path else "ref: refs/heads/main\n"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing on the test's own output."""


def _command_lines() -> Iterator[str]:
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield file.read_bytes().decode("utf-8", "replace")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at command lines as Linux shows them")
def test_a_password_reaches_its_host_but_no_command_line(reader: Git) -> None:
    with HTTPServer(("127.0.0.1", 0), _Host) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        found = reader.refs(f"http://me%40work:hush%2F%40@127.0.0.1:{server.server_port}/x.git")
        server.shutdown()
    assert found == {"refs/heads/main": _Host.sha}
    assert set(_Host.asked) == {f"Basic {b64encode(b'me@work:hush/@').decode()}"}
    assert _Host.seen == []


@pytest.mark.parametrize("url", ["https://me@host/x", "ssh://git@host/x", "git@host:x", "/a:b@c", "https://host/a:b@c"])
def test_a_url_without_a_password_is_left_as_it_is(url: str) -> None:
    with reaching(url) as (place, env):
        assert (place, env) == (url, {"GIT_CONFIG_COUNT": str(len(CONFIG))})


@pytest.mark.parametrize("url", ["ext::sh -c touch% pwned", "--upload-pack=touch pwned", "-x"])
def test_a_url_never_starts_a_program(reader: Git, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GitError):
        reader.refs(url)
    with pytest.raises(GitError):
        reader.mirror(url)
    assert not list(tmp_path.rglob("pwned*"))


def test_hooks_of_the_repository_and_a_surrounding_hook_have_no_say(
    work: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sha = work.commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert commit(work.path, sha).sha == sha
    assert "GIT_DIR" not in environment()
    assert git(["config", "core.hooksPath"], cwd=work.path) == b"/dev/null\n"


def test_a_folder_that_is_not_there_is_a_clear_error(reader: Git, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="nowhere is not there"):
        reader.refs(str(tmp_path / "nowhere"))


def update(ref: str, old: str, new: str) -> RefUpdate:
    return RefUpdate(1, ref, old, new)


def test_a_push_has_the_paths_and_messages_since_the_old_position(work: Repository) -> None:
    old = work.commit(a_py="1")
    work.commit("two [skip ci]", b_py="1")
    new = work.commit("three", c_py="1")
    push = read_push(work.path, update("refs/heads/main", old, new), "main")
    assert push.paths == ("b.py", "c.py")
    assert push.messages == ("three", "two [skip ci]")


def test_a_new_branch_is_compared_with_where_it_left_the_default_branch(work: Repository) -> None:
    work.commit("base", a_py="1")
    work.git("checkout", "--quiet", "-b", "dev")
    new = work.commit("dev", b_py="1")
    work.git("checkout", "--quiet", "main")
    work.commit("main", c_py="1")
    assert read_push(work.path, update("refs/heads/dev", "", new), "main").paths == ("b.py",)
    assert read_push(work.path, update("refs/heads/dev", "0" * 40, new), "main").paths == ("b.py",)


def test_a_first_push_counts_every_file(work: Repository) -> None:
    new = work.commit(a_py="1", b__c_py="2")
    assert read_push(work.path, update("refs/heads/main", "", new), "main").paths == ("a.py", "b/c.py")


def test_a_force_push_whose_old_commit_is_gone_is_a_new_branch(work: Repository) -> None:
    new = work.commit(a_py="1")
    assert read_push(work.path, update("refs/heads/main", "1" * 40, new), "main").paths == ("a.py",)


def test_a_deletion_and_a_tag_bring_no_changes(work: Repository) -> None:
    sha = work.commit(a_py="1")
    assert read_push(work.path, update("refs/heads/x", sha, "0" * 40), "main").deleted
    assert read_push(work.path, update("refs/tags/v1", "", sha), "main").paths == ()


def test_bytes_that_are_no_utf8_are_replaced(work: Repository) -> None:
    (work.path / os.fsdecode(b"\xff.py")).write_text("x")
    sha = work.commit()
    assert read_push(work.path, update("refs/heads/main", "", sha), "main").paths == ("\N{REPLACEMENT CHARACTER}.py",)
