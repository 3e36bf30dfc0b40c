from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.source.access import Access, Login
from drivetrain.source.changes import read_push
from drivetrain.source.git import GitError, RefusedError, all_paths, commit, git, read_file
from drivetrain.source.model import RefUpdate
from drivetrain.source.places import Places
from drivetrain.source.subversion import Svn, as_revision, revision_of
from tests.sources.servers import command_lines

if TYPE_CHECKING:
    from tests.sources.conftest import Keeper
    from tests.sources.servers import Svnserve

TRUNK = "refs/heads/trunk"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that the user's own svn keeps takes part."""
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "mirrors", lambda _: Access("svn", Login("ada", "hush-3")))


def test_a_folder_is_a_branch_and_a_revision_a_commit(svn: Svnserve, places: Places) -> None:
    svn.commit("Größe <&> $(x)\n\nbody", train_py="1")
    first = places.refs(svn.url())
    number = svn.commit("two", train_py="2", data__x_csv="a")
    svn.commit("three", train_py="3")
    after = places.refs(svn.url())
    assert set(first) == set(after) == {TRUNK} == {f"refs/heads/{places.default_branch(svn.url())}"}
    mirror = places.mirror_path(svn.url())
    found = commit(mirror, first[TRUNK])
    assert (found.message, found.author_name) == ("Größe <&> $(x)", "ada")
    assert revision_of(mirror, after[TRUNK]) == str(number + 1)
    assert git(["rev-list", "--count", after[TRUNK]], cwd=mirror) == b"3\n"
    push = read_push(mirror, RefUpdate(1, TRUNK, first[TRUNK], after[TRUNK]), "trunk")
    assert push.paths == ("data/x.csv", "train.py")
    assert [message.splitlines()[0] for message in push.messages] == ["three", "two"]
    second = git(["rev-parse", as_revision(f"r{number}")], cwd=mirror).decode().strip()
    assert read_file(mirror, second, "train.py") == b"2"
    assert places.refs(svn.url()) == after
    assert places.repository(svn.url(), second) == mirror


def test_another_home_makes_the_same_commits(svn: Svnserve, places: Places, tmp_path: Path) -> None:
    svn.commit("one", train_py="1")
    other = Places(tmp_path / "others", lambda _: Access("svn", Login("ada", "hush-3")))
    assert other.refs(svn.url()) == places.refs(svn.url())
    svn.commit("two", train_py="2")
    assert other.refs(svn.url()) == places.refs(svn.url())


def test_files_are_as_svn_writes_them(svn: Svnserve, places: Places) -> None:
    svn.commit("one", train_py="$Id$ $Date$\r\n", run_sh="x", x_bin="1")
    svn.commit("git's", _gitignore="*.bin\n", _gitattributes="* text\n")
    for name, value in (("svn:keywords", "Id Date"), ("svn:eol-style", "CRLF")):
        svn.svn("propset", "--quiet", name, value, "train.py", cwd=svn.work)
    svn.svn("propset", "--quiet", "svn:executable", "*", "run.sh", cwd=svn.work)
    (svn.work / "link").symlink_to("train.py")
    nested = svn.work / "vendor" / ".git"
    nested.mkdir(parents=True)
    (nested / "HEAD").write_text("ref: refs/heads/x\n")
    number = svn.commit("two", vendor__a_txt="a", empty__keep="")
    ref = places.refs(svn.url())[TRUNK]
    mirror = places.mirror_path(svn.url())
    exported = svn.folder / "exported"
    svn.svn("export", "--quiet", "-r", str(number), f"{svn.root}/trunk", str(exported))
    wanted = {str(path.relative_to(exported)) for path in exported.rglob("*") if not path.is_dir()}
    assert set(all_paths(mirror, ref)) == wanted - {"vendor/.git/HEAD"}
    text = read_file(mirror, ref, "train.py")
    assert text.startswith(f"$Id: train.py {number} ".encode())
    assert text.endswith(b" +0000 (Thu, 26 Nov 2026) $\r\n") or b" +0000 (" in text
    modes = dict(line.split()[::3] for line in git(["ls-tree", ref], cwd=mirror).decode().splitlines())
    assert (set(modes), "100755" in modes) == ({"100644", "100755", "120000", "040000"}, True)


