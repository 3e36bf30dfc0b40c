"""The `drivetrain` command."""

from __future__ import annotations

import sys

from drivetrain.view.cli.failure import run_command
from drivetrain.view.cli.group import cli


def main() -> None:
    """Run the command line."""
    sys.exit(run_command(cli))


if __name__ == "__main__":
    main()
