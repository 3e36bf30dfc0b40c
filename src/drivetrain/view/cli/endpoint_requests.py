"""`drivetrain endpoint requests`: what was asked of an endpoint, as far as its deployments write it down."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from drivetrain.serve.measures.request_log import FILE, FILES
from drivetrain.view.cli.output import printable, table
from drivetrain.wire.serving.serving import who_asks
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOK_SECONDS = 0.3
WIDTH = 60
HEADERS = ("time", "deployment", "model", "status", "ms", "request", "response")


@click.command("requests")
@click.argument("name")
@click.option("--deployment", default="", metavar="NAME", help="Of this one only.")
@click.option("-n", "--lines", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many.")
@click.option("-f", "--follow", is_flag=True, help="Go on with those that come.")
@click.option("--json", "as_json", is_flag=True, help="Print them as they are kept, one JSON object a line.")
def command(name: str, deployment: str, lines: int, *, follow: bool, as_json: bool) -> None:
    """Show the newest requests that an endpoint has written down; `deploy --collect SHARE` has it do so."""
    home = who_asks().home
    endpoint = Storage(home).endpoints.get(name)
    path = home.endpoint(endpoint.name) / FILE
    position = path.stat().st_size if path.exists() else 0
    found = [each for each in _kept(path) if deployment in ("", each.get("deployment"))][-lines:]
    if not found and not follow:
        click.echo("nothing is written down; `drivetrain deploy --collect 0.1` writes every tenth request", err=True)
    if found and not as_json:
        table(HEADERS, [_row(each) for each in found])
    for each in found if as_json else ():
        click.echo(json.dumps(each))
    for each in _followed(path, position) if follow else ():
        if deployment in ("", each.get("deployment")):
            click.echo(json.dumps(each) if as_json else "  ".join(_row(each)))


def _kept(path: Path) -> Iterator[dict[str, Any]]:
    """All that is kept, the oldest first."""
    older = (path.with_name(f"{FILE}.{number}") for number in range(FILES, 0, -1))
    for each in (*older, path):
        if each.exists():
            with each.open("rb") as file:
                yield from filter(None, map(_read, file))


def _followed(path: Path, position: int) -> Iterator[dict[str, Any]]:
    """Those that come, also when the file has made room for another."""
    while True:
        size = path.stat().st_size if path.exists() else 0
        if size < position:
            position = 0
        if size > position:
            with path.open("rb") as file:
                file.seek(position)
                whole = file.read().rpartition(b"\n")[0]
            position += len(whole) + 1 if whole else 0
            yield from filter(None, map(_read, whole.splitlines()))
        time.sleep(LOOK_SECONDS)


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None  # its writer was killed in the middle of it
    return found if isinstance(found, dict) else None


def _row(each: dict[str, Any]) -> list[str]:
    words = [str(each.get(name, "")) for name in ("time", "deployment", "model", "status", "milliseconds")]
    bodies = [json.dumps(each.get(name)) for name in ("request", "response")]
    short = [body if len(body) <= WIDTH else f"{body[: WIDTH - 1]}…" for body in bodies]
    return [printable(word) for word in (words[0][:19].replace("T", " "), *words[1:], *short)]
