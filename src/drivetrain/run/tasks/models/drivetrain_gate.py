"""DrivetrainGate@1: is the model that this run has registered good enough? Runs `drivetrain gate` (docs/gates.md)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import Outcome
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.runner.context import StepContext

TASKS = {
    "DrivetrainGate@1": Declared(
        "Drivetrain gate",
        "Judge a candidate model by the rules of a gate file",
        ("file",),
        {"candidate": "", "champion": "", "data": "", "evaluate": "true", "promote": "true"},
        version="1.0.0",
    ),
}
FAILED = 1
_OPTIONS = ("candidate", "champion", "data")


def run(context: StepContext) -> Outcome:
    """Ask the gate; a candidate that fails it fails the step. The command sets the step's outputs."""
    context.on_host = True
    words = ["gate", _file(context), *_options(context)]
    context.command(["drivetrain", *words])
    ended = context.run([sys.executable, "-I", "-m", "drivetrain", *words], context.default_folder)
    if ended.stop is None and ended.code == FAILED:
        # The command has said as issues which rules have failed.
        return Outcome(Result.FAILED, ended.code, "The candidate has not passed the gate.")
    return context.outcome(ended, message="The gate could not be asked: exit code {}.")


def _file(context: StepContext) -> str:
    context.inputs.required("file")
    return context.inputs.path("file")


def _options(context: StepContext) -> Iterator[str]:
    for name in _OPTIONS:
        value = context.inputs.path(name) if name == "data" else context.inputs.text(name)
        if context.inputs.text(name):
            yield f"--{name}={value}"
    if context.inputs.choice("evaluate", "true", "false") == "false":
        yield "--no-evaluate"
    if context.inputs.choice("promote", "true", "false") == "false":
        yield "--no-promote"
