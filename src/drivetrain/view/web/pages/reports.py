"""Tests and coverage of a run, and how they go over runs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msgspec import Struct

from drivetrain.errors import NotFoundError
from drivetrain.run.reports.model import CaseOutcome
from drivetrain.view.keys import key
from drivetrain.view.reports import charts, words
from drivetrain.view.reports.ports import CaseFilter
from drivetrain.view.web.pages.base import number, render, run_id, site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.run.reports.model import Measure
    from drivetrain.view.reports.ports import Case, Line, RunPoint, RunTests, TrendPoint
    from drivetrain.view.site import Site

PAGE = 100
RUNS = 50
FILES = 2000
ON_RUN = 8
"""Failed tests that a run's own page shows."""
SORTS = ("path", "missing", "coverage", "change")
SHOWN_OUTPUT = 20_000


class RunReports(Struct, frozen=True):
    """What a run's own page says of tests and coverage."""

    tests: RunTests
    failed: Sequence[Case]
    coverage: tuple[Measure, RunPoint | None, Measure] | None


def of_run(services: Site, wanted: int) -> RunReports:
    """The summary, and the first failed tests."""
    tests = services.reports.tests(wanted)
    chosen = CaseFilter(outcome=CaseOutcome.FAILED, limit=ON_RUN)
    failed = services.reports.cases(wanted, chosen).cases if tests.counts.failed else []
    return RunReports(tests, failed, services.reports.coverage_lines(wanted))


def tests(request: Request) -> Response:
    """All tests of a run, filtered, failed ones first."""
    wanted, services = run_id(request), site(request)
    query = {name: request.query_params.get(name, "")[:500] for name in ("outcome", "text", "report")}
    outcome = CaseOutcome(query["outcome"]) if query["outcome"] in set(CaseOutcome) else None
    offset = PAGE * ((number(request, "page") or 1) - 1)
    found = services.reports.cases(
        wanted, CaseFilter(outcome, query["text"], number(request, "report"), max(0, offset), PAGE)
    )
    summary = services.reports.tests(wanted)
    outputs = {each.id: each.title.outputs for each in summary.reports}
    kept = {name: value for name, value in query.items() if value}
    return render(
        request,
        "tests.html",
        run=services.runs.timeline(wanted).run,
        tests=summary,
        chosen=query,
        filtered=bool(kept),
        outcomes=[(each.value, words.OUTCOMES[each][1]) for each in CaseOutcome],
        found=found,
        first=offset + 1,
        before=_page(kept, offset // PAGE) if offset else "",
        after=_page(kept, offset // PAGE + 2) if offset + PAGE < found.total else "",
        output=lambda case: _output(services, wanted, case, outputs.get(case.report, "")),
    )


def _page(kept: dict[str, str], page: int) -> str:
    return "?" + urlencode({**kept, "page": str(page)})


def _output(services: Site, wanted: int, case: Case, path: str) -> str:
    """What a test wrote, as far as a page shows it."""
    if not case.result.output_size:
        return ""
    size = min(case.result.output_size, SHOWN_OUTPUT)
    data = services.report_files.read(wanted, case.job, case.attempt, path, case.result.output_at, size)
    return (data or b"").decode("utf-8", "replace")


def coverage(request: Request) -> Response:
    """The coverage of a run, by file."""
    wanted, services = run_id(request), site(request)
    found = services.reports.coverage(wanted)
    if found is None:
        raise NotFoundError(
            f"run {wanted} published no coverage", hint="PublishCodeCoverageResults@2 publishes reports of it"
        )
    sort = request.query_params.get("sort", "")
    sort = sort if sort in SORTS else "path"
    return render(
        request,
        "coverage.html",
        run=services.runs.timeline(wanted).run,
        found=found,
        sort=sort,
        table=words.file_table(found.files, found.before_files, limit=FILES, sort=sort),
        missing=words.missing,
    )


def trends(request: Request) -> Response:
    """Tests and coverage over the runs of a pipeline on a branch."""
    services = site(request)
    lines = services.reports.lines_of_runs()
    wanted = request.query_params.get("of", "")
    line = next((each for each in lines if line_key(each) == wanted), lines[0] if lines else None)
    points = services.reports.trend(line, RUNS) if line else []
    return render(
        request,
        "test_trends.html",
        lines=[(line_key(each), each) for each in lines],
        line=line,
        points=points,
        bars=charts.bars(points),
        time=_time_curve(points),
        share=_share_curve(points),
        often=services.reports.often(line) if line else [],
    )


def line_key(line: Line) -> str:
    """A pipeline on a branch as one value of a query."""
    return ".".join(key(part) for part in (line.project, line.pipeline, line.branch))


class Chart(Struct, frozen=True):
    """A curve with what its edges stand for, and its last value."""

    curve: charts.Curve
    top: str
    bottom: str
    last: str


def _time_curve(points: Sequence[TrendPoint]) -> Chart | None:
    values = [each.counts.seconds if each.counts else None for each in points]
    known = [value for value in values if value is not None]
    if not known:
        return None
    high = max(known) * 1.1 or 1.0
    curve = charts.curve(points, values, [words.took(value or 0) for value in values], low=0, high=high)
    return Chart(curve, words.took(high), "0", words.took(known[-1]))


def _share_curve(points: Sequence[TrendPoint]) -> Chart | None:
    values = [each.lines.percent if each.lines else None for each in points]
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = max(0.0, math.floor(min(known) - 1)), min(100.0, math.ceil(max(known) + 1))
    shown = [words.percent(each.lines) if each.lines else "" for each in points]
    curve = charts.curve(points, values, shown, low=low, high=high)
    return Chart(curve, f"{high:g}%", f"{low:g}%", [text for text in shown if text][-1])