def test_who_may_not_read_is_told_what_is_missing(svn: Svnserve, keeper: Keeper) -> None:
    svn.commit("one", train_py="1")
    with pytest.raises(RefusedError, match=r"wants to know who asks \(401\)"):
        keeper.add(svn.url())
    keeper.connect("svn", "subversion", f"svn://127.0.0.1:{svn.port}", {"password": "wrong"}, username="ada")
    with pytest.raises(RefusedError, match=r"does not take the credentials of connection 'svn' \(401\)"):
        keeper.add(svn.url(), "svn")
    keeper.change("svn", password="hush-3")
    project = keeper.add(svn.url(), "svn")
    assert (project.branch, project.name) == ("trunk", "p")
    assert set(keeper.storage.git.refs(project.url)) == {TRUNK}
    with pytest.raises(GitError, match="there is no folder"):
        keeper.add(svn.url("branches/none"), "svn", "q")


def test_a_password_stands_on_no_command_line(svn: Svnserve, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    svn.commit("one", train_py="1")
    lines = []
    begin = subprocess.Popen

    def watched(*args: object, **options: object) -> object:
        process = begin(*args, **options)  # type: ignore[call-overload]
        lines.append(command_lines())
        return process

    monkeypatch.setattr(subprocess, "Popen", watched)
    places.refs(svn.url())
    assert any("--password-from-stdin" in line for line in lines)
    assert not any("hush-3" in line for line in lines)
    assert not list(Path.home().glob(".subversion/auth/svn.simple/*")), "nothing is kept"


def test_a_folder_that_goes_comes_back_or_is_another_repositorys(svn: Svnserve, places: Places) -> None:
    svn.commit("one", train_py="1")
    before = places.refs(svn.url())
    svn.svn("move", "--quiet", "-m", "Away", f"{svn.root}/trunk", f"{svn.root}/branches/old")
    assert places.refs(svn.url()) == {}
    svn.svn("copy", "--quiet", "-m", "Back", f"{svn.root}/branches/old", f"{svn.root}/trunk")
    back = places.refs(svn.url())
    assert back.keys() == before.keys()
    assert back != before
    assert set(places.refs(svn.url("branches/old"))) == {"refs/heads/branches/old"}
    shutil.rmtree(svn.repository)
    shutil.rmtree(svn.work)
    svn.create()
    svn.commit("another", other_py="1")
    mirror, ref = places.mirror_path(svn.url()), places.refs(svn.url())[TRUNK]
    assert all_paths(mirror, ref) == ("other.py",)
    assert git(["rev-list", "--count", ref], cwd=mirror) == b"1\n"


def test_a_broken_working_copy_of_ours_is_made_anew(svn: Svnserve, places: Places) -> None:
    svn.commit("one", train_py="1")
    places.refs(svn.url())
    files = places.mirror_path(svn.url()).with_suffix(".svn")
    (files / ".svn" / "wc.db").write_bytes(b"cut short by a power failure")
    svn.commit("two", train_py="2")
    ref = places.refs(svn.url())[TRUNK]
    assert read_file(places.mirror_path(svn.url()), ref, "train.py") == b"2"


@pytest.mark.parametrize("name", ["$(touch pwned)", "a b@1", "-x", "ümlaut", "x;y"])
def test_hostile_names_are_only_names(svn: Svnserve, places: Places, name: str) -> None:
    (svn.work / name).write_text("x")
    svn.commit("one")
    ref = places.refs(svn.url())[TRUNK]
    assert all_paths(places.mirror_path(svn.url()), ref) == (name,)


def test_a_server_that_is_gone_is_said_to_be(places: Places) -> None:
    with pytest.raises(GitError, match="svn info failed"):
        places.refs("svn://127.0.0.1:1/trunk")


def test_without_the_svn_command_that_is_said(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="there is no svn command"):
        places.refs("svn://127.0.0.1/trunk")


@pytest.mark.parametrize(("text", "name"), [("17", "refs/svn/17"), ("r17", "refs/svn/17"), ("main", "main"), ("", "")])
def test_a_revision_is_named_as_people_do(text: str, name: str) -> None:
    assert as_revision(text) == name


def test_no_repository_has_revision_nought() -> None:
    with pytest.raises(UserError, match="revision 0"):
        as_revision("r0")


def test_web_addresses_are_given_to_svn_as_it_knows_them() -> None:
    assert Svn("svn+https://host/repo/trunk", None).url == "https://host/repo/trunk"
    assert Svn("svn+ssh://host/repo/trunk", None).url == "svn+ssh://host/repo/trunk"
