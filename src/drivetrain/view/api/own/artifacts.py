"""Artifacts: list, one file, one artifact or all of a run as a zip."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import FileResponse, StreamingResponse

from drivetrain.errors import NotFoundError
from drivetrain.view.api.own import translate
from drivetrain.view.api.own.access import SiteOf  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.api.own.shapes import ArtifactFiles, ArtifactFileShape, ArtifactShape
from drivetrain.view.finding import find_artifact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

router = APIRouter(prefix="/runs/{run_id}/artifacts", tags=["artifacts"])
bundles = APIRouter(prefix="/runs/{run_id}/artifacts.zip", tags=["artifacts"])
CHUNK = 1 << 18
EPOCH = (1980, 1, 1, 0, 0, 0)


@router.get("")
def list_artifacts(site: SiteOf, run_id: int) -> list[ArtifactShape]:
    """The artifacts of a run."""
    return [translate.artifact(each) for each in site.runs.timeline(run_id).artifacts]


@router.get("/{artifact}")
def list_files(site: SiteOf, run_id: int, artifact: str) -> ArtifactFiles:
    """The files of an artifact."""
    name = find_artifact(site.runs.timeline(run_id), artifact).name
    files = [ArtifactFileShape(path=file.path, size=file.size) for file in site.artifacts.files(run_id, name)]
    return ArtifactFiles(files=files)


@router.get("/{artifact}/file", response_class=FileResponse)
def get_file(site: SiteOf, run_id: int, artifact: str, path: str) -> FileResponse:
    """One file, always as a download: a browser never shows what a job has made."""
    name = find_artifact(site.runs.timeline(run_id), artifact).name
    where = site.artifacts.locate(run_id, name, path)
    return FileResponse(where, media_type="application/octet-stream", filename=where.name)


@router.get("/{artifact}/zip", response_class=StreamingResponse)
def get_zip(site: SiteOf, run_id: int, artifact: str) -> StreamingResponse:
    """All files as one archive, made while it is sent."""
    name = find_artifact(site.runs.timeline(run_id), artifact).name
    files = site.artifacts.locations(run_id, name)
    headers = {"Content-Disposition": f'attachment; filename="run-{run_id}-{artifact.strip("~")}.zip"'}
    return StreamingResponse(zipped(files), media_type="application/zip", headers=headers)


@bundles.get("", response_class=StreamingResponse)
def get_all(site: SiteOf, run_id: int) -> StreamingResponse:
    """All artifacts of a run as one archive, each in a folder of its name, made while it is sent."""
    found: dict[str, Path] = {}
    for each in site.runs.timeline(run_id).artifacts:
        with suppress(NotFoundError):  # it lies elsewhere, or was removed
            places = site.artifacts.locations(run_id, each.name)
            found.update({f"{each.name}/{path}": where for path, where in places.items()})
    if not found:
        raise NotFoundError(f"run {run_id} has no artifacts here", hint="its page lists what it has published")
    headers = {"Content-Disposition": f'attachment; filename="run-{run_id}.zip"'}
    return StreamingResponse(zipped(found), media_type="application/zip", headers=headers)


class _Outbox:
    """A file that cannot be sought: what zipfile has written waits here to be sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do: whoever sends takes what there is."""

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zipped(files: Mapping[str, Path]) -> Iterator[bytes]:
    """An archive of files, by their paths in it."""
    out = _Outbox()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:  # type: ignore[call-overload]
        for path, where in files.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = (0o755 if where.stat().st_mode & 0o100 else 0o644) << 16
            with where.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while data := source.read(CHUNK):
                    target.write(data)
                    yield out.take()
    yield out.take()
