"""Tells GitHub of a commit: by a check run, or by a commit status where check runs may not be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import NotFoundError
from drivetrain.source.hosts.http import part
from drivetrain.source.hosts.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.source.hosts.http import Api
    from drivetrain.source.hosts.model import Annotation, Report

BATCH = 50
"""Annotations of one request; GitHub appends those of the next ones."""
LONGEST_TEXT, LONGEST_DESCRIPTION, LONGEST_MESSAGE = 65_535, 140, 16_000
"""Characters; of an annotation's message GitHub takes 64 KB."""
STATUS = "status"
"""What is known of a commit status: there is nothing to change it by, the next one of its context takes its place."""

_STATES = {
    Verdict.PENDING: "pending",
    Verdict.RUNNING: "pending",
    Verdict.NEUTRAL: "pending",
    Verdict.SUCCEEDED: "success",
    Verdict.FAILED: "failure",
    Verdict.CANCELED: "error",
    Verdict.ERROR: "error",
}
_CONCLUSIONS = {
    Verdict.SUCCEEDED: "success",
    Verdict.FAILED: "failure",
    Verdict.CANCELED: "cancelled",
    Verdict.ERROR: "failure",
    Verdict.NEUTRAL: "action_required",
}
_LEVELS = {"error": "failure", "warning": "warning"}


def put_status(api: Api, at: str, report: Report) -> str:
    """https://docs.github.com/rest/commits/statuses#create-a-commit-status"""
    body = {"state": _STATES[report.verdict], "context": report.name, "description": report.title[:LONGEST_DESCRIPTION]}
    if report.url:
        body["target_url"] = report.url
    what = f"set the status of {report.sha[:10]}"
    api.post(f"{at}/statuses/{part(report.sha)}", what, body, right="Commit statuses: write (scope `repo:status`)")
    return STATUS


def put_check_run(api: Api, at: str, report: Report) -> str:
    """Make the check run, or change the one that is known; then append what annotations it has not.

    https://docs.github.com/rest/checks/runs
    """
    what, right = f"write the check run of {report.sha[:10]}", "Checks: write"
    known, there = _known(api, at, report, what)
    rest = list(report.annotations[there:])
    body = _body(report, rest[:BATCH])
    found = None
    if known:
        found = _changed(api, f"{at}/check-runs/{part(known)}", what, body)
    if found is None:
        rest, body = list(report.annotations), _body(report, report.annotations[:BATCH])
        found = api.post(f"{at}/check-runs", what, {**body, "head_sha": report.sha}, right=right)
    known = str(found["id"])
    for start in range(BATCH, len(rest), BATCH):
        more = _body(report, rest[start : start + BATCH])
        api.patch(f"{at}/check-runs/{part(known)}", what, {"output": more["output"]}, right=right)
    return known


def _known(api: Api, at: str, report: Report, what: str) -> tuple[str, int]:
    """The check run's id and how many annotations it has: after being killed we may know neither."""
    if report.key:
        if not report.annotations:
            return report.key, 0
        try:
            found = api.get(f"{at}/check-runs/{part(report.key)}", what, right="Checks: write")
        except NotFoundError:
            return "", 0
        return report.key, _count(found)
    path = f"{at}/commits/{part(report.sha)}/check-runs"
    found = api.get(path, what, right="Checks: write", query={"check_name": report.name, "filter": "latest"})
    mine = [each for each in found["check_runs"] if report.reference and each.get("external_id") == report.reference]
    return (str(mine[0]["id"]), _count(mine[0])) if mine else ("", 0)


def _count(found: dict[str, Any]) -> int:
    return int((found.get("output") or {}).get("annotations_count") or 0)


def _changed(api: Api, path: str, what: str, body: dict[str, Any]) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = api.patch(path, what, body, right="Checks: write")
    except NotFoundError:
        return None
    return found


def _body(report: Report, annotations: Sequence[Annotation]) -> dict[str, Any]:
    body: dict[str, Any] = {"name": report.name, **_progress(report)}
    if report.url:
        body["details_url"] = report.url
    if report.reference:
        body["external_id"] = report.reference
    if report.started_at:
        body["started_at"] = report.started_at
    output: dict[str, Any] = {"title": report.title, "summary": report.summary[:LONGEST_TEXT]}
    if annotations:
        output["annotations"] = [_annotation(each) for each in annotations]
    return {**body, "output": output}


def _progress(report: Report) -> dict[str, str]:
    conclusion = _CONCLUSIONS.get(report.verdict)
    if conclusion is None:
        return {"status": "queued" if report.verdict is Verdict.PENDING else "in_progress"}
    ended = {"completed_at": report.finished_at} if report.finished_at else {}
    return {"status": "completed", "conclusion": conclusion, **ended}


def _annotation(each: Annotation) -> dict[str, Any]:
    found = {
        "path": each.path,
        "start_line": each.line,
        "end_line": each.line,
        "annotation_level": _LEVELS.get(each.level, "notice"),
        "message": each.message[:LONGEST_MESSAGE] or "no message",
    }
    return {**found, "title": each.title[:255]} if each.title else found
