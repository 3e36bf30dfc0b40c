"""The command group: a table of commands, each loaded only when it is called.

The table keeps `drivetrain --help` as quick as importing click; a test holds it against the modules.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTIONS: dict[str, dict[str, str]] = {
    "Work on a pipeline": {
        "init": "Write a first azure-pipelines.yml for this repository.",
        "run": "Run the pipeline of this working tree, uncommitted changes included.",
        "lint": "Check pipeline files; problems with file, line and column.",
        "expand": "Print the final YAML: every ${{ }} evaluated, every template put in.",
        "plan": "Print what would run, as JSON.",
        "migrate": "List what a repository uses that is not served here.",
    },
    "Tasks of your own": {
        "task": "Add, list, remove and build task packages.",
    },
    "Follow runs": {
        "runs": "List pipeline runs.",
        "show": "Show one run: stages, jobs, steps, issues, training runs.",
        "logs": "Print the logs of a run; -f follows it live.",
        "why": "Say why a run was started.",
        "why-not": "Say what has become of a commit.",
        "shell": "Open a shell where the failed step of a run stood.",
        "tests": "Show the tests of a run, failed ones first.",
        "coverage": "Show the coverage of a run, by file.",
        "approvals": "List what waits for a decision.",
        "approve": "Approve what waits for a decision in a run.",
        "reject": "Reject what waits for a decision in a run.",
        "start": "Start a stage that waits to be started by hand, or a run of a pull request.",
        "cancel": "Cancel a run.",
        "rerun": "Run the same commit again, or what failed of a run.",
        "artifact": "List and download what runs have published.",
    },
    "Keep and remove runs": {
        "retention": "Show what the rules would remove, and when.",
        "keep": "Keep a run, whatever the rules say.",
        "unkeep": "Let the rules decide on a run again.",
    },
    "The library": {
        "variable-group": "Variable groups: variables that pipelines share.",
        "secret": "Secrets in local key vaults; and a new key for all secrets.",
        "secure-file": "Secure files: certificates, keys, settings.",
        "connection": "Service connections: how steps sign in to other services.",
    },
    "Projects and their hosts": {
        "project": "Add, list and remove the repositories it watches.",
        "connect": "Join a project to GitHub or another host: webhooks in, answers out.",
        "hooks": "Show and replay what webhooks have delivered.",
        "answers": "Show what hosts are to be told and do not have yet.",
    },
    "Models": {
        "models": "List models; show and compare their versions.",
        "lineage": "Draw where a model comes from, and where it has gone.",
        "promote": "Give a version of a model an alias.",
        "reproduce": "Make a version of a model again, and compare.",
        "gate": "Ask a gate whether a version of a model is good enough.",
        "verdicts": "Show what gates have said.",
    },
    "Serve models": {
        "deploy": "Deploy a model, and give it traffic step by step.",
        "endpoint": "Online endpoints: list, show, keys, logs, invoke, history.",
        "traffic": "Show an endpoint's traffic, or give it to deployments at once.",
        "rollback": "Give the traffic back to what had it before, at once.",
        "releases": "List, watch and cancel releases of deployments.",
    },
    "The server": {
        "up": "Start the server in the background.",
        "down": "Stop the server; running jobs go on.",
        "status": "Say whether the server runs, and what it is doing.",
        "cache": "List and remove what the task Cache keeps between runs.",
        "token": "Make, list and revoke tokens for the APIs.",
        "environment": "List, show, create and delete what is deployed to.",
        "workspace": "List, show, add and remove Azure Machine Learning workspaces.",
        "check": "Protect environments and other resources with approvals and checks.",
    },
    "Azure": {
        "az-env": "Let official Azure clients in this terminal find the server.",
        "exec": "Run a command whose Azure clients find the server.",
    },
    "More": {
        "demo": "Train real models by pushing commits, and release the good ones, start to end.",
        "doctor": "Say what is wrong on this machine, and how to mend it.",
        "completion": "Print the shell completion script.",
    },
}


def commands() -> Iterator[tuple[str, str]]:
    """Every command with its one-line help."""
    for section in SECTIONS.values():
        yield from section.items()


class LazyGroup(click.Group):
    """Finds `drivetrain X-Y` in `drivetrain.view.cli.X_Y`, whose `command` it is."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as the table has them."""
        del ctx
        return [name for name, _ in commands()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one command that is asked for."""
        if cmd_name not in dict(commands()):
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"drivetrain.view.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest names when there is no such command."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in dict(commands()):
            raise click.UsageError(unknown_command(name), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section, without importing any of them."""
        del ctx
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(section.items()))


def unknown_command(name: str) -> str:
    """What to say for a command that does not exist."""
    import difflib  # noqa: PLC0415 - only for a mistyped command

    near = difflib.get_close_matches(name, [known for known, _ in commands()], n=2)
    hint = f" Did you mean {' or '.join(repr(word) for word in near)}?" if near else " `drivetrain --help` lists them."
    return f"No such command {name!r}.{hint}"


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=False,
)
@click.version_option(package_name="drivetrain", prog_name="drivetrain")
def cli() -> None:
    """Azure Pipelines and Azure Machine Learning projects on your own machine.

    \b
    drivetrain run                 the pipeline of this folder, now, no server
    drivetrain up                  start the server, then
    drivetrain project add .       push code, and it trains
    """  # noqa: D301 - click reads the \\b
