"""`drivetrain why-not`: what has become of a commit, and why it has no run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from drivetrain.home import Home
from drivetrain.view.cli.output import SHORT_SHA, ago, emit_json, printable
from drivetrain.view.whys import Found, WhyNot
from drivetrain.wire.server_process import ask, find
from drivetrain.wire.site import KnownProjects
from drivetrain.wire.storage import Storage
from drivetrain.wire.whys import whys_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


@click.command("why-not")
@click.argument("commit", metavar="COMMIT")
@click.option("--project", default="", metavar="NAME", help="Only this project.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(commit: str, project: str, *, as_json: bool) -> None:
    """Say what has become of a commit.

    Every event of it and which rule decided; of a commit that nothing was made of, whether it was seen at all, how its
    repository is watched, and what the pipeline file at that commit says of a push. COMMIT is an id or its beginning.
    """
    found = _found(commit, project)
    if as_json:
        emit_json(list(found))
        return
    for each in found:
        _print(each)


def _found(commit: str, project: str) -> Sequence[WhyNot]:
    """By the server, which knows when it looked last; else from the home alone."""
    home = Home.default()
    server = find(home)
    if server is None or not commit.isalnum():
        storage = Storage(home)
        return whys_of(storage, KnownProjects(storage.projects)).why_not(commit, project)
    answer = ask(home, server, "GET", f"/api/v1/commits/{commit}/why-not?project={quote(project)}")
    return [_read(each) for each in answer["projects"]]


def _read(answer: dict[str, Any]) -> WhyNot:
    events = tuple(
        Found(each["event"], each["what"], each["brought_by"], each["at"], each["state"], each["rule"], each["run"])
        for each in answer["events"]
    )
    return WhyNot(answer["project"], answer["commit"], events, tuple(answer["runs"]), tuple(answer["facts"]))


def _print(found: WhyNot) -> None:
    name = printable(found.project) or "a project that was removed"
    click.echo(f"{name}: commit {found.sha[:SHORT_SHA]}")
    for event in found.events:
        came = f"run {event.run_id}" if event.run_id is not None else "no run"
        click.echo(f"  {printable(event.what)}")
        click.echo(f"    {came}: {printable(event.rule)}")
        click.echo(f"    told by {printable(event.brought_by)}, {ago(event.at)} (event {event.event})")
    others = [run for run in found.runs if run not in {event.run_id for event in found.events}]
    if others:
        click.echo(f"  also run by hand, or again: {', '.join(map(str, others))}")
    for fact in found.facts:
        click.echo(f"  {printable(fact)}")
