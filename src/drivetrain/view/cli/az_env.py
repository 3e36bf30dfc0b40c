"""`drivetrain az-env`: official Azure clients in this terminal find the home's server."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drivetrain.home import Home
from drivetrain.run.azure import BUNDLE_VARIABLES, CLOUD_VARIABLES, CONFIGURATION, EDGE_VARIABLES
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.azure_terminal import TERMINAL, sign_in, terminal_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAMES = (*EDGE_VARIABLES, *BUNDLE_VARIABLES, CONFIGURATION, "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN")
BEFORE = "DRIVETRAIN_BEFORE_"
"""Begins the name under which the terminal's own value is kept."""


@click.command("az-env", short_help="Let official Azure clients in this terminal find the server.")
@click.option("--shell", type=click.Choice(["sh", "fish", "powershell"]), default="sh", help="Whose words to print.")
@click.option("--unset", is_flag=True, help="Print what takes it back.")
@click.option("--azure-hosts", is_flag=True, help="Lead Azure's own host names here, too.")
@click.option("--no-login", is_flag=True, help="Do not sign `az` in.")
@click.option("--json", "as_json", is_flag=True, help="Print the variables as JSON.")
def command(shell: str, *, unset: bool, azure_hosts: bool, no_login: bool, as_json: bool) -> None:
    """Print what lets official Azure clients in this terminal find the server of this home, signed in as its owner.

    `eval "$(drivetrain az-env)"` takes effect until the terminal ends, or until `eval "$(drivetrain az-env --unset)"`.
    Your own login is neither read nor changed: `az` gets a configuration folder below the home's.
    """
    if unset:
        click.echo(script(shell, restored(os.environ)))
        return
    found = terminal_variables(Home.default(), hosts=azure_hosts)
    if not no_login:
        sign_in(found)
    if as_json:
        emit_json(found)
        return
    click.echo(script(shell, {**kept(os.environ, found), **left(os.environ, found), **found}))


def _is_ours(environ: Mapping[str, str], found: Mapping[str, str]) -> bool:
    """Whether the terminal has what an earlier call printed."""
    folder = Path(found[CONFIGURATION]).parent
    return folder.name == TERMINAL and Path(environ.get(CONFIGURATION, "")).parent == folder


def left(environ: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str | None]:
    """What the terminal is not to have beside what is found: what an earlier call set is as it was before, and what
    tells of another cloud is gone.
    """
    gone = [name for name in NAMES if name not in found and name in environ]
    clouds = dict.fromkeys(name for name in gone if name in CLOUD_VARIABLES)
    before = {name: environ.get(f"{BEFORE}{name}") for name in gone} if _is_ours(environ, found) else {}
    return {**before, **clouds}


def kept(environ: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """The terminal's own values under other names, unless they are kept already."""
    if any(name.startswith(BEFORE) for name in environ) or _is_ours(environ, found):
        return {}
    return {f"{BEFORE}{name}": environ[name] for name in NAMES if environ.get(name)}


def restored(environ: Mapping[str, str]) -> dict[str, str | None]:
    """What the terminal had before; None for what it had not."""
    own = {name: environ.get(f"{BEFORE}{name}") for name in NAMES}
    return {**own, **{f"{BEFORE}{name}": None for name, value in own.items() if value is not None}}


def script(shell: str, variables: Mapping[str, str | None]) -> str:
    """The lines that set these variables in a shell, or take out those without a value."""
    lines = {"sh": _sh, "fish": _fish, "powershell": _powershell}[shell]
    return "\n".join(lines(variables))


def _sh(variables: Mapping[str, str | None]) -> Iterable[str]:
    for name, value in variables.items():
        yield f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"


def _fish(variables: Mapping[str, str | None]) -> Iterable[str]:
    for name, value in variables.items():
        if value is None:
            yield f"set -e {name};"
        else:
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            yield f"set -gx {name} '{quoted}';"


def _powershell(variables: Mapping[str, str | None]) -> Iterable[str]:
    for name, value in variables.items():
        if value is None:
            yield f"Remove-Item Env:{name} -ErrorAction SilentlyContinue"
        else:
            quoted = value.replace("'", "''")
            yield f"$env:{name} = '{quoted}'"
