"""`drivetrain completion`: the shell completion script, made by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from drivetrain.errors import UnavailableError


@click.command("completion", short_help="Print the shell completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash   eval "$(drivetrain completion bash)"                                  in ~/.bashrc
    zsh    eval "$(drivetrain completion zsh)"                                   in ~/.zshrc
    fish   drivetrain completion fish > ~/.config/fish/completions/drivetrain.fish

    https://click.palletsprojects.com/en/stable/shell-completion/
    """  # noqa: D301 - click reads the \\b
    found = get_completion_class(shell)
    if found is None:
        raise UnavailableError(f"there is no completion for {shell}", hint="bash, zsh and fish have one")
    click.echo(found(ctx.find_root().command, {}, "drivetrain", "_DRIVETRAIN_COMPLETE").source())
