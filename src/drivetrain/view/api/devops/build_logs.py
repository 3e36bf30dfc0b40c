"""Logs of a build: one for each step that has written any, one for each job with all of its steps'.

https://learn.microsoft.com/rest/api/azure/devops/build/builds/get-build-logs
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from drivetrain.run.model import JobRef, Timeline
from drivetrain.view.api.devops.access import LinksOf, Number, ProjectOf, ServicesOf, TimelineOf
from drivetrain.view.api.devops.bodies import MOST
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.links import Links, page_of
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject
from drivetrain.view.api.own.artifacts import zipped
from drivetrain.view.moments import from_milliseconds
from drivetrain.view.ports import LogLine, LogText

router = APIRouter(prefix="/{project}/_apis/build/builds/{build}/logs", tags=["logs"])
LOGS_OF_A_JOB = 10_000
"""Numbers that each job has for its logs; the first is that of all of its steps together."""
LINES = 5000
"""Read at once."""
ZIP, JSON = "application/zip", "application/json"
Start = Annotated[int, Query(alias="startLine", ge=0, le=MOST)]
End = Annotated[int | None, Query(alias="endLine", ge=0, le=MOST)]
Key = tuple[JobRef, int, int]
"""An attempt at a job, and the index of a step; 0 for all of its steps."""


def log_numbers(timeline: Timeline) -> dict[Key, int]:
    """The number of each log. Jobs are counted as they start, so a number stays what it is while the run goes on."""
    started = sorted((job for job in timeline.jobs if job.started_at), key=lambda job: (job.started_at, job.ref))
    places = {(job.ref, job.attempt): place * LOGS_OF_A_JOB for place, job in enumerate(started, 1)}
    numbers = {
        (step.job, step.attempt, step.index): places[step.job, step.attempt] + step.index
        for step in timeline.steps
        if step.started_at and (step.job, step.attempt) in places and step.index < LOGS_OF_A_JOB
    }
    begun = {(job, attempt) for job, attempt, _ in numbers}
    return {**{(*key, 0): place for key, place in places.items() if key in begun}, **numbers}


class Log:
    """A log of a build: that of one step, or those of all steps of a job, one after the other."""

    def __init__(self, services: Services, timeline: Timeline, key: Key) -> None:
        job, attempt, step = key
        numbers = [each for each in log_numbers(timeline) if each[:2] == key[:2] and each[2]]
        steps = [step] if step else sorted(each[2] for each in numbers)
        opened = (services.site.logs.open(timeline.run.id, job, attempt, each) for each in steps)
        self.texts: list[LogText] = [each for each in opened if each is not None]

    def count(self) -> int:
        """Lines so far."""
        return sum(text.line_count() for text in self.texts)

    def lines(self, start: int, end: int | None) -> Iterator[str]:
        """Lines from one to another, both counted from 1 and included."""
        first, left = max(1, start), None if end is None else end - max(1, start) + 1
        for text in self.texts:
            total = text.line_count()
            while first <= total and (left is None or left > 0):
                found = text.lines(first, min(LINES, LINES if left is None else left))
                if not found:
                    return
                yield from map(_stamped, found)
                first += len(found)
                left = None if left is None else left - len(found)
            first = max(1, first - total)


def _stamped(line: LogLine) -> str:
    """A line with its time in front, as Azure keeps it."""
    text = line.text.rstrip("\r\n")
    if line.time_ms is None:
        return text
    return f"{from_milliseconds(line.time_ms).replace('Z', '0000Z')} {text}"


def log_of(services: Services, timeline: Timeline, number: int) -> Log:
    """The log of this number. Raises UnknownError."""
    for key, own in log_numbers(timeline).items():
        if own == number:
            return Log(services, timeline, key)
    raise UnknownError(f"Build {timeline.run.id} has no log {number}.", "BuildLogNotFoundException")


@router.get("", response_model=None)
def list_logs(
    request: Request, services: ServicesOf, project: ProjectOf, links: LinksOf, timeline: TimelineOf
) -> dict[str, Any] | Response:
    """The logs of a run; all of them as one archive for whoever accepts `application/zip` before all else."""
    if wants(request, ZIP):
        return _archive(services, timeline)
    return page_of(described_logs(services, links, project, timeline))


def described_logs(
    services: Services, links: Links, project: TeamProject, timeline: Timeline, address: str = ""
) -> list[dict[str, Any]]:
    """Every log with how long it is."""
    here = address or f"build/builds/{timeline.run.id}/logs"
    created = {(job.ref, job.attempt): job.started_at for job in timeline.jobs}
    return [
        {
            "id": number,
            "type": "Container",
            "lineCount": Log(services, timeline, key).count(),
            "createdOn": created[key[0], key[1]],
            "lastChangedOn": created[key[0], key[1]],
            "url": links.api(f"{here}/{number}", project),
        }
        for key, number in sorted(log_numbers(timeline).items(), key=lambda item: item[1])
    ]


def _archive(services: Services, timeline: Timeline) -> StreamingResponse:
    titles = {(step.job, step.attempt, step.index): step.display_name or step.name for step in timeline.steps}
    files = {}
    for key in log_numbers(timeline):
        job, attempt, step = key
        found = services.site.logs.open(timeline.run.id, job, attempt, step) if step else None
        if found is not None:
            files[f"{_plain(str(job))}.{attempt}/{step}_{_plain(titles[key])}.txt"] = found.path
    headers = {"content-disposition": f'attachment; filename="logs_{timeline.run.id}.zip"'}
    return StreamingResponse(zipped(files), media_type=ZIP, headers=headers)


def _plain(text: str) -> str:
    """A name of a file: nothing in it means anything to a path."""
    return "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in text)[:100].strip(". ") or "_"


@router.get("/{number}", response_model=None)
def get_log(
    request: Request,
    services: ServicesOf,
    timeline: TimelineOf,
    number: Number,
    start: Start = 0,
    end: End = None,
) -> Response:
    """Some lines of a log or all of it, as plain text; as a list for whoever accepts JSON before all else."""
    log = log_of(services, timeline, number)
    if wants(request, JSON):
        return JSONResponse(page_of(list(log.lines(start, end))))
    if wants(request, ZIP):
        files = {f"{number}-{place}.txt": text.path for place, text in enumerate(log.texts, 1)}
        return StreamingResponse(zipped(files), media_type=ZIP)
    return StreamingResponse((f"{line}\r\n" for line in log.lines(start, end)), media_type=PlainTextResponse.media_type)


def wants(request: Request, media_type: str) -> bool:
    """Whether the first type that is accepted is this one: `application/json;api-version=7.1`."""
    asked = request.query_params.get("$format", "").lower()
    accepted = request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip().lower()
    return asked == media_type.rpartition("/")[2] if asked else accepted == media_type
