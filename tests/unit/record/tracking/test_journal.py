from __future__ import annotations

import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.errors import UnavailableError
from drivetrain.record.tracking.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.record.tracking.journal import Entry


def lines(journal: Journal) -> list[bytes]:
    return [entry.line for entry in journal.recover()]


def die_with(folder: Path, script: str) -> None:
    """Run a script with a journal in a process that kills itself with kill -9."""
    code = (
        "import os, pathlib, sys\nfrom drivetrain.record.tracking.journal import Journal\n"
        f"journal = Journal(pathlib.Path(sys.argv[1]), segment_size=100)\nold = journal.recover()\n{script}\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_nothing_is_left_when_all_was_applied(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.recover() == []
    journal.mark([journal.append(b"a\n"), journal.append(b"b\n")])
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_what_was_not_applied(tmp_path: Path) -> None:
    die_with(tmp_path, "a = journal.append(b'a\\n'); journal.append(b'b\\n'); journal.mark([a])")
    assert lines(Journal(tmp_path)) == [b"b\n"]


def test_what_was_recovered_twice_over_keeps_its_order_across_segments(tmp_path: Path) -> None:
    die_with(tmp_path, "[journal.append(b'%03d\\n' % n) for n in range(100)]")
    die_with(tmp_path, "journal.mark(old[:40]); [journal.append(b'%03d\\n' % n) for n in range(100, 120)]")
    assert lines(Journal(tmp_path)) == [b"%03d\n" % n for n in range(40, 120)]


def test_a_torn_last_line_was_never_acknowledged(tmp_path: Path) -> None:
    die_with(tmp_path, "journal.append(b'whole\\n'); journal.append(b'torn')")
    journal = Journal(tmp_path)
    entries = journal.recover()
    assert [entry.line for entry in entries] == [b"whole\n"]
    journal.mark(entries)
    assert list(tmp_path.iterdir()) == []


def test_the_journal_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    one = Journal(tmp_path)
    one.recover()
    one.append(b"one\n")
    other = Journal(tmp_path)
    assert other.recover() == []
    other.append(b"other\n")
    one.close()
    assert lines(Journal(tmp_path)) == [b"one\n"]


def test_a_mark_left_over_from_a_removed_segment_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "0000000001.applied").write_bytes(b"%020d\n" % 4)
    die_with(tmp_path, "journal.append(b'one\\n'); journal.append(b'two\\n')")
    assert lines(Journal(tmp_path)) == [b"one\n", b"two\n"]


def test_finished_segments_are_removed_while_it_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path, segment_size=10)
    journal.recover()
    for _ in range(50):
        journal.mark([journal.append(b"0123456789\n")])
    assert len(list(tmp_path.glob("*.journal"))) <= 2
    journal.close()


def test_a_full_disk_is_a_clear_error_and_leaves_nothing_of_the_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.recover()
    journal.append(b"first\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        for _ in range(2):
            with pytest.raises(UnavailableError, match=r"cannot write the tracking journal .*journal"):
                journal.append(b"does not fit any more\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    journal.append(b"last\n")
    journal.close()
    assert lines(Journal(tmp_path)) == [b"first\n", b"last\n"]


def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.recover()
    journal.append(b"x\n")
    assert all(path.stat().st_mode & 0o077 == 0 for path in [tmp_path / "journal", *tmp_path.rglob("*.*")])
    journal.close()


@given(st.lists(st.one_of(st.integers(0, 3), st.just(-1)), max_size=60))
def test_whatever_happens_the_unmarked_remain_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    """A step of n >= 0 marks the n oldest entries and appends one; -1 is a restart."""
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder, segment_size=30)
    journal.recover()
    waiting: list[Entry] = []
    for number, step in enumerate(steps):
        if step < 0:
            journal.close()
            journal = Journal(folder, segment_size=30)
            before = [entry.line for entry in waiting]
            waiting = journal.recover()
            assert [entry.line for entry in waiting] == before
        else:
            journal.mark(waiting[:step])
            waiting = [*waiting[step:], journal.append(b"%d\n" % number)]
    journal.close()
