"""The `drivetrain` command."""

from __future__ import annotations

import gc
import os
import sys

# A command imports much and throws away little: looking for cycles meanwhile finds none, and costs 5 ms.
gc.disable()

from drivetrain.view.cli.failure import run_command  # noqa: E402 - after the line above, which is about imports
from drivetrain.view.cli.group import cli  # noqa: E402


def main() -> None:
    """Run the command line, and leave without taking the interpreter apart, which would cost another 15 ms."""
    code = run_command(cli)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    os._exit(code)


if __name__ == "__main__":
    main()
