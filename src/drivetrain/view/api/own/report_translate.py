"""Values of test results and coverage -> the shapes of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.view.api.own import report_shapes as shapes
from drivetrain.view.keys import job_key
from drivetrain.view.reports.words import missing

if TYPE_CHECKING:
    from drivetrain.run.reports.model import Counts, FileCoverage, Measure
    from drivetrain.view.reports.ports import Case, Coverage, ReportedTests, RunPoint, RunTests, TrendPoint


def counts(value: Counts) -> shapes.CountsShape:
    """Counts of tests."""
    return shapes.CountsShape(
        total=value.total,
        passed=value.passed,
        failed=value.failed,
        inconclusive=value.inconclusive,
        not_executed=value.not_executed,
        seconds=value.seconds,
    )


def _point(value: RunPoint | None) -> shapes.RunPointShape | None:
    return shapes.RunPointShape(id=value.id, number=value.number, url=f"/runs/{value.id}") if value else None


def tests(value: RunTests) -> shapes.RunTestsShape:
    """All tests of a run."""
    return shapes.RunTestsShape(
        counts=counts(value.counts),
        reports=[_report(each) for each in value.reports],
        compared_with=_point(value.before),
        new_failures=value.new_failures,
        fixed=value.fixed,
    )


def _report(value: ReportedTests) -> shapes.ReportShape:
    title = value.title
    return shapes.ReportShape(
        id=value.id,
        title=title.title,
        format=title.format,
        platform=title.platform,
        configuration=title.configuration,
        job=job_key(value.job, value.attempt),
        attempt=value.attempt,
        step=value.step,
        counted=value.current,
        counts=counts(value.counts),
        published_at=value.published_at,
        files=[each.name for each in title.attachments],
    )


def case(run_id: int, value: Case) -> shapes.CaseShape:
    """One test."""
    result, history = value.result, value.history
    address = f"/api/v1/runs/{run_id}/tests/{value.report}/{value.position}/output"
    return shapes.CaseShape(
        report=value.report,
        position=value.position,
        job=job_key(value.job, value.attempt),
        storage=result.storage,
        name=result.name,
        title=result.title,
        outcome=result.outcome,
        seconds=result.seconds,
        message=result.message,
        stack=result.stack,
        output=address if result.output_size else "",
        failing_since=_point(history.since),
        failing_runs=history.streak,
        new=history.new,
        fixed=history.fixed,
        flaky=history.flaky,
    )


def measure(value: Measure) -> shapes.MeasureShape:
    """How much is covered."""
    return shapes.MeasureShape(covered=value.covered, total=value.total, percent=value.percent)


def coverage(value: Coverage) -> shapes.CoverageShape:
    """The coverage of a run."""
    return shapes.CoverageShape(
        tools=list(value.tools),
        lines=measure(value.lines),
        branches=measure(value.branches),
        files=[_file(each) for each in value.files],
        compared_with=_point(value.before),
        lines_before=measure(value.before_lines) if value.before else None,
    )


def _file(value: FileCoverage) -> shapes.FileCoverageShape:
    return shapes.FileCoverageShape(
        module=value.module,
        path=value.path,
        lines=measure(value.lines),
        branches=measure(value.branches),
        missing=missing(value),
    )


def trend_point(value: TrendPoint) -> shapes.TrendPointShape:
    """One run of a trend."""
    point = _point(value.run)
    assert point is not None  # noqa: S101 - a trend has runs
    return shapes.TrendPointShape(
        run=point,
        counts=counts(value.counts) if value.counts else None,
        lines=measure(value.lines) if value.lines else None,
    )
