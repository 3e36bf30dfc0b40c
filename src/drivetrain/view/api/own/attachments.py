"""Files that steps have attached: list, one file."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from drivetrain.view.api.own.access import SiteOf  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.api.own.shapes import AttachmentShape
from drivetrain.view.attachments import attachments, find_attachment

router = APIRouter(prefix="/runs/{run_id}/attachments", tags=["attachments"])


@router.get("")
def list_attachments(site: SiteOf, run_id: int) -> list[AttachmentShape]:
    """The files that the steps of a run have attached."""
    site.runs.timeline(run_id)
    return [
        AttachmentShape(
            number=each.number,
            job=str(each.job),
            attempt=each.attempt,
            step=each.step,
            type=each.type,
            name=each.name,
            size=each.size,
        )
        for each in attachments(site.runs, site.logs, run_id)
    ]


@router.get("/{number}", response_class=FileResponse)
def get_attachment(site: SiteOf, run_id: int, number: int) -> FileResponse:
    """One file, always as a download: a browser never shows what a job has made."""
    site.runs.timeline(run_id)
    found = find_attachment(site.runs, site.logs, run_id, number)
    return FileResponse(found.path, media_type="application/octet-stream", filename=found.name)
