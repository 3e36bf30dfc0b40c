"""Official Azure clients in a terminal: the environment in which they find the server, signed in as its owner.

The configuration of `az` is a folder below the home's: the user's own is neither read nor written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.run.azure import CONFIGURATION
from drivetrain.view.owner_token import read
from drivetrain.wire.azure_variables import address_of, edge_variables, host_variables
from drivetrain.wire.certificates import Certificates
from drivetrain.wire.server_process import find
from drivetrain.wire.tracking import job_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.home import Home

PROFILE = "azureProfile.json"
"""Where `az` keeps who is signed in."""
LOGIN_SECONDS = 120
TERMINAL = "terminal"
"""The folder of the configurations of `az` in terminals."""


def terminal_variables(home: Home, *, hosts: bool = False) -> dict[str, str]:
    """What a terminal needs. `hosts`: Azure's own host names lead here, too. Raises UnavailableError when no server of
    this home runs.
    """
    server = find(home)
    if server is None or not server.azure_port or (hosts and not server.proxy_port):
        raise UnavailableError(
            f"no server of {home.root} runs, and official Azure clients would find nobody",
            hint="drivetrain up starts it; then run this again",
        )
    Certificates(home.azure).make()
    token = read(home.token)
    mlflow = job_environment(server.url, token)
    # `az` keeps what it has learned of a cloud in this folder, its port with it.
    folder = home.azure / TERMINAL / f"{server.azure_port}{'-hosts' if hosts else ''}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    variables = edge_variables(address_of(server.azure_port), home.azure, token)
    if hosts:
        variables = host_variables(variables, home.azure, server.proxy_port, token)
    return {**variables, CONFIGURATION: str(folder), **mlflow.plain, **mlflow.secret}


def sign_in(variables: Mapping[str, str]) -> None:
    """Sign `az` in as the owner, once for each folder of its configuration; nothing where there is no `az`. Raises
    UnavailableError with its words.
    """
    az = shutil.which("az")
    if az is None or os.path.exists(os.path.join(variables[CONFIGURATION], PROFILE)):  # noqa: PTH110, PTH118 - names
        return
    print("signing az in as the owner of this home ...", file=sys.stderr, flush=True)  # noqa: T201 - it takes seconds
    environment = {**os.environ, **variables}
    command = [az, "login", "--identity", "--allow-no-subscriptions", "--output", "none"]
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=LOGIN_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"az could not be signed in: {error}", hint="--no-login leaves it out") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()
        raise UnavailableError(f"az could not be signed in: {words}", hint="--no-login leaves it out")
