from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain.source.access import FOLDER, SshKey, ssh_command, sweep_keys
from drivetrain.source.git import GitError, RefusedError, git
from tests.sources.servers import key_pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sources.conftest import Keeper
    from tests.sources.servers import Sshd
    from tests.unit.source.conftest import Repository

MAIN = "refs/heads/main"


def left_keys() -> set[Path]:
    """What lies about of keys of this process."""
    return {path for place in (Path("/dev/shm"), Path("/tmp")) for path in place.glob(f"{FOLDER}{os.getpid()}-*")}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing of the user's own ssh takes part."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    yield
    assert left_keys() == set()


def test_a_key_reads_refs_and_objects_wherever_it_lies(
    keeper: Keeper, ssh: Sshd, served: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "it's $HOME; 100%"
    place.mkdir()
    monkeypatch.setattr("drivetrain.source.access._places", lambda: [place])
    key = key_pair()
    ssh.let_in(key)
    secret = {"privateKey": key.private}
    keeper.connect("deploy", "ssh", f"ssh://127.0.0.1:{ssh.port}", secret, knownHosts=ssh.known_hosts)
    project = keeper.add(ssh.url(served.path), "deploy")
    sha = served.git("rev-parse", "main")
    assert keeper.storage.git.refs(project.url) == {MAIN: sha}
    assert git(["show", f"{sha}:train.py"], cwd=keeper.storage.git.repository(project.url, sha)) == b"1"
    assert list(place.iterdir()) == []


def test_a_key_that_is_not_let_in_and_a_host_that_is_not_known(keeper: Keeper, ssh: Sshd, served: Repository) -> None:
    key = key_pair()
    url = f"ssh://127.0.0.1:{ssh.port}"
    keeper.connect("deploy", "ssh", url, {"privateKey": key.private}, knownHosts=ssh.known_hosts)
    with pytest.raises(RefusedError, match="does not take the key of connection 'deploy'") as refused:
        keeper.add(ssh.url(served.path), "deploy")
    assert "deploy key" in refused.value.hint
    ssh.let_in(key)
    other = f"[127.0.0.1]:{ssh.port} {key_pair().public}"
    keeper.connect("lost", "ssh", url, {"privateKey": key.private}, knownHosts=other)
    with pytest.raises(RefusedError, match="is not one that connection 'lost' knows") as refused:
        keeper.add(ssh.url(served.path), "lost")
    assert "knownHosts" in refused.value.hint
    keeper.connect("broken", "ssh", url, {"privateKey": "no key at all"}, knownHosts=ssh.known_hosts)
    with pytest.raises(RefusedError, match="connection 'broken'"):
        keeper.add(ssh.url(served.path), "broken")


def test_a_hostile_path_is_only_a_path(keeper: Keeper, ssh: Sshd, tmp_path: Path) -> None:
    key = key_pair()
    ssh.let_in(key)
    secret = {"privateKey": key.private}
    keeper.connect("deploy", "ssh", f"ssh://127.0.0.1:{ssh.port}", secret, knownHosts=ssh.known_hosts)
    pwned = tmp_path / "pwned"
    for path in (f"/$(touch${{IFS}}{pwned})", f"/';touch${{IFS}}{pwned};'", f"/-oProxyCommand=touch\t{pwned}"):
        with pytest.raises(GitError):
            keeper.storage.git.refs(ssh.url(Path(path)))
    with pytest.raises(GitError):
        keeper.storage.git.refs(f"ssh://-oProxyCommand=touch%20{pwned}/x")
    assert not pwned.exists()


def test_the_key_is_readable_by_its_owner_alone() -> None:
    with ssh_command(SshKey("k", "h")):
        (folder,) = left_keys()
        modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes == {folder.name: 0o700, "key": 0o600, "known_hosts": 0o600, "config": 0o600}


def test_what_a_killed_process_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivetrain.source.access._places", lambda: [tmp_path])
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    (tmp_path / f"{FOLDER}{process.pid}-x").mkdir()
    with ssh_command(SshKey("k", "")):
        sweep_keys()
        assert [path.name.split("-")[2] for path in tmp_path.iterdir()] == [str(os.getpid())]
