"""`python -m drivetrain.run.environments.first_use ENVIRONMENT HOME`: makes a job's default environment.

Called by the shims, at the first `python`, `pip` or `uv` of a job that did not choose a version.
"""

from __future__ import annotations

import sys
from pathlib import Path

from drivetrain.errors import DrivetrainError, UnavailableError
from drivetrain.run.environments.creation import create_environment
from drivetrain.run.environments.interpreters import SearchPath, default_interpreter


def main(words: list[str]) -> int:
    """Make the environment; gives the exit code, with the reason on stderr."""
    prefix, home = Path(words[0]), Path(words[1])
    try:
        interpreter = default_interpreter(SearchPath.of_machine(home))
        if interpreter is None:
            raise UnavailableError(
                "there is no Python 3 on this machine for the job", hint="install one, or add UsePythonVersion@0"
            )
        create_environment(prefix, interpreter, home)
    except DrivetrainError as error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        sys.stderr.write(f"drivetrain: {error.message}{hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
