"""`drivetrain answers`: what hosts are to be told and do not have yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from drivetrain.home import Home
from drivetrain.view.answers.model import AnswerKind
from drivetrain.view.cli.output import ago, emit_json, headline, printable, table
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from drivetrain.view.answers.model import Owed


@click.command(short_help="Show what hosts are to be told and do not have yet.")
@click.option("--project", default="", help="Only of this project.")
@click.option("--retry", is_flag=True, help="Try all of it now: what was wrong is mended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(project: str, *, retry: bool, as_json: bool) -> None:
    """Show what hosts are to be told and do not have yet.

    That is: since when, what was wrong, and when it is tried again.
    """
    storage = Storage(Home.default())
    there = storage.home.database.exists()
    project_id = storage.projects.named(project).id if project else None
    if retry and there:
        click.echo(f"tried now: {storage.answers.retry(project_id)}", err=as_json)
    owed = storage.answers.owed(project_id) if there else ()
    names = {each.id: each.name for each in storage.projects.all()} if owed else {}
    if as_json:
        emit_json([_plain(each, names) for each in owed])
    elif owed:
        table(["project", "what", "owed", "tries", "next try", "trouble"], [_row(each, names) for each in owed])
        click.echo("drivetrain answers --retry tries all of it now")
    else:
        click.echo("hosts have been told everything")


def _row(each: Owed, names: dict[int, str]) -> list[str]:
    next_try = ago(each.due_at) if each.due_at else "now"
    words = [printable(names.get(each.subject.project_id, "")), printable(_what(each)), ago(each.owed_since)]
    return [*words, str(each.tries), next_try, headline(each.trouble)]


def _what(each: Owed) -> str:
    subject = each.subject
    pull = f"pull request {subject.pull_request}"
    if subject.kind is AnswerKind.REPORT:
        return f"status of {subject.sha[:8]}{f' ({pull})' if subject.pull_request else ''}"
    return f"{'comment' if subject.kind is AnswerKind.COMMENT else 'reply'} on {pull}"


def _plain(each: Owed, names: dict[int, str]) -> dict[str, object]:
    subject = asdict(each.subject)
    kept = ("run_id", "owed_since", "tries", "due_at", "trouble", "told_at")
    found = {name: getattr(each, name) for name in kept}
    return {"project": names.get(each.subject.project_id, ""), "what": _what(each), **subject, **found}
