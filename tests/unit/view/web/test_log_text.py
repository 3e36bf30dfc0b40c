from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.view.logs import outline as outline_module
from drivetrain.view.logs.lines import MAX_CHARACTERS, Kind, show, window
from drivetrain.view.logs.outline import Group, outline, search
from drivetrain.view.ports import LogLine
from drivetrain.wire.log_texts import LogTextFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "001.log"
    path.write_text("one\n##[group]G\nin\n##[endgroup]\n##[Error]bad\nlast NEEDLE")
    return path


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("plain", Kind.PLAIN, "plain"),
        ("##[section]Starting: x", Kind.SECTION, "Starting: x"),
        ("##[COMMAND]ls", Kind.COMMAND, "ls"),
        ("##[warning]careful", Kind.WARNING, "careful"),
        ("not at the start ##[error]x", Kind.PLAIN, "not at the start ##[error]x"),
        ("##[unknown]x", Kind.PLAIN, "##[unknown]x"),
        ("10%\r50%\r100%", Kind.PLAIN, "100%"),
        ("dos\r", Kind.PLAIN, "dos"),
    ],
)
def test_a_marker_names_the_kind_of_a_line(text: str, kind: Kind, shown: str) -> None:
    line = show(7, LogLine(text, 5))
    assert (line.number, line.kind, line.time_ms) == (7, kind, 5)
    assert "".join(span.text for span in line.spans) == shown


def test_a_very_long_line_says_how_much_is_missing() -> None:
    line = show(1, LogLine("x" * (MAX_CHARACTERS + 1234)))
    assert line.spans[-1].text == " [1,234 more characters in the raw log]"


@pytest.mark.parametrize(
    ("start", "count", "first", "length"),
    [(1, 2, 1, 2), (5, 100, 5, 2), (-2, 100, 5, 2), (-100, 3, 1, 3), (0, 1, 1, 1), (99, 5, 99, 0)],
)
def test_a_window_holds_the_lines_asked_for(log: Path, start: int, count: int, first: int, length: int) -> None:
    found = window(LogTextFile(log), start, count)
    assert (found.start, found.total, len(found.lines)) == (first, 6, length)
    assert [line.number for line in found.lines] == list(range(first, first + length))


def test_an_outline_has_groups_errors_and_warnings(log: Path) -> None:
    found = outline(log, log.stat().st_size)
    assert found.groups == [Group(2, 4)]
    assert found.errors == [5]


def test_groups_left_open_end_before_the_next_or_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("##[group]a\n1\n##[group]b\n2\n3\n")
    assert outline(path, path.stat().st_size).groups == [Group(1, 2), Group(3, 5)]


@given(
    lines=st.lists(st.sampled_from(["a", "", "needle", "##[error]needle x", "NEEDLE" * 30]), max_size=40),
    block=st.integers(1, 50),
)
def test_search_finds_the_lines_that_contain_the_text_in_either_case(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], block: int
) -> None:
    path = tmp_path_factory.mktemp("search") / "x.log"
    path.write_text("\n".join(lines))
    whole = outline_module.BLOCK
    outline_module.BLOCK = max(block, 256)
    try:
        found = search(path, path.stat().st_size, "Needle")
    finally:
        outline_module.BLOCK = whole
    assert list(found.lines) == [i for i, line in enumerate(lines, 1) if "needle" in line.lower()]


def test_search_reads_no_further_than_the_size_given(log: Path) -> None:
    assert list(search(log, log.stat().st_size, "needle").lines) == [6]
    assert list(search(log, 10, "needle").lines) == []
