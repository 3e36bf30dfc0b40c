"""Test results and coverage: of a run, one by one, and over runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from drivetrain.errors import NotFoundError
from drivetrain.run.reports.model import CaseOutcome  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.api.own import report_translate as translate
from drivetrain.view.api.own.access import SiteOf  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.api.own.report_shapes import (
    CasePageShape,
    CaseShape,
    CoverageShape,
    RunTestsShape,
    TrendShape,
)
from drivetrain.view.reports.files import LARGEST
from drivetrain.view.reports.ports import CaseFilter, Line

router = APIRouter(tags=["tests and coverage"])
Number = Annotated[int, Query(ge=0, le=10**9)]
BYTES = "application/octet-stream"


@router.get("/runs/{run_id}/tests")
def get_tests(site: SiteOf, run_id: int) -> RunTestsShape:
    """Counts of a run's tests, and the reports that they come from."""
    return translate.tests(site.reports.tests(run_id))


@router.get("/runs/{run_id}/tests/results")
def list_results(
    site: SiteOf,
    run_id: int,
    outcome: CaseOutcome | None = None,
    text: str = "",
    report: int | None = None,
    offset: Number = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CasePageShape:
    """Tests of a run, failed ones first."""
    found = site.reports.cases(run_id, CaseFilter(outcome, text[:500], report, offset, limit))
    return CasePageShape(tests=[translate.case(run_id, each) for each in found.cases], total=found.total)


@router.get("/runs/{run_id}/tests/{report}/{position}")
def get_result(site: SiteOf, run_id: int, report: int, position: int) -> CaseShape:
    """One test."""
    return translate.case(run_id, site.reports.case(run_id, report, position))


@router.get("/runs/{run_id}/tests/{report}/{position}/output", response_class=Response)
def get_output(site: SiteOf, run_id: int, report: int, position: int) -> Response:
    """What a test wrote, always as a download."""
    found = site.reports.case(run_id, report, position)
    where = next(each for each in site.reports.tests(run_id).reports if each.id == report)
    result = found.result
    data = site.report_files.read(
        run_id, found.job, found.attempt, where.title.outputs, result.output_at, result.output_size
    )
    if not result.output_size or data is None:
        raise NotFoundError("nothing is kept of what this test wrote", hint="the log of the step may have it")
    return _download(data, f"output-{report}-{position}.txt")


@router.get("/runs/{run_id}/tests/{report}/files/{number}", response_class=Response)
def get_report_file(site: SiteOf, run_id: int, report: int, number: int) -> Response:
    """A report as the test runner wrote it, always as a download."""
    for each in site.reports.tests(run_id).reports:
        if each.id == report and 0 < number <= len(each.title.attachments):
            path = each.title.attachments[number - 1].path
            data = site.report_files.read(run_id, each.job, each.attempt, path, 0, LARGEST)
            if data is not None:
                return _download(data, f"report-{report}-{number}.xml")
    raise NotFoundError(f"run {run_id} has no such file", hint="its page of tests lists those that it has")


def _download(data: bytes, name: str) -> Response:
    return Response(data, media_type=BYTES, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/runs/{run_id}/coverage")
def get_coverage(site: SiteOf, run_id: int) -> CoverageShape:
    """The coverage of a run, by file."""
    found = site.reports.coverage(run_id)
    if found is None:
        raise NotFoundError(f"run {run_id} published no coverage", hint="PublishCodeCoverageResults@2 publishes it")
    return translate.coverage(found)


@router.get("/test-trends")
def get_trend(
    site: SiteOf,
    pipeline: str,
    branch: str,
    project: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TrendShape:
    """Counts and coverage of the last runs of a pipeline on a branch (in full: `refs/heads/main`)."""
    points = site.reports.trend(Line(project, pipeline, branch), limit)
    return TrendShape(
        project=project, pipeline=pipeline, branch=branch, runs=[translate.trend_point(each) for each in points]
    )
