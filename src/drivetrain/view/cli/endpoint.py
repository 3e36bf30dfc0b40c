"""`drivetrain endpoint`: online endpoints and what they serve."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from drivetrain.errors import ConflictError, UserError
from drivetrain.home import Home
from drivetrain.ids import RandomIds
from drivetrain.serve.model import AuthMode, Endpoint
from drivetrain.serve.rules.keeping import KEYS
from drivetrain.view.cli import endpoint_requests
from drivetrain.view.cli.invoking import FAILED, Invoked, body_of, invoke
from drivetrain.view.cli.output import ago, emit_json, printable, table
from drivetrain.view.cli.serving_lines import (
    DEPLOYMENT_HEADERS,
    ENDPOINT_HEADERS,
    HISTORY_HEADERS,
    deployment_row,
    endpoint_row,
    history_row,
    release_row,
    shown,
    split_words,
)
from drivetrain.wire.serving.endpoint_file import AUTH, endpoint_of
from drivetrain.wire.serving.serving import fronts_of, serving_of, who_asks, who_changes
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from drivetrain.serve.model import Status

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("endpoint", short_help="Online endpoints: list, show, keys, logs, invoke, history.")
def command() -> None:
    """Online endpoints: addresses that answer by a model. `drivetrain deploy` makes the one that it names."""


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the endpoints with what is live."""
    storage = Storage(Home.default())
    known = storage.endpoints.all() if storage.home.database.exists() else ()
    fronts = fronts_of(storage)
    if as_json:
        emit_json([{"endpoint": each, "front": fronts.status(each.name)} for each in known])
    elif not known:
        click.echo("no endpoints yet; `drivetrain deploy MODEL --endpoint NAME` makes one")
    else:
        rows = [
            endpoint_row(each, storage.endpoints.deployments(each.name), fronts.status(each.name)) for each in known
        ]
        table(ENDPOINT_HEADERS, rows)


@command.command("show")
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Show one endpoint: what is live, its deployments and replicas, a release under way."""
    storage = Storage(Home.default())
    found = storage.endpoints.get(name)
    deployments = storage.endpoints.deployments(found.name)
    status = fronts_of(storage).status(found.name)
    releases = storage.releases.of(found.name, limit=5)
    if as_json:
        about = {"endpoint": found, "front": status, "deployments": [shown(each) for each in deployments]}
        emit_json({**about, "releases": list(releases)})
        return
    _heading(found, status)
    if deployments:
        table(DEPLOYMENT_HEADERS, [deployment_row(each, found, status) for each in deployments])
    for each in deployments:
        if each.problem:
            click.echo(f"{printable(each.name)}: {printable(each.problem.partition(chr(10))[0])}")
    for release in releases:
        if release.under_way:
            click.echo(f"release {release.id}: {'  '.join(release_row(release)[2:4])}")
            click.echo(f"  drivetrain releases watch {release.id}")


def _heading(found: Endpoint, status: Status | None) -> None:
    where = status.url if status is not None else "its front does not run: `drivetrain up` starts it"
    click.echo(f"{click.style(printable(found.name), bold=True)}  {where}  ({found.auth})")
    click.echo(f"traffic: {split_words(found.traffic)}, changed {ago(found.updated_at)}")
    if found.mirror:
        click.echo(f"copies: {split_words(found.mirror)}")


@command.command("create")
@click.argument("name", required=False, default="")
@click.option("--auth-mode", type=click.Choice(list(AUTH)), help="What callers show.  [default: key]")
@click.option(
    "--file", "-f", type=click.Path(path_type=Path), metavar="YAML", help="An endpoint as Azure's own YAML has it."
)
@json_option
def create(name: str, auth_mode: str | None, file: Path | None, *, as_json: bool) -> None:
    """Make an endpoint before anything is deployed to it. With --file, NAME and --auth-mode win over the file's own."""
    if not name and file is None:
        raise UserError("what is it to be called?", hint="drivetrain endpoint create NAME, or --file endpoint.yml")
    asked = endpoint_of(file, name) if file is not None else Endpoint(name)
    if auth_mode is not None:
        asked = replace(asked, auth=AUTH[auth_mode])
    who = who_changes()
    storage = Storage(who.home)
    if any(each.name.lower() == asked.name.lower() for each in storage.endpoints.all()):
        known = printable(asked.name)
        raise ConflictError(f"there is an endpoint '{known}' already", hint=f"drivetrain endpoint show {known}")
    made = serving_of(storage).put_endpoint(asked, by=who.by)
    if as_json:
        emit_json(made)
        return
    click.echo(f"endpoint {printable(made.name)}")
    click.echo(f"next: drivetrain deploy MODEL --endpoint {made.name}", err=True)


