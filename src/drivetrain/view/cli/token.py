"""`drivetrain token`: personal access tokens for the APIs of this home."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.view.cli.output import emit_json, printable, table
from drivetrain.view.tokens.model import DEFAULT_DAYS, MOST_DAYS, PersonalToken, TokenScope
from drivetrain.wire.asked import current_user
from drivetrain.wire.storage import Storage

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("token", short_help="Make, list and revoke tokens for the APIs.")
def command() -> None:
    """Make, list and revoke personal access tokens.

    A program shows one to our own API, the Azure DevOps API or MLflow. It has an end, and it can be limited to reading
    and to one project; the owner's own token, in the file `token` of the home folder, has neither.
    """


@command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([str(each) for each in TokenScope]),
    default=str(TokenScope.READ),
    show_default=True,
    help="Reading only, or changing things as well.",
)
@click.option("--project", default="", help="Open this project only, in the Azure DevOps API and MLflow.")
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=DEFAULT_DAYS, show_default=True, help="Good for so many days."
)
@json_option
def create(name: str, scope: str, project: str, days: int, *, as_json: bool) -> None:
    """Make a token and print it, once: it is kept as a hash only."""
    tokens = Storage(Home.default()).personal_tokens
    made = tokens.create(name, TokenScope(scope), days=days, by=current_user(), project=project)
    if as_json:
        emit_json({**_document(made.about), "token": made.text})
        return
    click.echo(made.text)
    where = f"project {printable(project)}" if project else "all projects"
    words = f"{printable(name)}: {scope}, {where}, until {made.about.expires_at[:10]}; it is not shown again"
    click.echo(words, err=True)


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the tokens; never what they are."""
    storage = Storage(Home.default())
    found = storage.personal_tokens.all() if storage.home.database.exists() else ()
    if as_json:
        emit_json([_document(each) for each in found])
    elif not found:
        click.echo("no tokens; `drivetrain token create NAME` makes one")
    else:
        table(["name", "scope", "project", "made", "until"], [_row(each) for each in found])


@command.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Revoke a token: it opens nothing from now on."""
    Storage(Home.default()).personal_tokens.revoke(name)
    click.echo(f"revoked {printable(name)}")


def _row(token: PersonalToken) -> list[str]:
    until = f"{token.expires_at[:10]}{' (expired)' if token.expired else ''}"
    project = printable(token.project) or "(all)"
    return [printable(token.name), str(token.scope), project, token.created_at[:10], until]


def _document(token: PersonalToken) -> dict[str, object]:
    return {name: getattr(token, name) for name in PersonalToken.__struct_fields__}
