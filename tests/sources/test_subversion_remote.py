"""Subversion by https, of a real Apache, and through a real sshd."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain.source.access import NoAccessError
from drivetrain.source.git import GitError, RefusedError, all_paths, read_file
from drivetrain.source.subversion import Svn
from tests.sources.servers import key_pair

if TYPE_CHECKING:
    from tests.sources.apache import Apache, Elsewhere
    from tests.sources.conftest import Keeper
    from tests.sources.servers import KeyPair, Sshd, Svnserve

TRUNK = "refs/heads/trunk"


def connect(keeper: Keeper, svn: Apache, name: str = "svn", password: str = "hush-3", user: str = "ada") -> str:
    keeper.connect(name, "subversion", svn.site, {"password": password}, username=user)
    return name


# By https.


def test_a_folder_is_followed_by_https(svn_https: Apache, keeper: Keeper) -> None:
    svn_https.commit("one", train_py="1")
    project = keeper.add(svn_https.url(), connect(keeper, svn_https))
    assert (project.branch, project.url) == ("trunk", svn_https.url())
    git = keeper.storage.git
    svn_https.commit("two", train_py="2", data__x_csv="a")
    sha = git.refs(project.url)[TRUNK]
    mirror = git.repository(project.url, sha)
    assert read_file(mirror, sha, "train.py") == b"2"
    assert set(all_paths(mirror, sha)) == {"train.py", "data/x.csv"}


def test_who_may_not_read_by_https_is_told_what_is_missing(svn_https: Apache, keeper: Keeper) -> None:
    svn_https.commit("one", train_py="1")
    with pytest.raises(RefusedError, match=r"localhost:\d+ wants to know who asks \(401\)") as refused:
        keeper.add(svn_https.url())
    assert "--connection NAME" in refused.value.hint
    with pytest.raises(RefusedError, match=r"does not take the credentials of connection 'wrong' \(401\)") as refused:
        keeper.add(svn_https.url(), connect(keeper, svn_https, "wrong", "no"))
    assert "drivetrain connection update 'wrong' --secret" in refused.value.hint
    with pytest.raises(RefusedError, match=r"connection 'eve' may not read it at localhost:\d+ \(403\)") as refused:
        keeper.add(svn_https.url(), connect(keeper, svn_https, "eve", "hush-4", "eve"))
    assert "'eve' needs the right to read this folder" in refused.value.hint
    with pytest.raises(GitError, match="there is no folder"):
        keeper.add(svn_https.url("code/none"), connect(keeper, svn_https))
    with pytest.raises(GitError, match="does not support the HTTP/DAV protocol"):
        keeper.add(svn_https.url("none"), "svn")
    with pytest.raises(NoAccessError, match="connection 'svn' is for https"):
        keeper.add(svn_https.url().replace("https", "http"), "svn")


def test_an_unknown_certificate_is_refused_until_its_authority_is_named(
    svn_https: Apache, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    svn_https.commit("one", train_py="1")
    monkeypatch.delenv("SSL_CERT_FILE")
    connect(keeper, svn_https)
    with pytest.raises(
        RefusedError, match=r"certificate of localhost:.* not trusted: issuer is not trusted"
    ) as refused:
        keeper.add(svn_https.url(), "svn")
    assert "ssl-authority-files in ~/.subversion/servers" in refused.value.hint
    assert "ada" not in svn_https.log()
    servers = Path.home() / ".subversion" / "servers"
    servers.parent.mkdir(exist_ok=True)
    servers.write_text(f"[global]\nssl-authority-files = {svn_https.authority}\n")
    assert keeper.add(svn_https.url(), "svn").branch == "trunk"
    other = svn_https.url().replace("localhost", "127.0.0.1")
    site = svn_https.site.replace("localhost", "127.0.0.1")
    keeper.connect("number", "subversion", site, {"password": "hush-3"}, username="ada")
    with pytest.raises(RefusedError, match="issued for a different hostname") as refused:
        keeper.add(other, "number", "q")
    assert "the name of the host" in refused.value.hint


def test_a_password_does_not_follow_to_where_a_host_sends_on(
    svn_https: Apache, elsewhere: Elsewhere, keeper: Keeper
) -> None:
    with pytest.raises(RefusedError, match=r"sends on to http://localhost:.* the password stays here") as refused:
        keeper.add(svn_https.url("elsewhere/trunk"), connect(keeper, svn_https))
    assert "that address" in refused.value.hint
    assert set(elsewhere.came) == {""}, "it was asked, and told nothing"


# By ssh.


@pytest.fixture
def tunnel(ssh: Sshd, svn: Svnserve) -> str:
    """The trunk of a repository that only svnserve behind sshd reaches."""
    svn.commit("one", train_py="1")
    return f"svn+ssh://{ssh.user}@127.0.0.1:{ssh.port}{svn.repository}/trunk"


@pytest.fixture
def key(keeper: Keeper, ssh: Sshd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> KeyPair:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.delenv("SVN_SSH", raising=False)
    made = key_pair()
    secret = {"privateKey": made.private}
    keeper.connect("deploy", "ssh", f"ssh://127.0.0.1:{ssh.port}", secret, knownHosts=ssh.known_hosts)
    return made


def test_a_folder_is_followed_through_ssh(keeper: Keeper, ssh: Sshd, svn: Svnserve, tunnel: str, key: KeyPair) -> None:
    ssh.let_in(key)
    project = keeper.add(tunnel, "deploy")
    assert (project.branch, project.url) == ("trunk", tunnel)
    svn.commit("two", train_py="2")
    sha = keeper.storage.git.refs(tunnel)[TRUNK]
    assert read_file(keeper.storage.git.repository(tunnel, sha), sha, "train.py") == b"2"


def test_a_key_and_a_host_that_are_not_known_are_named(keeper: Keeper, ssh: Sshd, tunnel: str, key: KeyPair) -> None:
    with pytest.raises(RefusedError, match=rf"127.0.0.1:{ssh.port} does not take the key of connection 'deploy'"):
        keeper.add(tunnel, "deploy")
    ssh.let_in(key)
    other = f"[127.0.0.1]:{ssh.port} {key_pair().public}"
    keeper.connect("lost", "ssh", f"ssh://127.0.0.1:{ssh.port}", {"privateKey": key.private}, knownHosts=other)
    with pytest.raises(RefusedError, match="is not one that connection 'lost' knows") as refused:
        keeper.add(tunnel, "lost")
    assert "knownHosts" in refused.value.hint


def test_the_users_own_ssh_is_told_the_port(
    ssh: Sshd, tunnel: str, key: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh.let_in(key)
    for name, text in (("key", key.private), ("hosts", f"{ssh.known_hosts}\n")):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("SVN_SSH", f"ssh -F none -i {tmp_path}/key -oUserKnownHostsFile={tmp_path}/hosts")
    folder = Svn(tunnel, None).folder()
    assert folder is not None
    assert folder.branch == "trunk"


def test_a_hostile_address_of_ssh_is_only_an_address(tmp_path: Path) -> None:
    pwned = tmp_path / "pwned"
    for host in (
        f"-oProxyCommand=touch%20{pwned}",
        f"-oProxyCommand=touch\t{pwned}:22",
        f"x;touch$IFS{pwned}",
        "x:22x",
    ):
        with pytest.raises(GitError):
            Svn(f"svn+ssh://{host}/x", None).folder()
    assert not pwned.exists()
