"""`drivetrain cache`: what the task Cache keeps between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.home import Home
from drivetrain.record.caches import FolderCaches
from drivetrain.settings import load
from drivetrain.view.cli.output import ago, emit_json, printable, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.record.caches import KeptEntry

_MEGABYTE = 1 << 20


@click.group("cache", short_help="List and remove what the task Cache keeps between runs.")
def command() -> None:
    """List and remove what the task Cache keeps between runs."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List the caches, the one used last first."""
    kept = FolderCaches(Home.default()).all()
    if as_json:
        emit_json(kept)
        return
    if not kept:
        click.echo("no caches yet; the task Cache@2 makes them")
        return
    _table(kept)


@command.command("prune")
@click.option("--all", "everything", is_flag=True, help="Remove all of them.")
@click.option(
    "--megabytes",
    type=click.IntRange(0),
    help="How much may stay; else the setting cache_megabytes.",
    show_default=False,
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def prune(*, everything: bool, megabytes: int | None, as_json: bool) -> None:
    """Remove the caches that were not used for the longest time, until the rest takes no more than is allowed.

    Those that a job is reading stay.
    """
    home = Home.default()
    limit = load(home).cache_megabytes
    caches = FolderCaches(home, limit * _MEGABYTE)
    asked = 0 if everything else megabytes
    removed = caches.prune(None if asked is None else asked * _MEGABYTE)
    if as_json:
        emit_json(removed)
        return
    left = sum(kept.entry.size for kept in caches.all())
    click.echo(f"removed {len(removed)} caches, {_size(sum(kept.entry.size for kept in removed))}; {_size(left)} left")


def _table(kept: Sequence[KeptEntry]) -> None:
    rows = [
        [
            ago(each.used_at),
            _size(each.entry.size),
            printable(each.entry.scope.project),
            printable(each.entry.scope.pipeline),
            printable(each.entry.scope.branch.removeprefix("refs/heads/")),
            printable(" | ".join(each.entry.segments)),
        ]
        for each in kept
    ]
    table(["used", "size", "project", "pipeline", "branch", "key"], rows)
    click.echo(f"{len(kept)} caches, {_size(sum(each.entry.size for each in kept))}")


def _size(size: int) -> str:
    return f"{size / _MEGABYTE:.1f} MB"
