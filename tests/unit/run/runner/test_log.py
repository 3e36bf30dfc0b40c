from __future__ import annotations

import os
import struct
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.errors import UnavailableError
from drivetrain.run.runner.log import LONGEST_COMMAND, LONGEST_LINE, CommandSplitter, LogFile, StepLog
from drivetrain.run.runner.mask import Masker

if TYPE_CHECKING:
    from pathlib import Path


class Collected:
    def __init__(self) -> None:
        self.events: list[tuple[str, bytes]] = []
        self.splitter = CommandSplitter(lambda data: self.add("show", data), lambda line: self.add("command", line))

    def add(self, kind: str, data: bytes) -> None:
        if kind == "show" and self.events and self.events[-1][0] == "show":
            data = self.events.pop()[1] + data
        self.events.append((kind, data))


@given(st.lists(st.integers(0, 80), max_size=6))
def test_commands_are_taken_out_in_order_however_the_stream_is_cut(cuts: list[int]) -> None:
    text = b"one\n##vso[task.a]x\ntwo\nthree ##vso[task.b]y\r\n##vso[task.c]\nfour\n##vs five\n##vso[task.d]end"
    seen = Collected()
    edges = [0, *sorted(cuts), len(text)]
    for start, end in pairwise(edges):
        seen.splitter.feed(text[start:end])
    seen.splitter.close()
    assert seen.events == [
        ("show", b"one\n"),
        ("command", b"##vso[task.a]x"),
        ("show", b"two\n"),
        ("command", b"three ##vso[task.b]y"),
        ("command", b"##vso[task.c]"),
        ("show", b"four\n##vs five\n"),
        ("command", b"##vso[task.d]end"),
    ]


def test_a_partial_line_is_shown_when_idle_but_never_the_start_of_a_command() -> None:
    seen = Collected()
    seen.splitter.feed(b"50 % ##vs")
    assert seen.splitter.waiting
    seen.splitter.idle()
    assert seen.events == [("show", b"50 % ")]
    assert not seen.splitter.waiting
    seen.splitter.feed(b"o[task.a]x\n")
    assert seen.events[1:] == [("command", b"##vso[task.a]x")]


def test_a_line_without_end_is_shown_in_parts_and_takes_no_memory() -> None:
    seen = Collected()
    shown = 0
    for _ in range(64):
        seen.splitter.feed(b"x" * LONGEST_LINE)
        shown += sum(len(data) for _, data in seen.events)
        seen.events.clear()
    assert shown >= 63 * LONGEST_LINE


def test_an_endless_command_is_shown_as_text() -> None:
    seen = Collected()
    seen.splitter.feed(b"##vso[task.setvariable variable=a]")
    while not seen.events:
        seen.splitter.feed(b"y" * 65536)
    assert seen.events[0][0] == "show"
    assert len(seen.events[0][1]) <= LONGEST_COMMAND + 2 * 65536


def make_log(path: Path, masker: Masker) -> StepLog:
    return StepLog(LogFile(path), masker, lambda _: None)


def test_own_lines_start_on_a_line_of_their_own(tmp_path: Path) -> None:
    log = make_log(tmp_path / "001.log", Masker())
    log.output.feed(b"no end")
    log.output.idle()
    log.line("ours")
    log.close()
    assert (tmp_path / "001.log").read_bytes() == b"no end\nours\n"


def test_the_end_of_the_output_ends_its_last_line(tmp_path: Path) -> None:
    masker = Masker()
    masker.add("secret")
    log = make_log(tmp_path / "001.log", masker)
    log.output.feed(b"see sec")
    log.end_output()
    log.line("done")
    log.close()
    log.close()
    assert (tmp_path / "001.log").read_bytes() == b"see sec\ndone\n"


def test_a_secret_is_masked_across_writes_and_the_idle_flush(tmp_path: Path) -> None:
    masker = Masker()
    masker.add("topsecret")
    log = make_log(tmp_path / "001.log", masker)
    for part in (b"a top", b"sec", b"ret b"):
        log.output.feed(part)
        log.output.idle()
        assert b"top" not in (tmp_path / "001.log").read_bytes()
    log.close()
    assert (tmp_path / "001.log").read_bytes() == b"a *** b\n"


def test_times_are_kept_beside_the_log(tmp_path: Path) -> None:
    before = time.time_ns() // 1_000_000
    file = LogFile(tmp_path / "001.log")
    for _ in range(1000):
        file.write(b"line\n")
    file.close()
    after = time.time_ns() // 1_000_000
    records = list(struct.iter_unpack("<QQ", (tmp_path / "001.times").read_bytes()))
    assert records[0][0] == 0
    assert before <= records[0][1] <= records[-1][1] <= after
    assert len(records) <= (after - before) // 50 + 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")  # noqa: PTH110
def test_a_full_disk_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "001.log").symlink_to("/dev/full")
    file = LogFile(tmp_path / "001.log")
    with pytest.raises(UnavailableError, match="No space left on device"):
        file.write(b"x")
    file.close()
