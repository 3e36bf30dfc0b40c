"""`drivetrain connect`: join a project to GitHub, Azure Repos, Bitbucket, GitLab, Gitea or Forgejo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from drivetrain.errors import ConflictError, DrivetrainError, UserError
from drivetrain.home import Home
from drivetrain.source.hosts.model import ForkPolicy, HostKind
from drivetrain.source.hosts.places import PLACES, checked_repository, site_of
from drivetrain.view.cli.output import emit_json, printable, table
from drivetrain.view.cli.shelf import read_file, value_of, warn
from drivetrain.wire.asked import current_user
from drivetrain.wire.hosts.connecting import Connector, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.source.hosts.model import Link, RemoteRepository
    from drivetrain.source.hosts.ports import Host
    from drivetrain.wire.hosts.connecting import Finding

MOST_SHOWN = 30
_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("-", "yellow")}


@click.group("connect", short_help="Join a project to GitHub or another host: webhooks in, answers out.")
def command() -> None:
    """Join a project to the host of its repository.

    The host tells of pushes and pull requests by a webhook, and is told how runs go. Without a public address
    (public_url in config.toml) there is no webhook: the repository is looked at from time to time.
    """


def _options(function: Callable[..., int]) -> Callable[..., int]:
    for option in reversed(
        (
            click.argument("repository", default=""),
            click.option(
                "--url", default="", help="The address of a host of your own, such as https://git.example.com."
            ),
            click.option(
                "--connection", default="", help="The service connection that signs in; made when it is not there."
            ),
            click.option("--user", default="", help="The user whose token it is, where the host wants to know."),
            click.option("--token-file", type=click.Path(path_type=Path), help="Take the token from this file."),
            click.option("--app-id", default="", help="Sign in as this GitHub App instead of by a token."),
            click.option("--private-key", type=click.Path(path_type=Path), help="The App's private key (PEM)."),
            click.option("--project", default="", help="What to call the project; else after the repository."),
            click.option("--branch", default="", help="The default branch; else as the host says."),
            click.option("--file", default="azure-pipelines.yml", show_default=True, help="The pipeline file."),
            click.option("--webhook/--no-webhook", default=True, help="Whether the host is to deliver what happens."),
            click.option("--answers/--no-answers", default=True, help="Whether the host is told how runs go."),
            click.option("--build-forks/--no-build-forks", default=True, help="Run pull requests from forks at all."),
            click.option("--fork-secrets", is_flag=True, help="Give these runs secrets: trust every stranger."),
            click.option(
                "--wait-for-word",
                type=click.Choice(["forks", "all", "none"]),
                default="forks",
                show_default=True,
                help="Whose pull requests wait for a collaborator's `/azp run`.",
            ),
            click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        )
    ):
        function = option(function)
    return function


class _Asked(Struct, frozen=True, kw_only=True):
    """The options of a command for a host."""

    repository: str
    url: str
    connection: str
    user: str
    token_file: Path | None
    app_id: str
    private_key: Path | None
    project: str
    branch: str
    file: str
    webhook: bool
    answers: bool
    build_forks: bool
    fork_secrets: bool
    wait_for_word: str
    as_json: bool


def _host_command(kind: HostKind) -> click.Command:
    place = PLACES[kind]

    @_options
    def connect(**options: Any) -> int:
        return _connect(kind, _Asked(**options))

    text = f"""Connect a repository of {place.title}: {place.named}.

    Without it you are asked to choose one. The token is asked for, or read from standard input; it needs
    {", ".join(place.rights)}.
    """
    return click.command(kind.value, help=text, short_help=f"Connect a repository of {place.title}.")(connect)


def _connect(kind: HostKind, asked: _Asked) -> int:
    wanted = Wanted(kind, asked.url, asked.connection or kind.value)
    connector = Connector(Home.default(), current_user())
    made = _sign_in(connector, wanted, asked)
    try:
        remote, host = _choose(connector, wanted, asked.repository)
    except DrivetrainError:
        if made:  # so that the next try is asked for the token again
            connector.forget_credentials(wanted)
        raise
    found = connector.project(remote, wanted, name=asked.project, branch=asked.branch, file=asked.file)
    forks = ForkPolicy(asked.build_forks, asked.fork_secrets, asked.wait_for_word)
    link = connector.link(found, wanted, remote.name, forks, answers=asked.answers)
    if asked.webhook:
        link = _webhook(connector, link, host)
    return _say(connector, found.name, link, as_json=asked.as_json)


for _kind in HostKind:
    command.add_command(_host_command(_kind))


def _sign_in(connector: Connector, wanted: Wanted, asked: _Asked) -> bool:
    """See to the service connection; whether one was made."""
    if connector.has_connection(wanted.connection):
        if asked.token_file or asked.app_id or asked.private_key:
            hint = f"drivetrain connection update '{wanted.connection}', or choose another name: --connection"
            raise ConflictError(f"there is a connection {wanted.connection!r} already", hint=hint)
        return False
    if bool(asked.app_id) != bool(asked.private_key):
        raise UserError("an App signs in by its id and its private key", hint="give both --app-id and --private-key")
    if asked.private_key is not None:
        connector.keep_app(wanted, asked.app_id, read_file(asked.private_key).decode("utf-8", "replace"))
    else:
        connector.keep_token(wanted, asked.user, _token(wanted, asked.token_file))
    return True


def _token(wanted: Wanted, file: Path | None) -> str:
    place = PLACES[wanted.kind]
    if file is None and sys.stdin.isatty():
        click.echo(f"make a token at {site_of(wanted.kind, wanted.url)}{place.token_page}", err=True)
        click.echo(f"it needs: {', '.join(place.rights)}", err=True)
    token = value_of("the token", None, file, secret=True).strip()
    if not token:
        raise UserError("the token is empty", hint="paste it, or name a file: --token-file")
    return token


def _choose(connector: Connector, wanted: Wanted, repository: str) -> tuple[RemoteRepository, Host]:
    """The repository that is meant, as the host knows it."""
    if not repository:
        repository = _asked(connector.host(wanted, ""), wanted)
    host = connector.host(wanted, checked_repository(wanted.kind, repository))
    return host.repository(), host


def _asked(host: Host, wanted: Wanted) -> str:
    named = PLACES[wanted.kind].named
    if not sys.stdin.isatty():
        raise UserError("nobody said which repository", hint=f"drivetrain connect {wanted.kind} {named}")
    there = list(host.repositories())
    for number, each in enumerate(there[:MOST_SHOWN], 1):
        click.echo(f"{number:3} {printable(each.name)}", err=True)
    said: str = click.prompt(f"which one (a number, or {named})", err=True)
    if said.isdecimal() and 0 < int(said) <= len(there):
        return there[int(said) - 1].name
    return said


def _webhook(connector: Connector, link: Link, host: Host) -> Link:
    """Have the webhook made; where the credentials may not, say how a person makes it."""
    if not connector.public:
        return link
    try:
        return connector.make_webhook(link, host)
    except UserError as error:
        warn(f"{error.message}; make it by hand: {connector.url(link)}, JSON, the secret is")
        click.echo(connector.secret(link), err=True)
        return link


def _say(connector: Connector, name: str, link: Link, *, as_json: bool) -> int:
    if as_json:
        findings = list(connector.look(name))
        emit_json({"project": name, "link": link, "findings": findings})
        return int(any(each.good is False for each in findings))
    click.echo(f"connected {name} to {printable(link.repository)} of {PLACES[link.host].title}")
    return _look(connector, name)


def _look(connector: Connector, name: str) -> int:
    """Show one finding after the other; 1 when something does not work."""
    bad = False
    for each in connector.look(name, lambda text: click.echo(f"  … {text}", err=True)):
        _show(each)
        bad = bad or each.good is False
    return int(bad)


def _show(each: Finding) -> None:
    sign, colour = _MARKS[each.good]
    click.echo(f"{click.style(sign, fg=colour)} {each.what}: {printable(each.said)}")
    if each.hint:
        click.echo(f"  hint: {each.hint}")


@command.command("check")
@click.argument("project")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(project: str, *, as_json: bool) -> int:
    """Look whether credentials, git, pipeline file and webhook of a project work; exit code 1 when one does not."""
    connector = Connector(Home.default(), current_user())
    if not as_json:
        return _look(connector, project)
    findings = list(connector.look(project))
    emit_json(findings)
    return int(any(each.good is False for each in findings))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List which projects are connected to which hosts."""
    home = Home.default()
    links = Connector(home, current_user()).links() if home.database.exists() else []
    if as_json:
        emit_json([{"project": project.name, "link": link} for project, link in links])
        return
    if not links:
        click.echo("none yet; drivetrain connect github OWNER/REPOSITORY")
        return
    rows = [
        [project.name, PLACES[link.host].title, printable(link.repository), "yes" if link.webhook else "no"]
        for project, link in links
    ]
    table(["project", "host", "repository", "webhook"], rows)


@command.command("remove")
@click.argument("project")
def remove(project: str) -> None:
    """Take the webhook away, and tell the host nothing more. The project and the service connection stay."""
    link = Connector(Home.default(), current_user()).remove(project)
    click.echo(
        f"{project} is not connected to {printable(link.repository)} any more; it is looked at from time to time"
    )
