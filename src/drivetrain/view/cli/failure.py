"""From the error tree to the terminal and the exit code: the one place where the two meet.

0    it worked; the run succeeded (perhaps with issues)
1    the run failed or was canceled; the file has errors; something needed is not there
2    the request cannot be carried out as it stands
70   our mistake: a bug, with a report
130  interrupted
"""

from __future__ import annotations

import os
import sys

import click

from drivetrain import __version__
from drivetrain.errors import DefinitionError, DrivetrainError, UserError

FAILED = 1
USAGE = 2
BUG = 70
INTERRUPTED = 130


def exit_code(error: DrivetrainError) -> int:
    """The exit code that an error ends the command with."""
    if isinstance(error, DefinitionError) or not isinstance(error, UserError):
        return FAILED
    return USAGE


def report(error: DrivetrainError) -> None:
    """Print an error for a person: what is wrong, then what to do next."""
    if isinstance(error, DefinitionError):
        for problem in error.problems:
            click.echo(str(problem), err=True)
        return
    click.echo(f"{click.style('error:', fg='red', bold=True)} {error.message}", err=True)
    if error.hint:
        click.echo(f"{click.style('hint:', fg='cyan')} {error.hint}", err=True)


def report_bug(error: Exception) -> None:
    """Print what a bug report needs."""
    click.echo(f"{click.style('bug:', fg='red', bold=True)} {type(error).__name__}: {error}", err=True)
    click.echo(f"drivetrain {__version__}, Python {sys.version.split()[0]}, {sys.platform}", err=True)
    if os.environ.get("DRIVETRAIN_DEBUG"):
        import traceback  # noqa: PLC0415 - only for a bug

        traceback.print_exception(error)
    else:
        click.echo(
            f"{click.style('hint:', fg='cyan')} DRIVETRAIN_DEBUG=1 shows the traceback; please report it", err=True
        )


def run_command(command: click.Command) -> int:
    """Run a click command; every way it can end becomes an exit code."""
    try:
        outcome = command.main(standalone_mode=False, prog_name="drivetrain")
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except DrivetrainError as error:
        report(error)
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our pipe went away (`drivetrain logs | head`): that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is reported, not thrown at the user
        report_bug(error)
        return BUG
    return outcome if isinstance(outcome, int) else 0
