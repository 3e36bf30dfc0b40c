"""DrivetrainDeploy@1: a model goes live, safely. Runs `drivetrain deploy` (docs/serving/releases.md)."""

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
    "DrivetrainDeploy@1": Declared(
        "Drivetrain deploy",
        "Release a model to an online endpoint, step by step",
        (),
        {
            "model": "",
            "endpoint": "",
            "deployment": "",
            "file": "",
            "files": "",
            "script": "",
            "steps": "10,50,100",
            "watch": "10",
            "mirror": "0",
            "atOnce": "false",
            "instances": "",
            "runtime": "",
            "requirements": "",
            "python": "",
            "concurrent": "",
            "collect": "",
            "redact": "",
            "variables": "",
            "secrets": "",
        },
        version="1.0.0",
    ),
}
FAILED = 1
_TEXTS = (
    "endpoint",
    "deployment",
    "steps",
    "watch",
    "mirror",
    "instances",
    "runtime",
    "python",
    "concurrent",
    "collect",
)
_PATHS = ("file", "files", "script", "requirements")
_LINES = {"redact": "--redact", "variables": "--env", "secrets": "--secret"}


def run(context: StepContext) -> Outcome:
    """Release it; one that is rolled back, or never got so far, fails the step."""
    context.on_host = True
    words = ["deploy", *_words(context)]
    context.command(["drivetrain", *words])
    ended = context.run([sys.executable, "-I", "-m", "drivetrain", *words], context.default_folder)
    if ended.stop is None and ended.code == FAILED:
        return Outcome(Result.FAILED, ended.code, "The model did not go live.")
    return context.outcome(ended, message="The model could not be released: exit code {}.")


def _words(context: StepContext) -> Iterator[str]:
    at_once = context.inputs.choice("atOnce", "true", "false") == "true"
    for name in _TEXTS:
        value = context.inputs.text(name).strip()
        if value and not (at_once and name in {"steps", "watch", "mirror"}):
            yield f"--{name}={value}"
    for name in _PATHS:
        if context.inputs.text(name):
            yield f"--{name}={context.inputs.path(name)}"
    for name, option in _LINES.items():
        for line in context.inputs.text(name).splitlines():
            if line.strip():
                yield f"{option}={line.strip()}"
    if at_once:
        yield "--at-once"
    model = context.inputs.text("model").strip()
    if model:
        yield from ("--", model)
