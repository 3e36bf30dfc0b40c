"""Builds what asks gates of one home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.gate.read import read_gate
from drivetrain.errors import UserError
from drivetrain.registry.gates.deciding import Gates
from drivetrain.serve.evaluate.evaluator import ServedEvaluator
from drivetrain.settings import load as settings_of
from drivetrain.wire.seldom import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.definition.gate.model import GateFile
    from drivetrain.serve.evaluate.evaluator import Launches
    from drivetrain.wire.storage import Storage

LARGEST = 1 << 20
"""Bytes of a gate file."""


def gate_of(file: Path) -> GateFile:
    """The gate that a file says. Raises DefinitionError; UserError when it cannot be read."""
    try:
        if file.stat().st_size > LARGEST:
            raise UserError(f"{file} is larger than {LARGEST} bytes", hint="a gate file has a few rules")
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}", hint="name a gate file, such as gate.yml") from error
    return read_gate(text, str(file), name=file.stem)


def gates_of(storage: Storage, say: Callable[[str], None]) -> Gates:
    """The gates of a home; `say` is told what takes its time. What evaluates is loaded when a gate does that."""

    def launches() -> Launches:
        allowed = settings_of(storage.home).allow_python_install
        found: Launches = load("wire.gating.launches:launches_of")(storage, say, allow_install=allowed)
        return found

    return Gates(storage.models, storage.verdicts, ServedEvaluator(launches), storage.clock)
