"""Runs the trial of a model in its own environment: the only place where preparing runs a model's code, in a process
with the limits of a replica.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.serve import processes
from drivetrain.serve.model import Launch, Speaks
from drivetrain.serve.prepare.launches import OF_REPLICAS
from drivetrain.serve.prepare.program import program

if TYPE_CHECKING:
    from drivetrain.serve.model import Limits
    from drivetrain.serve.prepare.saved_model import Example

SECONDS = 300.0
_KEPT = 65536
_LINES = 12


def tried(
    python: Path,
    description: dict[str, Any],
    example: Example | None,
    place: Path,
    limits: Limits,
    *,
    convert: bool = False,
    complete: bool = False,
) -> dict[str, Any]:
    """The report of in_replica's trial; the same question is answered from what was kept.

    Args:
        python: the interpreter of the model's environment.
        description: of the model.
        example: its own.
        place: where reports, and models that were converted, are kept.
        limits: of the process.
        convert: whether it is to be converted.
        complete: whether the converted one may refuse rows that lack values, when only those are answered differently.

    Raises:
        UserError: the model cannot be loaded, or not in time; with the end of what it said.
    """
    serving = place.parents[1]
    rows = [list(row) for row in example.rows] if example is not None else []
    question = {
        "described": description,
        "example": _ordered(rows, description, example),
        "convert": convert,
        "complete": complete,
    }
    key = hashlib.sha256(
        json.dumps([str(python), str(program(serving)), question], sort_keys=True).encode()
    ).hexdigest()
    folder = place / f"tried-{key[:24]}"
    if not (folder / "report.json").is_file():
        _try(python, {**question, "onnx": str(folder / "model.onnx")}, folder, limits)
    report: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return {**report, "model": str(folder / "model.onnx")}


def _ordered(rows: list[list[Any]], description: dict[str, Any], example: Example | None) -> list[list[Any]]:
    """The example's rows in the order of the signature's columns; none when it lacks one of them."""
    wanted = [str(each.get("name", at)) for at, each in enumerate(description.get("inputs") or ())]
    if example is None or wanted == list(example.names):
        return rows
    try:
        order = [example.names.index(name) for name in wanted]
        return [[row[at] for at in order] for row in rows]
    except (ValueError, IndexError):
        return []


def _try(python: Path, question: dict[str, Any], folder: Path, limits: Limits) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="drivetrain-trial-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        (scratch / "question.json").write_text(json.dumps(question), "utf-8")
        waiting = folder / "report.json.part"
        program_folder = program(folder.parents[2])
        words = (str(python), str(program_folder), "--try", str(scratch / "question.json"), str(waiting))
        launch = Launch(command=words, folder=name, speaks=Speaks.FRAMES, limits=limits, variables=OF_REPLICAS)
        code, said = _run(launch, scratch / "own")
        if code != 0 or not waiting.is_file():
            raise UserError(f"the model cannot be loaded: {_reason(code, said)}", hint=_end_of(said))
        waiting.rename(folder / "report.json")


def _run(launch: Launch, folder: Path) -> tuple[int | None, str]:
    """How it ended, None when it took too long; and the end of what it said."""
    reading, writing = os.pipe()
    try:
        replica = processes.start(launch, {}, folder=folder, log=writing)
    finally:
        os.close(writing)
    try:
        said, ended = _read(reading, time.monotonic() + SECONDS)
        code = replica.process.wait(_GRACE) if ended else None
    finally:
        os.close(reading)
        processes.end(replica)
    return code, said


_GRACE = 30.0
"""A process that has closed its output ends soon."""


def _read(handle: int, until: float) -> tuple[str, bool]:
    """The end of what it says, and whether it has closed its output by then."""
    kept = b""
    while (left := until - time.monotonic()) > 0:
        if not select.select([handle], [], [], left)[0]:
            break
        data = os.read(handle, _KEPT)
        if not data:
            return kept.decode("utf-8", "replace"), True
        kept = (kept + data)[-_KEPT:]
    return kept.decode("utf-8", "replace"), False


def _reason(code: int | None, said: str) -> str:
    if code is None:
        return f"it had not finished after {SECONDS:.0f} seconds"
    lines = [line for line in said.splitlines() if line.strip()]
    return f"{lines[-1][:300]}" if lines else f"its process ended with {code} and said nothing"


def _end_of(said: str) -> str:
    return "the end of what it said:\n" + "\n".join(f"  {line[:300]}" for line in said.splitlines()[-_LINES:])