@command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def delete(name: str, *, yes: bool) -> None:
    """End an endpoint with its deployments; what was live, and when, stays known."""
    who = who_changes()
    storage = Storage(who.home)
    found = storage.endpoints.get(name)
    if not yes:
        live = split_words(found.traffic)
        click.confirm(f"end {printable(found.name)} (traffic: {live})? Its callers get no answer any more", abort=True)
    serving_of(storage).delete_endpoint(found.name, by=who.by)
    click.echo(f"deleted {printable(found.name)}")


@command.command("logs")
@click.argument("name")
@click.argument("deployment", required=False, default="")
@click.option("--lines", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many, of its end.")
def logs(name: str, deployment: str, lines: int) -> None:
    """Print what the replicas of a deployment have written; without DEPLOYMENT, of the one with most traffic."""
    storage = Storage(who_asks().home)
    found = storage.endpoints.get(name)
    known = [each.name for each in storage.endpoints.deployments(found.name)]
    chosen = storage.endpoints.deployment(found.name, deployment).name if deployment else _most(found, known)
    text = fronts_of(storage).log(found.name, chosen, lines=lines)
    for line in text.splitlines():
        click.echo(printable(line))


def _most(found: Endpoint, known: list[str]) -> str:
    if not known:
        raise UserError(
            f"'{found.name}' has no deployment yet", hint=f"drivetrain deploy MODEL --endpoint {found.name}"
        )
    return max(known, key=lambda name: found.traffic.get(name, 0))


@command.command("keys")
@click.argument("name")
@click.option("--renew", type=click.Choice(KEYS), help="Make another one first; the old one opens nothing then.")
@json_option
def keys(name: str, renew: str | None, *, as_json: bool) -> None:
    """Print the keys of an endpoint: callers send one as `Authorization: Bearer KEY`."""
    who = who_asks()
    storage = Storage(who.home)
    found = storage.endpoints.get(name)
    if found.auth is not AuthMode.KEY:
        click.echo(f"'{printable(found.name)}' asks for tokens ({found.auth}): keys open nothing there", err=True)
    if renew:
        storage.endpoints.set_key(found.name, renew, RandomIds().token(), by=who.by)
        fronts_of(storage).apply(found.name)
    both = dict(zip(KEYS, storage.endpoints.keys(found.name), strict=True))
    if as_json:
        emit_json(both)
        return
    for which, key in both.items():
        click.echo(f"{which}  {key}")


@command.command("invoke")
@click.argument("name")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--data", default="", metavar="JSON", help="The body itself.")
@click.option("--deployment", default="", metavar="NAME", help="Ask this one, whatever its traffic.")
@click.option("--timeout", default=60.0, show_default=True, type=click.FloatRange(0.1, 600), help="Seconds.")
@json_option
def invoke_(name: str, file: Path | None, data: str, deployment: str, timeout: float, *, as_json: bool) -> int:
    """Ask an endpoint for a prediction.

    The body is in FILE (- is standard input), or in --data; else it is the model's own example. Prints the answer;
    exits with 1 when that is an error.
    """
    storage = Storage(who_asks().home)
    found = storage.endpoints.get(name)
    body = body_of(storage, found, file, data, deployment)
    answer = invoke(storage, found, body, deployment, timeout)
    if as_json:
        emit_json(answer.document())
    else:
        _print(answer)
    return 0 if answer.status < FAILED else 1


def _print(answer: Invoked) -> None:
    sys.stdout.write(f"{answer.text()}\n")
    said = f"{answer.status} in {answer.seconds * 1000:.1f} ms"
    click.echo(click.style(said, fg="green" if answer.status < FAILED else "red"), err=True)


@command.command("history")
@click.argument("name", required=False, default="")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 10_000), help="How many changes.")
@json_option
def history(name: str, limit: int, *, as_json: bool) -> None:
    """Say what was live when, by whose decision and from which run, the newest first; also of one that is gone."""
    storage = Storage(Home.default())
    found = storage.endpoints.history(name, limit=limit)
    if as_json:
        emit_json(list(found))
    elif not found:
        click.echo("nothing has been live yet")
    else:
        headers, rows = HISTORY_HEADERS, [history_row(each) for each in found]
        if not name:
            headers = ["endpoint", *headers]
            rows = [[printable(each.endpoint), *row] for each, row in zip(found, rows, strict=True)]
        table(headers, rows)


command.add_command(endpoint_requests.command)
