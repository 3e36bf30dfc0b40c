"""Server-sent events: what happens in a run, as it happens.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from drivetrain.errors import NotFoundError
from drivetrain.run.model import State
from drivetrain.view.api.own import translate
from drivetrain.view.api.own.access import SiteOf  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.finding import find_job
from drivetrain.view.ports import RunFilter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from drivetrain.view.site import Site

router = APIRouter(tags=["live"])
KEEP_ALIVE_SECONDS = 15.0
LIST_SECONDS = 0.5
MEDIA_TYPE = "text/event-stream"


@router.get("/runs/{run_id}/stream", response_class=StreamingResponse)
async def stream_run(
    site: SiteOf,
    run_id: int,
    log: Annotated[str, Query(max_length=1000, description="`job/step`: tell when this log has grown, too")] = "",
    after: int = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Events `run` (one of the run's events, its seq as id), `log` (a log has grown), `end` (nothing more comes)."""
    seen = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
    watch = await run_in_threadpool(_RunWatch, site, run_id, log, seen)
    return StreamingResponse(_send(site, watch, site.poll_seconds), media_type=MEDIA_TYPE)


@router.get("/stream", response_class=StreamingResponse)
async def stream_runs(site: SiteOf) -> StreamingResponse:
    """Event `changed` when any run was added or changed: fetch the list again."""
    watch = await run_in_threadpool(_ListWatch, site)
    return StreamingResponse(_send(site, watch, max(site.poll_seconds, LIST_SECONDS)), media_type=MEDIA_TYPE)


class _RunWatch:
    """What is new in one run since the last look."""

    def __init__(self, site: Site, run_id: int, log: str, seen: int) -> None:
        self._site, self._run_id, self._seen = site, run_id, seen
        self._ended = site.runs.timeline(run_id).run.state is State.COMPLETED
        self._log = _Growth(site, run_id, log) if log else None
        self.over = False

    def news(self) -> list[str]:
        """Frames to send."""
        ended = self._ended
        frames = [*self._events(), *(self._log.news() if self._log else ())]
        if ended and not frames:
            self.over = True
            frames.append(_frame("end", {}))
        return frames

    def _events(self) -> Iterator[str]:
        for event in self._site.runs.events(self._run_id, self._seen):
            self._seen = event.seq
            self._ended = self._ended or event.type == "run.completed"
            yield _frame("run", translate.event(event).model_dump(), identity=event.seq)


class _Growth:
    """Whether a log has grown since the last look."""

    def __init__(self, site: Site, run_id: int, log: str) -> None:
        job, _, step = log.rpartition("/")
        if not step.isdecimal():
            raise NotFoundError(f"{log!r} names no log", hint="log=JOB/STEP, such as Build.train.1/3")
        record = find_job(site.runs.timeline(run_id), job)
        self._site, self._where = site, (run_id, record.ref, record.attempt, int(step))
        self._size = -1

    def news(self) -> Iterator[str]:
        log = self._site.logs.open(*self._where)
        size = log.size if log else 0
        if log and size != self._size:
            self._size = size
            yield _frame("log", {"size": size, "lines": log.line_count()})


class _ListWatch:
    """Whether the newest runs have changed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._last = site.runs.runs(RunFilter())
        self.over = False

    def news(self) -> list[str]:
        found = self._site.runs.runs(RunFilter())
        changed, self._last = found != self._last, found
        return [_frame("changed", {})] if changed else []


async def _send(site: Site, watch: _RunWatch | _ListWatch, pause: float) -> AsyncIterator[str]:
    yield ": open\n\n"
    spoke = time.monotonic()
    while not watch.over and not site.stopping():
        frames = await run_in_threadpool(watch.news)
        if frames:
            yield "".join(frames)
        elif time.monotonic() - spoke > KEEP_ALIVE_SECONDS:
            yield ": still here\n\n"
        else:
            await asyncio.sleep(pause)
            continue
        spoke = time.monotonic()


def _frame(name: str, data: object, *, identity: int | None = None) -> str:
    head = f"id: {identity}\n" if identity is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
