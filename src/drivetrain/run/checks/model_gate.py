"""Model gate: the model that the run has registered has passed a gate (docs/gates.md). Azure has no such check.

What counts is the newest verdict on each model, whoever asked for it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.run.checks.facts import Finding, in_words
from drivetrain.run.checks.model import Category, CheckState
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from drivetrain.run.checks.facts import Facts
    from drivetrain.run.checks.model import CheckRun, GateWord

TYPE = "modelGate"
TITLE = "Model gate"
TIMEOUT_RESULT = Result.FAILED
DAY = 1440
LOOK_SECONDS = 5.0
"""How often it is looked whether there is a verdict: a command may have asked the gate."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How it is set."""

    gate: str
    """Its name, as its file says it."""
    model: str = ""
    """Only of this model; empty for every model on which the gate has said something."""
    rules: str = ""
    """`sha256:...` of what has to have been asked; empty for anything: who changes the pipeline may change its gate."""
    timeout: float = DAY

    def verify(self) -> None:
        """Raises UserError that names the setting."""
        if not self.gate.strip():
            raise UserError("gate: name it", hint="such as --gate diabetes, or --rules gate.yml")


def category(settings: Settings) -> Category:
    """Dynamic: it may be asked while the stage waits."""
    del settings
    return Category.DYNAMIC


def describe(settings: Settings) -> str:
    """In a few words, for people."""
    of = f" of {settings.model}" if settings.model else ""
    pinned = f" with the rules {settings.rules[:15]}" if settings.rules else ""
    return f"gate {settings.gate}{of} has passed{pinned}, within {in_words(settings.timeout)}"


def look(settings: Settings, check: CheckRun, facts: Facts) -> Finding:
    """What the gate has said."""
    del check
    named = [word for word in facts.words if word.gate == settings.gate and settings.model in ("", word.model)]
    counting = [word for word in named if settings.rules in ("", word.rules)]
    newest: dict[str, GateWord] = {word.model: word for word in sorted(counting, key=lambda word: word.id)}
    if not newest:
        other = "; it was asked with other rules" if named else ""
        again = facts.now + timedelta(seconds=LOOK_SECONDS)
        return Finding(CheckState.RUNNING, f"gate {settings.gate} has not been asked yet{other}", again)
    failed = [word for word in newest.values() if not word.passed]
    if failed:
        return Finding(CheckState.FAILED, _said(failed[0]))
    return Finding(CheckState.PASSED, "; ".join(_said(word) for word in newest.values()))


def _said(word: GateWord) -> str:
    came = "has passed" if word.passed else "has not passed"
    why = f": {word.reason}" if word.reason else ""
    return f"{word.candidate} {came} gate {word.gate} (verdict {word.id}){why}"
