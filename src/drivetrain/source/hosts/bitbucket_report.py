"""Tells Bitbucket of a commit: a build status, and a report whose annotations stand beside the lines.

https://support.atlassian.com/bitbucket-cloud/docs/code-insights/
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from drivetrain.source.hosts.http import part
from drivetrain.source.hosts.model import Verdict

if TYPE_CHECKING:
    from drivetrain.source.hosts.http import Api
    from drivetrain.source.hosts.model import Annotation, Report

LONGEST_KEY = 40
LONGEST_NAME, LONGEST_DETAILS, LONGEST_SUMMARY = 255, 2000, 450
BATCH, MOST = 100, 1000
"""Annotations of one request, and of a report."""
_STATES = {
    Verdict.PENDING: "INPROGRESS",
    Verdict.RUNNING: "INPROGRESS",
    Verdict.NEUTRAL: "INPROGRESS",
    Verdict.SUCCEEDED: "SUCCESSFUL",
    Verdict.FAILED: "FAILED",
    Verdict.ERROR: "FAILED",
    Verdict.CANCELED: "STOPPED",
}
_RESULTS = {Verdict.SUCCEEDED: "PASSED", Verdict.FAILED: "FAILED", Verdict.ERROR: "FAILED"}
_SEVERITIES = {"error": "HIGH", "warning": "MEDIUM"}


def put_report(api: Api, at: str, report: Report) -> str:
    """The status always, the report once there is something to show beside lines. What is known of it is our own key.

    https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/
    """
    key = f"drivetrain-{sha256(report.name.encode()).hexdigest()}"[:LONGEST_KEY]
    commit = f"{at}/commit/{part(report.sha)}"
    what = f"set the status of {report.sha[:10]}"
    api.post(f"{commit}/statuses/build", what, _status(report, key, api.base), right="Repositories: write")
    if report.annotations:
        _annotated(api, f"{commit}/reports/{key}", report)
    return key


def _status(report: Report, key: str, fallback: str) -> dict[str, Any]:
    """The address is required; without one that others reach it leads to the host itself."""
    return {
        "key": key,
        "state": _STATES[report.verdict],
        "name": report.name[:LONGEST_NAME],
        "description": report.title[:LONGEST_NAME],
        "url": report.url or fallback,
    }


def _annotated(api: Api, at: str, report: Report) -> None:
    """https://developer.atlassian.com/cloud/bitbucket/rest/api-group-reports/"""
    what, right = f"write the report of {report.sha[:10]}", "Repositories: write"
    body = {
        "title": report.name[:LONGEST_NAME],
        "details": report.title[:LONGEST_DETAILS],
        "report_type": "TEST",
        "reporter": "drivetrain",
        "result": _RESULTS.get(report.verdict, "PENDING"),
        **({"link": report.url} if report.url else {}),
    }
    api.put(at, what, body, right=right)
    rows = [_annotation(number, each) for number, each in enumerate(report.annotations[:MOST])]
    for start in range(0, len(rows), BATCH):
        api.post(f"{at}/annotations", what, rows[start : start + BATCH], right=right)


def _annotation(number: int, each: Annotation) -> dict[str, Any]:
    return {
        "external_id": f"{number}",
        "annotation_type": "BUG" if each.level == "error" else "CODE_SMELL",
        "summary": (each.title or each.message)[:LONGEST_SUMMARY] or "no message",
        "details": each.message[:LONGEST_DETAILS],
        "path": each.path,
        "line": each.line,
        "severity": _SEVERITIES.get(each.level, "LOW"),
    }
