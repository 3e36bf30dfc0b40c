"""The secure files of a step, for as long as its task runs."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING

from drivetrain.run.packages.environment import SYSTEM
from drivetrain.run.predefined import ACCESS_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivetrain.run.library.model import SecureFile
    from drivetrain.run.runner.context import StepContext

_SERVER = "drivetrain.run.packages.file_server"
"""Brings http.server: loaded only for a task that has secure files."""


@contextlib.contextmanager
def served(context: StepContext, files: Sequence[SecureFile]) -> Iterator[dict[str, str]]:
    """What the task is told, so that it finds its secure files where it asks for them: at the address of the server.
    Raises NotFoundError, CorruptError when one cannot be opened.
    """
    if not files:
        yield {}
        return
    made = importlib.import_module(_SERVER)
    opened = [made.Handed(file.id, file.ticket, context.job.services.secure_file(file.ticket)) for file in files]
    server = made.FileServer(context.job.variables.value(ACCESS_TOKEN), opened)
    names = (f"ENDPOINT_URL_{SYSTEM}", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_COLLECTIONURI")
    try:
        yield dict.fromkeys(names, server.url)
    finally:
        server.close()
