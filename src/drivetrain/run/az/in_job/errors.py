"""What ends a command before its time, with the exit codes of the Azure CLI."""

from __future__ import annotations

FAILED, WRONG, MISSING = 1, 2, 3
"""Of an error, of a command line that is not understood, of something that is not there."""


class CommandError(Exception):
    """Says what is wrong."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def no_containers() -> CommandError:
    """What `--local` asks for: the endpoint in a container of Docker's, on this machine."""
    return CommandError(
        "--local builds a container and runs it with Docker, which is not done here. Endpoints of Drivetrain run on "
        "this machine anyway, without a container: leave --local out.",
        WRONG,
    )


def unserved(group: str, words: list[str]) -> CommandError:
    """A verb that is not there: never a guess."""
    name = "ml" if group == "ml" else "azure-devops"
    return CommandError(
        f"'az {' '.join([group, *words])}' is not served here: Drivetrain stands in for the extension '{name}', which "
        f"is not installed, with the verbs that are used most ('az {group} --help' lists them). "
        f"'DRIVETRAIN_AZ=real az extension add --name {name}' installs the real one, where its index can be reached.",
        WRONG,
    )
