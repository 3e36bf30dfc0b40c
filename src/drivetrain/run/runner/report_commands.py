"""`##vso[results.publish]` and `##vso[codecoverage.publish]`. What they need is loaded when one is first met: most jobs
publish nothing, and start without it.

ResultsCommandExtension, CodeCoverageCommandExtension in https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.run.runner.commands import LoggingCommand
    from drivetrain.run.runner.context import StepContext


def handle(name: str, context: StepContext, command: LoggingCommand) -> None:
    """Carry out the command of that name. Raises UserError."""
    getattr(importlib.import_module("drivetrain.run.reports.commands"), name)(context, command)
