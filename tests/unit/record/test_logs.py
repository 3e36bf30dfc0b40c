from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.record.logs import BLOCK, LONGEST_LINE, Line, LogFile, marked, text

if TYPE_CHECKING:
    from pathlib import Path


def test_a_missing_log_is_empty(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "001.log")
    assert (log.size, log.count(), log.lines(1, 10)) == (0, 0, [])
    assert log.follow(0).text == ""
    assert log.times().at(0) is None


@given(
    st.lists(st.integers(0, 3 * BLOCK // 40), max_size=12),
    st.sampled_from([b"", b"\n"]),
    st.integers(0, 400),
    st.integers(0, 50),
)
def test_any_lines_can_be_read(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    end: bytes,
    start: int,
    count: int,
) -> None:
    lines = [(f"{number}:" + "x" * size).encode() for number, size in enumerate(sizes * 20)]
    raw = b"\n".join(lines) + (end if lines else b"")
    path = tmp_path_factory.mktemp("log") / "001.log"
    path.write_bytes(raw)
    log = LogFile(path)
    expected = [line.decode() for line in lines][max(1, start) - 1 :][:count]
    assert [line.text for line in log.lines(start, count)] == expected
    assert [line.number for line in log.lines(start, count)] == list(
        range(max(1, start), max(1, start) + len(expected))
    )
    assert log.count() == len(lines)


def test_a_growing_log_is_counted_on(tmp_path: Path) -> None:
    path = tmp_path / "001.log"
    log, written = LogFile(path), 0
    random.seed(7)
    with path.open("ab", buffering=0) as file:
        for _ in range(60):
            many = random.randrange(4000)
            file.write(b"some text of a line\n" * many)
            written += many
            assert log.count() == written
    assert log.lines(written, 5) == [Line(written, "some text of a line")]
    assert log.lines(written + 1, 5) == []


def test_a_line_of_a_large_log_comes_in_milliseconds(tmp_path: Path) -> None:
    path = tmp_path / "001.log"
    with path.open("wb") as file:
        for block in range(200):
            file.writelines(b"line %d of a log that is rather long\n" % (block * 1000 + n) for n in range(1000))
    log = LogFile(path)
    assert log.count() == 200_000
    for number in random.Random(1).sample(range(1, 200_000), 50):
        found = log.lines(number, 100)
        assert found[0].text == f"line {number - 1} of a log that is rather long"


def test_long_lines_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "001.log"
    path.write_bytes(b"a\n" + b"x" * (3 * BLOCK) + b"\nb\n")
    found = LogFile(path).lines(1, 3)
    assert [line.number for line in found] == [1, 2, 3]
    assert found[2].text == "b"
    assert found[1].text == "x" * LONGEST_LINE + f" ... ({3 * BLOCK - LONGEST_LINE + 1} more bytes)"


def test_following_gives_whole_lines_and_never_half_a_character(tmp_path: Path) -> None:
    path = tmp_path / "001.log"
    path.write_bytes(b"one\ntwo\nthr")
    log = LogFile(path)
    first = log.follow(0)
    assert (first.text, first.offset) == ("one\ntwo\n", 8)
    assert log.follow(8).text == "thr"
    path.write_bytes("ключ".encode()[:-1])
    part = log.follow(0)
    assert (part.text, part.offset) == ("клю", 6)
    seen, offset = "", 0
    path.write_bytes(("ключ " * 100_000).encode())
    while (chunk := log.follow(offset, 1000)).text:
        seen += chunk.text
        offset = chunk.offset
    assert seen == "ключ " * 100_000 or "\ufffd" in seen


def test_what_is_not_utf_8_is_shown_as_such() -> None:
    assert text(b"a\xff\xfeb") == "a\ufffd\ufffdb"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"##[error]bad", Line(1, "bad", "error")),
        (b"##[Group]Install", Line(1, "Install", "group")),
        (b"##[endgroup]", Line(1, "", "endgroup")),
        (b"[command]/bin/bash x", Line(1, "/bin/bash x", "command")),
        (b"##[command]git", Line(1, "git", "command")),
        (b"[error]plain", Line(1, "[error]plain")),
        (b"##[unknown]x", Line(1, "##[unknown]x")),
        (b" ##[error]x", Line(1, " ##[error]x")),
        (b"##[error", Line(1, "##[error")),
    ],
)
def test_marks_are_taken_off(raw: bytes, line: Line) -> None:
    assert marked(1, raw) == line


def test_times_are_those_of_the_writes(tmp_path: Path) -> None:
    path = tmp_path / "001.log"
    path.with_suffix(".times").write_bytes(
        b"".join(struct.pack("<QQ", *record) for record in ((0, 1000), (50, 2000), (90, 3000))) + b"torn"
    )
    times = LogFile(path).times()
    assert [times.at(offset) for offset in (0, 49, 50, 89, 90, 10_000)] == [1000, 1000, 2000, 2000, 3000, 3000]
