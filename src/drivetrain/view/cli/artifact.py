"""`drivetrain artifact`: what runs have published."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.record.artifacts import FolderArtifacts
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import emit_json, printable, table
from drivetrain.view.cli.show import size
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.model import Artifact, Run


@click.group("artifact", short_help="List and download what runs have published.")
def command() -> None:
    """List and download what runs have published."""


@command.command("list")
@click.argument("run", required=False, metavar="[RUN]")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--checksums", is_flag=True, help="Of the files of NAME, their SHA-256, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(run: str | None, name: str | None, *, checksums: bool, as_json: bool) -> None:
    """List the artifacts of a run or, with NAME, the files of one.

    RUN is an id or a number; without it, the newest run.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    if name is not None:
        _list_files(_folder(storage, chosen), name, checksums=checksums, as_json=as_json)
        return
    artifacts = storage.queries.timeline(chosen.id).artifacts
    if as_json:
        emit_json(artifacts)
    elif artifacts:
        table(["name", "kind", "files", "size", "job", "where"], [_row(each) for each in artifacts])
    else:
        click.echo(f"run {chosen.id} has published nothing", err=True)


def _row(artifact: Artifact) -> list[str]:
    where = printable(artifact.location) or (f"removed {artifact.removed_at[:10]}" if artifact.removed_at else "")
    counts = [str(artifact.files), size(artifact.size)]
    return [printable(artifact.name), printable(artifact.kind), *counts, printable(str(artifact.job)), where]


def _list_files(artifacts: FolderArtifacts, name: str, *, checksums: bool, as_json: bool) -> None:
    sizes = artifacts.sizes(name)
    sums = {path: _sha256(artifacts.path(name, path)) for path in sizes} if checksums else {}
    files = [{"path": path, "size": count, **({"sha256": sums[path]} if sums else {})} for path, count in sizes.items()]
    if as_json:
        emit_json(files)
        return
    headers = ["size", *(["sha256"] if checksums else []), "file"]
    table(headers, [[size(count), *([sums[path]] if sums else []), printable(path)] for path, count in sizes.items()])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@command.command("download")
@click.argument("run", metavar="RUN")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--pattern", "patterns", multiple=True, help="Only files that match: **/*.whl; ! takes files out again.")
@click.option(
    "--to", "target", default=".", help="Where to put them; else this folder.", type=click.Path(file_okay=False)
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def download(run: str, name: str | None, patterns: tuple[str, ...], target: str, *, as_json: bool) -> None:
    """Download one artifact of a run or, without NAME, all of them.

    RUN is an id or a number. Each artifact comes into a folder of its name; files that are there are replaced.
    """
    storage = Storage(Home.default())
    artifacts = _folder(storage, choose_run(storage.queries, run))
    names = [name] if name is not None else artifacts.names()
    if not names:
        raise NotFoundError(f"run {run} has no artifacts here", hint=f"drivetrain artifact list {run}")
    found = {each: list(_downloaded(artifacts, each, Path(target), patterns)) for each in names}
    if as_json:
        emit_json(found)
        return
    for each, files in found.items():
        click.echo(f"{printable(each)}: {len(files)} files to {Path(target, each)}")


def _downloaded(artifacts: FolderArtifacts, name: str, target: Path, patterns: tuple[str, ...]) -> Iterator[str]:
    # The name is compared with those that there are before it becomes part of a path.
    artifacts.sizes(name)
    yield from artifacts.download(name, target / name, patterns or ("**",))


def _folder(storage: Storage, run: Run) -> FolderArtifacts:
    return FolderArtifacts(storage.home.artifacts(run.id))
