"""`drivetrain exec`: a command whose official Azure clients find the home's server."""

from __future__ import annotations

import os
import shutil

import click

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.run.azure import Azure, not_inherited
from drivetrain.run.environments.shims import shims
from drivetrain.wire.azure_terminal import sign_in, terminal_variables


@click.command(
    "exec",
    short_help="Run a command whose Azure clients find the server.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("--azure-hosts", is_flag=True, help="Lead Azure's own host names here, too.")
@click.option("--no-login", is_flag=True, help="Do not sign `az` in.")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
def command(words: tuple[str, ...], *, azure_hosts: bool, no_login: bool) -> None:
    """Run a command whose official Azure clients find the server of this home, signed in as its owner.

    `drivetrain exec -- az account show`. It is the command's exit code that counts. Your own login is neither read nor
    changed; see `drivetrain az-env`. `az ml` and `az pipelines` work without their extensions.
    """
    home = Home.default()
    path = os.pathsep.join([str(shims(home.root).az), os.environ.get("PATH", os.defpath)])
    program = shutil.which(words[0], path=path)
    if program is None:
        raise NotFoundError(f"there is no program {words[0]!r}", hint="drivetrain exec -- COMMAND ARGUMENTS")
    variables = terminal_variables(home, hosts=azure_hosts)
    if not no_login:
        sign_in(variables)
    gone = not_inherited(os.environ, Azure.HOSTS if azure_hosts else "")
    before = {name: value for name, value in os.environ.items() if name not in gone}
    os.execve(program, list(words), {**before, **variables, "PATH": path})  # noqa: S606 - it is what was asked for
