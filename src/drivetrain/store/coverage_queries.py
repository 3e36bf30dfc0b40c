"""Coverage of runs: reports of several jobs are merged line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.run.reports.model import FileCoverage, Measure
from drivetrain.store.report_history import POINT, earlier_runs, point_from
from drivetrain.store.rows import from_json
from drivetrain.view.reports.ports import Coverage, RunPoint

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_USUAL = ("refs/heads/main", "refs/heads/master")
"""Default branches of working trees, which have no project that names one."""


def coverage_of(connection: sqlite3.Connection, run_id: int) -> Coverage | None:
    """The coverage of a run beside that of the one before; None when it published none."""
    own = _merged(connection, run_id)
    if own is None:
        return None
    before = _before(connection, run_id)
    other = _merged(connection, before.id) if before else None
    if before is None or other is None:
        return own
    return replace(
        own, before=before, before_lines=other.lines, before_branches=other.branches, before_files=other.files
    )


def lines_of(connection: sqlite3.Connection, run_id: int) -> tuple[Measure, RunPoint | None, Measure] | None:
    """Only the lines of a run, the run before and its lines."""
    own = run_lines(connection, run_id)
    if own is None:
        return None
    before = _before(connection, run_id)
    return own, before, (run_lines(connection, before.id) if before else None) or Measure()


def run_lines(connection: sqlite3.Connection, run_id: int) -> Measure | None:
    """The lines that a run covered; None when it published no coverage."""
    reports = _reports(connection, run_id)
    if len(reports) == 1:
        return Measure(reports[0]["lines_covered"], reports[0]["lines_total"])
    merged = _merged(connection, run_id)
    return merged.lines if merged else None


def _reports(connection: sqlite3.Connection, run_id: int) -> list[sqlite3.Row]:
    return connection.execute(
        "SELECT * FROM current_coverage_reports WHERE run_id = ? ORDER BY id", (run_id,)
    ).fetchall()


def _merged(connection: sqlite3.Connection, run_id: int) -> Coverage | None:
    reports = _reports(connection, run_id)
    if not reports:
        return None
    files: dict[str, FileCoverage] = {}
    lines, branches = Measure(), Measure()
    for report in reports:
        found = _files(connection, report["id"])
        if not found:
            lines += Measure(report["lines_covered"], report["lines_total"])
            branches += Measure(report["branches_covered"], report["branches_total"])
        for file in found:
            files[file.path] = merge(files[file.path], file) if file.path in files else file
    lines = sum((file.lines for file in files.values()), lines)
    counted = sum((file.branches for file in files.values()), branches)
    if not counted.total and len(reports) == 1:
        counted = Measure(reports[0]["branches_covered"], reports[0]["branches_total"])
    tools = tuple(dict.fromkeys(report["tool"] for report in reports))
    return Coverage(tools, lines, counted, [files[path] for path in sorted(files)])


def _files(connection: sqlite3.Connection, report_id: int) -> list[FileCoverage]:
    rows = connection.execute("SELECT data FROM coverage_files WHERE report_id = ? ORDER BY position", (report_id,))
    return [from_json(row["data"], FileCoverage) for row in rows]


def merge(one: FileCoverage, other: FileCoverage) -> FileCoverage:
    """One source file in two reports: a line that either covers is covered. Where a report only counts, the better."""
    branches = max(one.branches, other.branches, key=lambda each: (each.total, each.covered))
    if not (one.known and other.known):
        best = max(one, other, key=lambda each: (each.lines.total, each.lines.covered))
        return replace(best, branches=branches)
    known, hit = int(one.known, 16) | int(other.known, 16), _bits(one.hit) | _bits(other.hit)
    lines = Measure(hit.bit_count(), known.bit_count())
    return replace(one, lines=lines, branches=branches, known=f"{known:x}", hit=f"{hit:x}")


def _bits(digits: str) -> int:
    return int(digits, 16) if digits else 0


def _before(connection: sqlite3.Connection, run_id: int) -> RunPoint | None:
    same = earlier_runs(connection, run_id, "coverage", 1)
    return same[0] if same else _on_default_branch(connection, run_id)


def _on_default_branch(connection: sqlite3.Connection, run_id: int) -> RunPoint | None:
    branches = _default_branches(connection, run_id)
    rows = connection.execute(
        f"SELECT {POINT} FROM runs JOIN runs AS own ON own.id = ? WHERE runs.id < own.id "  # noqa: S608 - own names
        "AND runs.project_id IS own.project_id AND runs.pipeline = own.pipeline "
        f"AND runs.branch IN ({', '.join('?' * len(branches))}) "
        "AND EXISTS (SELECT 1 FROM coverage_reports AS reports WHERE reports.run_id = runs.id) "
        "ORDER BY runs.id DESC LIMIT 1",
        (run_id, *branches),
    )
    return next((point_from(row) for row in rows), None)


def _default_branches(connection: sqlite3.Connection, run_id: int) -> Sequence[str]:
    row = connection.execute(
        "SELECT projects.branch FROM runs JOIN projects ON projects.id = runs.project_id WHERE runs.id = ?", (run_id,)
    ).fetchone()
    if row is None:
        return _USUAL
    return (row["branch"] if row["branch"].startswith("refs/") else f"refs/heads/{row['branch']}",)
