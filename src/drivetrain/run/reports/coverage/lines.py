"""The lines of source files that tests ran through, gathered from one or several reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.reports.model import FileCoverage, Measure

if TYPE_CHECKING:
    from collections.abc import Iterator

LAST_LINE = 200_000
"""Lines further down are not counted: a report that names one is a mistake, or worse."""
MOST_SOURCES = 50_000
MOST_DIGITS = 64 << 20
"""Of all sets of lines that are written down together; further files have their counts only."""


class SourceLines:
    """One source file while reports are read; a line that any report covers is covered."""

    __slots__ = ("branches", "hit", "known", "module")

    def __init__(self, module: str) -> None:
        self.module = module
        self.known: set[int] = set()
        self.hit: set[int] = set()
        self.branches: dict[int, Measure] = {}

    def add(self, line: int, *, hit: bool, branches: Measure = Measure()) -> None:  # noqa: B008 - it is frozen
        """A line of a report."""
        if not 0 < line <= LAST_LINE:
            return
        self.known.add(line)
        if hit:
            self.hit.add(line)
        if branches.total:
            before = self.branches.get(line, Measure())
            self.branches[line] = Measure(max(before.covered, branches.covered), max(before.total, branches.total))

    def merge(self, other: SourceLines) -> None:
        """What another report has of the same file."""
        self.known |= other.known
        self.hit |= other.hit
        for line, measure in other.branches.items():
            self.add(line, hit=False, branches=measure)


class Sources:
    """All source files by path, and what reports without lines only count."""

    def __init__(self) -> None:
        self._files: dict[str, SourceLines] = {}
        self.counted_lines = Measure()
        self.counted_branches = Measure()

    def source(self, path: str, module: str) -> SourceLines:
        """The file of that path; one that does not count when there are too many."""
        found = self._files.get(path)
        if found is None:
            found = SourceLines(module)
            if len(self._files) < MOST_SOURCES:
                self._files[path] = found
        return found

    def merge(self, other: Sources) -> None:
        """What another report has."""
        for path, lines in other._files.items():
            self.source(path, lines.module).merge(lines)
        self.counted_lines += other.counted_lines
        self.counted_branches += other.counted_branches

    @property
    def lines(self) -> Measure:
        """Of all files."""
        files = self._files.values()
        found = Measure(sum(len(each.hit) for each in files), sum(len(each.known) for each in files))
        return found if found.total else self.counted_lines

    @property
    def branches(self) -> Measure:
        """Of all files; as counted where the lines do not tell of any."""
        found = sum((each for file in self._files.values() for each in file.branches.values()), Measure())
        return found if found.total else self.counted_branches

    def files(self) -> Iterator[FileCoverage]:
        """The files that have lines, by path."""
        room = MOST_DIGITS
        for path, each in sorted(self._files.items()):
            if not each.known:
                continue
            room -= 2 * max(each.known) // 4
            sets = (_digits(each.known), _digits(each.hit)) if room > 0 else ("", "")
            branches = sum(each.branches.values(), Measure())
            yield FileCoverage(each.module, path, Measure(len(each.hit), len(each.known)), branches, *sets)


def _digits(lines: set[int]) -> str:
    bits = bytearray(max(lines, default=0) // 8 + 1)
    for line in lines:
        bits[line >> 3] |= 1 << (line & 7)
    return bits[::-1].hex().lstrip("0")
