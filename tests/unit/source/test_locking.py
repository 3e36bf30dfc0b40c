from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from drivetrain.source.git import Git, git
from drivetrain.source.locking import clear_unfinished, held, locked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.source.conftest import Repository


def test_locks_of_a_killed_git_do_not_block(work: Repository, tmp_path: Path) -> None:
    work.commit()
    mirrors = Git(tmp_path / "mirrors")
    mirror = mirrors.mirror(work.path.as_uri())
    names = ("packed-refs.lock", "HEAD.lock", "config.lock", "shallow.lock", "refs/heads/main.lock")
    for name in names:
        (mirror / name).touch()
    newer = work.commit("Newer")
    mirrors.mirror(work.path.as_uri())
    assert mirrors.refs(str(mirror))["refs/heads/main"] == newer
    assert not any((mirror / name).exists() for name in names)


def test_a_git_that_outlives_us_keeps_the_lock(tmp_path: Path) -> None:
    mirror = tmp_path / "m.git"
    script = f"""
        import os, pathlib
        from drivetrain.source.git import git
        from drivetrain.source.locking import locked
        with locked(pathlib.Path({str(mirror)!r})):
            print("held", flush=True)
            git(["-c", "alias.wait=!cat {tmp_path}/fifo", "wait"])
    """
    os.mkfifo(tmp_path / "fifo")
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with (tmp_path / "fifo").open("wb"):  # open once git's child reads
        process.send_signal(signal.SIGKILL)
        process.wait()
        with mirror.with_suffix(".lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with locked(mirror):
        assert len(held()) == 1
    assert held() == ()
    process.stdout.close()


def test_a_lock_is_free_after_its_block_whatever_git_has_left_running(tmp_path: Path) -> None:
    mirror = tmp_path / "m.git"
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with locked(mirror):
        git(["-c", f"alias.leave=!cat {fifo} >/dev/null 2>&1 &", "leave"])
    with locked(mirror):
        fifo.open("wb").close()


def test_only_old_halves_of_packs_are_cleared(tmp_path: Path) -> None:
    mirror = tmp_path / "m.git"
    git(["init", "--quiet", "--bare", str(mirror)])
    old, new = mirror / "objects/pack/tmp_pack_old", mirror / "objects/pack/tmp_pack_new"
    for half in (old, new):
        half.write_bytes(b"PACK")
    os.utime(old, (0, time.time() - 90_000))
    with locked(mirror):
        clear_unfinished(mirror)
    assert (old.exists(), new.exists()) == (False, True)
