"""Published tests: a report is a test run, as on Azure.

Its number is made of the build's and the place of the report in it. https://learn.microsoft.com/rest/api/azure/devops/test
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from drivetrain.run.model import Run
from drivetrain.run.predefined import guid
from drivetrain.run.reports.model import CaseOutcome, Counts
from drivetrain.view.api.devops.access import LinksOf, Number, ProjectOf, ServicesOf, no_build, run_in
from drivetrain.view.api.devops.bodies import MOST
from drivetrain.view.api.devops.build_shapes import uri_of
from drivetrain.view.api.devops.builds import Top
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.finding import every_run
from drivetrain.view.api.devops.links import Links, page_of, without_nothing
from drivetrain.view.api.devops.organization import Skip
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject
from drivetrain.view.reports.files import LARGEST
from drivetrain.view.reports.ports import Case, CaseFilter, ReportedTests

router = APIRouter(prefix="/{project}/_apis/test", tags=["tests"])
REPORTS = 1000
"""Numbers that each build has for its test runs."""
RECENT = 100
"""Builds that are looked through when none is named."""
FIRST_RESULT = 100_000
"""The number of the first result of a test run, as on Azure."""
_OUTCOMES = {CaseOutcome.PASSED: "Passed", CaseOutcome.FAILED: "Failed"}
_BUILD = "vstfs:///build/build/"


def _reports(services: Services, run: Run) -> Iterator[tuple[int, ReportedTests]]:
    for place, report in enumerate(services.site.reports.tests(run.id).reports[: REPORTS - 1], 1):
        yield run.id * REPORTS + place, report


def _shape(links: Links, project: TeamProject, run: Run, number: int, report: ReportedTests) -> dict[str, Any]:
    counts = report.counts
    here = f"test/Runs/{number}"
    return without_nothing(
        {
            "id": number,
            "name": report.title.title or f"{report.title.format}_TestResults_{run.id}",
            "url": links.api(here, project),
            "webAccessUrl": links.page(f"runs/{run.id}/tests"),
            "isAutomated": True,
            "state": "Completed",
            "build": {"id": str(run.id), "name": run.number, "url": links.api(f"build/Builds/{run.id}", project)},
            "buildConfiguration": {
                "id": run.id,
                "number": run.number,
                "platform": report.title.platform,
                "flavor": report.title.configuration,
                "project": {"id": project.id, "name": project.name},
                "branchName": run.source.ref,
                "buildDefinitionId": project.definition,
            },
            "project": {"id": project.id, "name": project.name, "url": links.api(f"projects/{project.id}")},
            "startedDate": report.published_at,
            "completedDate": report.published_at,
            "createdDate": report.published_at,
            "lastUpdatedDate": report.published_at,
            "owner": links.identity(run.requested_for),
            "totalTests": counts.total,
            "passedTests": counts.passed,
            "unanalyzedTests": counts.failed,
            "notApplicableTests": counts.not_executed,
            "incompleteTests": 0,
            "runStatistics": _statistics(counts),
            "pipelineReference": {
                "pipelineId": run.id,
                "pipelineDefinitionId": project.definition,
                "stageReference": {"stageName": report.job.stage, "attempt": report.attempt},
                "jobReference": {"jobName": report.job.job, "attempt": report.attempt},
            },
            "revision": 1,
        }
    )


def _statistics(counts: Counts) -> list[dict[str, Any]]:
    found = {
        "Passed": counts.passed,
        "Failed": counts.failed,
        "Inconclusive": counts.inconclusive,
        "NotExecuted": counts.not_executed,
    }
    return [{"state": "Completed", "outcome": name, "count": count} for name, count in found.items() if count]


@router.get("/runs")
def list_runs(  # noqa: PLR0917 - FastAPI passes them by name
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    buildUri: str = "",  # noqa: N803 - a query
    buildIds: str = "",  # noqa: N803 - a query
    since: Annotated[datetime | None, Query(alias="minLastUpdatedDate")] = None,
    until: Annotated[datetime | None, Query(alias="maxLastUpdatedDate")] = None,
    top: Top = 1000,
    skip: Skip = 0,
) -> dict[str, Any]:
    """The reports of one build (`buildUri`), of several (`buildIds`), or of the newest hundred."""
    found = [
        _shape(links, project, run, number, report)
        for run in _builds(services, project, buildUri, buildIds)
        for number, report in _reports(services, run)
        if _within(report.published_at, since, until)
    ]
    return page_of(found[skip : skip + top])


def _within(at: str, since: datetime | None, until: datetime | None) -> bool:
    moment = datetime.fromisoformat(at)
    first, last = (each.replace(tzinfo=each.tzinfo or moment.tzinfo) if each else None for each in (since, until))
    return (first is None or first <= moment) and (last is None or moment <= last)


def _builds(services: Services, project: TeamProject, uri: str, ids: str) -> list[Run]:
    named = [uri.lower().removeprefix(_BUILD)] if uri else [each.strip() for each in ids.split(",") if each.strip()]
    if not named:
        return [run for run, _ in zip(every_run(services.site, project, None), range(RECENT), strict=False)]
    numbers = [int(each) for each in named if each.isdecimal() and len(each) < len(str(MOST))]
    return [run for number in numbers if (run := run_in(services, project, number)) is not None]


def _find(services: Services, project: TeamProject, number: int) -> tuple[Run, ReportedTests]:
    run = run_in(services, project, number // REPORTS)
    if run is not None:
        for own, report in _reports(services, run):
            if own == number:
                return run, report
    raise UnknownError(f"Test run {number} could not be found.", "TestObjectNotFoundException")


@router.get("/runs/{number}")
def get_run(services: ServicesOf, project: ProjectOf, links: LinksOf, number: Number) -> dict[str, Any]:
    """One report."""
    run, report = _find(services, project, number)
    return _shape(links, project, run, number, report)


@router.get("/runs/{number}/statistics")
def get_statistics(services: ServicesOf, project: ProjectOf, links: LinksOf, number: Number) -> dict[str, Any]:
    """How many of its tests came to what."""
    run, report = _find(services, project, number)
    reference = {"id": str(number), "name": report.title.title, "url": links.api(f"test/Runs/{number}", project)}
    del run
    return {"run": reference, "runStatistics": _statistics(report.counts)}


@router.get("/runs/{number}/results")
def list_results(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    number: Number,
    outcomes: str = "",
    top: Top = 1000,
    skip: Skip = 0,
) -> dict[str, Any]:
    """Its tests, failed ones first; only of some outcomes (`Failed,NotExecuted`) where these are given."""
    run, report = _find(services, project, number)
    words = {each.strip().lower() for each in outcomes.split(",") if each.strip()}
    wanted = [outcome for outcome in CaseOutcome if not words or outcome.lower() in words]
    one = wanted[0] if len(wanted) == 1 else None
    found = services.site.reports.cases(run.id, CaseFilter(one, "", report.id, skip, min(top, 1000))).cases
    return page_of([_result(links, project, run, number, each) for each in found if each.result.outcome in wanted])


@router.get("/runs/{number}/results/{result}")
def get_result(
    services: ServicesOf, project: ProjectOf, links: LinksOf, number: Number, result: Number
) -> dict[str, Any]:
    """One test."""
    run, report = _find(services, project, number)
    found = services.site.reports.case(run.id, report.id, max(-1, result - FIRST_RESULT))
    return _result(links, project, run, number, found)


def _result(links: Links, project: TeamProject, run: Run, number: int, case: Case) -> dict[str, Any]:
    result = case.result
    own = FIRST_RESULT + case.position
    return without_nothing(
        {
            "id": own,
            "testCaseTitle": result.title,
            "automatedTestName": result.name,
            "automatedTestStorage": result.storage,
            "automatedTestId": guid("test", result.storage, result.name),
            "outcome": str(result.outcome),
            "state": "Completed",
            "durationInMs": result.seconds * 1000.0,
            "errorMessage": result.message,
            "stackTrace": result.stack,
            "failingSince": _since(links, project, case),
            "priority": 255,
            "revision": 1,
            "testRun": {"id": str(number), "url": links.api(f"test/Runs/{number}", project)},
            "build": {"id": str(run.id), "name": run.number, "url": links.api(f"build/Builds/{run.id}", project)},
            "project": {"id": project.id, "name": project.name},
            "url": links.api(f"test/Runs/{number}/Results/{own}", project),
        }
    )


def _since(links: Links, project: TeamProject, case: Case) -> dict[str, Any] | None:
    first = case.history.since
    if first is None:
        return None
    build = {
        "id": first.id,
        "number": first.number,
        "branchName": first.branch,
        "definitionId": project.definition,
        "buildSystem": links.collection(),
    }
    return {"date": first.created_at, "build": build}


@router.get("/runs/{number}/attachments")
def list_attachments(services: ServicesOf, project: ProjectOf, links: LinksOf, number: Number) -> dict[str, Any]:
    """The files that it was read from."""
    _, report = _find(services, project, number)
    return page_of(
        [
            {
                "id": place,
                "fileName": each.name,
                "attachmentType": "GeneralAttachment",
                "createdDate": report.published_at,
                "url": links.api(f"test/Runs/{number}/Attachments/{place}", project),
            }
            for place, each in enumerate(report.title.attachments, 1)
        ]
    )


@router.get("/runs/{number}/attachments/{place}", response_class=Response)
def get_attachment(services: ServicesOf, project: ProjectOf, number: Number, place: Number) -> Response:
    """One of them, always as a download."""
    run, report = _find(services, project, number)
    files = report.title.attachments
    if 0 < place <= len(files):
        path = files[place - 1].path
        data = services.site.report_files.read(run.id, report.job, report.attempt, path, 0, LARGEST)
        if data is not None:
            headers = {"content-disposition": f'attachment; filename="report-{number}-{place}.xml"'}
            return Response(data, media_type="application/octet-stream", headers=headers)
    raise UnknownError(f"Test run {number} has no attachment {place}.", "TestObjectNotFoundException")


@router.get("/codecoverage")
def coverage(
    services: ServicesOf,
    project: ProjectOf,
    buildId: Annotated[int, Query(ge=0, le=MOST)],  # noqa: N803 - a query
) -> dict[str, Any]:
    """The coverage of a build, by module; lines only."""
    run = run_in(services, project, buildId)
    if run is None:
        raise no_build(buildId)
    found = services.site.reports.coverage(run.id)
    if found is None:
        return page_of([])
    modules: dict[str, list[int]] = {}
    for each in found.files:
        counts = modules.setdefault(each.module or each.path, [0, 0])
        counts[0] += each.lines.covered
        counts[1] += each.lines.total
    names = modules or {"": [found.lines.covered, found.lines.total]}
    shapes = [
        {"name": name, "statistics": {"linesCovered": hit, "linesNotCovered": total - hit, "linesPartiallyCovered": 0}}
        for name, (hit, total) in names.items()
    ]
    return page_of([{"state": "completed", "configuration": {"id": run.id, "uri": uri_of(run)}, "modules": shapes}])
