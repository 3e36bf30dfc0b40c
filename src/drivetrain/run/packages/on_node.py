"""Which handler of a task runs, and by which program.

The agent prefers the newest Node that a task names, and runs it by a Node of its own; here it is the machine's.
TaskRunner.GetHandlerData and NodeHandler in https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

import os
import re
import shutil
from functools import cache
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.run.packages.task_json import node_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.packages.model import Handler
    from drivetrain.run.runner.context import StepContext

HINT = "install Node.js 20 or newer: https://nodejs.org; or let an earlier step do it: UseNode@1"
_SECONDS = 30


def choose(handlers: Sequence[Handler], version: int) -> tuple[Handler, bool]:
    """The handler for the newest Node that this one is new enough for, and whether it is; where it is too old for all
    of them, the oldest. Without a handler for Node, another one.
    """
    by_node = sorted((node, place) for place, each in enumerate(handlers) if (node := node_version(each.kind)))
    if not by_node:
        return handlers[0], True
    fitting = [place for node, place in by_node if node <= version]
    return handlers[fitting[-1] if fitting else by_node[0][1]], bool(fitting)


def node_program(context: StepContext) -> tuple[str, int]:
    """The Node.js of the machine and its major version; without one, that of the step's PATH. Steps that put another
    Node in front of PATH do not change what tasks run on, as on an agent. Raises UnavailableError.
    """
    found = shutil.which("node") or shutil.which("node", path=context.environment()["PATH"])
    if found is None:
        raise UnavailableError("This task runs on Node.js, and there is none here.", hint=HINT)
    version = _version(found)
    if version is None:
        raise UnavailableError(f"{found} does not say which version of Node.js it is.", hint=HINT)
    return found, version


@cache
def _version(program: str) -> int | None:
    import subprocess  # noqa: PLC0415 - only a job with such a task asks

    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=_SECONDS, env=dict(os.environ)
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.", done.stdout)
    return int(found[1]) if found else None
