"""The way of a decision to the step that waits for it: a file in the job's folder, written whole, once.

The store holds the decision; the file only carries it, and is written again as often as it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from drivetrain.run.checks.model import Approval, ApprovalState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from drivetrain.run.checks.ports import Answers
    from drivetrain.run.model import JobRecord


class StepAnswer(Struct, frozen=True):
    """What a step is told."""

    approve: bool
    by: str = ""
    comment: str = ""


def answer_file(folder: Path, step: int) -> Path:
    """Where the answer for a step lies in the folder of its job."""
    return folder / f"validation.{step}.json"


def read_answer(folder: Path, step: int) -> StepAnswer | None:
    """The answer, None while there is none."""
    try:
        return msgspec.json.decode(answer_file(folder, step).read_bytes(), type=StepAnswer)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def deliver(answers: Answers, run_id: int, jobs: Iterable[tuple[JobRecord, Path]]) -> None:
    """Hand what was decided to the jobs of a run that are with runners, each with its folder. A folder that cannot be
    written is tried again at the next look.
    """
    folders = {(record.ref, record.attempt): folder for record, folder in jobs}
    for job, attempt, step, approval in answers.decided_steps(run_id) if folders else ():
        folder = folders.get((job, attempt))
        if folder is not None and not answer_file(folder, step).exists():
            _write(answer_file(folder, step), approval)


def _write(path: Path, approval: Approval) -> None:
    last = approval.decisions[-1] if approval.decisions else None
    approve = approval.state is ApprovalState.APPROVED
    answer = StepAnswer(approve, last.by if last else "", last.comment if last else "")
    new = path.with_suffix(".new")
    try:
        new.write_bytes(msgspec.json.encode(answer))
        new.replace(path)
    except OSError:
        return
