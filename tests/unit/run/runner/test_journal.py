from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.errors import CorruptError
from drivetrain.run.journal import JournalWriter, read_journal

if TYPE_CHECKING:
    from pathlib import Path


def test_entries_come_back_numbered_without_gaps(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter(path)
    for number in range(100):
        writer.write("issue", {"message": f"line\n{number} ключ"})
    writer.close()
    entries, offset = read_journal(path)
    assert [entry.n for entry in entries] == list(range(1, 101))
    assert entries[7].data == {"message": "line\n7 ключ"}
    assert entries[7].time.endswith("Z")
    assert offset == path.stat().st_size
    assert read_journal(path, offset) == ([], offset)


def test_a_journal_is_begun_once(tmp_path: Path) -> None:
    JournalWriter(tmp_path / "journal.jsonl").close()
    with pytest.raises(FileExistsError):
        JournalWriter(tmp_path / "journal.jsonl")


def test_no_file_is_an_empty_journal(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "journal.jsonl", 5) == ([], 5)


@given(cut=st.integers(0, 400))
def test_a_torn_line_does_not_count(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("j") / "journal.jsonl"
    writer = JournalWriter(path)
    for number in range(3):
        writer.write("run.tag", {"tag": str(number)})
    writer.close()
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    entries, offset = read_journal(path)
    assert len(entries) == data[:cut].count(b"\n")
    path.write_bytes(data)
    more, end = read_journal(path, offset)
    assert [entry.n for entry in (*entries, *more)] == [1, 2, 3]
    assert end == len(data)


def test_a_line_that_is_no_entry_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter(path)
    writer.write("run.tag", {"tag": "x"})
    writer.close()
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"{nonsense}\n")
    with pytest.raises(CorruptError, match=f"journal.jsonl:{size}: this line is not a journal entry"):
        read_journal(path)
