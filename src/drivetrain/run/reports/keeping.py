"""Writes the tests of reports down in one form, secrets masked, so that the engine can take them in."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, NamedTuple, Self

import msgspec

from drivetrain.run.reports.kept import MOST_LINES, new_file
from drivetrain.run.reports.model import LONGEST_MESSAGE, LONGEST_NAME, LONGEST_STACK, CaseResult, Counts

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.reports.formats.case import Case
    from drivetrain.run.runner.mask import Masker

TOGETHER = 200
"""So many tests are masked at once, unless they have much to say."""
TOGETHER_TEXT = 1 << 20
_SEPARATOR = "\n\0\n"
"""Between texts that are masked at once: no report can hold it, and no form of a secret a line break."""
LONGEST_OUTPUT = 256 << 10
MOST_OUTPUT = 64 << 20
MOST_DETAILS = 64 << 20
"""Characters of messages and stacks of all tests that are written down together."""
_encoder = msgspec.json.Encoder()


class Mark(NamedTuple):
    """How far the files were at one moment."""

    at: int
    output_at: int
    counts: Counts
    details: int


class CaseWriter:
    """Tests into a new file of a job, and what failed tests wrote into another."""

    def __init__(self, job_dir: Path, masker: Masker) -> None:
        self._job_dir = job_dir
        self._masker = masker
        self._file, self.path = new_file(job_dir, "tests.jsonl")
        self._outputs: IO[bytes] | None = None
        self.outputs = ""
        """The path of the file of outputs, once there is one."""
        self.counts = Counts()
        self.left_out = 0
        """Tests that were too many to be kept; they count all the same."""
        self._details = 0
        self._waiting: list[Case] = []
        self._text = 0
        """Characters of messages, stacks and outputs that wait."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._file.close()
        if self._outputs is not None:
            self._outputs.close()

    def add(self, case: Case) -> None:
        """One more test."""
        self._waiting.append(case)
        self._text += len(case.message) + len(case.stack) + len(case.output)
        if len(self._waiting) >= TOGETHER or self._text > TOGETHER_TEXT:
            self._flush()

    def mark(self) -> Mark:
        """Where to come back to."""
        self._flush()
        output_at = self._outputs.tell() if self._outputs is not None else 0
        return Mark(self._file.tell(), output_at, self.counts, self._details)

    def back_to(self, mark: Mark) -> None:
        """Forget what came after the mark: the report turned out to be broken."""
        self._waiting.clear()
        self._file.seek(mark.at)
        self._file.truncate()
        if self._outputs is not None:
            self._outputs.seek(mark.output_at)
            self._outputs.truncate()
        self.counts, self._details = mark.counts, mark.details

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._text = 0
        if not waiting:
            return
        texts = [text for case in waiting for text in (*case[:3], *case[5:])]
        masked = self._masker.text(_SEPARATOR.join(texts)).split(_SEPARATOR)
        lines = []
        for number, case in enumerate(waiting):
            storage, name, title, message, stack, output = masked[6 * number : 6 * number + 6]
            if self.counts.total >= MOST_LINES:
                self.left_out += 1
            else:
                message, stack = self._budgeted(cut(message, LONGEST_MESSAGE), cut(stack, LONGEST_STACK))
                at, size = self._keep_output(output)
                result = CaseResult(
                    short(storage),
                    short(name),
                    short(title),
                    case.outcome,
                    case.seconds,
                    clean(message),
                    clean(stack),
                    at,
                    size,
                )
                lines.append(_encoder.encode(result) + b"\n")
            self.counts = self.counts.with_case(case.outcome, case.seconds)
        self._file.write(b"".join(lines))

    def _budgeted(self, message: str, stack: str) -> tuple[str, str]:
        self._details += len(message) + len(stack)
        if self._details > MOST_DETAILS:
            return ("", "") if self._details > 2 * MOST_DETAILS else (message, "")
        return message, stack

    def _keep_output(self, output: str) -> tuple[int, int]:
        if not output:
            return 0, 0
        if self._outputs is None:
            self._outputs, self.outputs = new_file(self._job_dir, "outputs.txt")
        at = self._outputs.tell()
        if at >= MOST_OUTPUT:
            return 0, 0
        return at, self._outputs.write(cut(output, LONGEST_OUTPUT).encode("utf-8", "replace"))


def cut(text: str, longest: int) -> str:
    """A text, or its beginning."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def short(text: str) -> str:
    """A name, not too long."""
    return clean(cut(text, LONGEST_NAME))


def clean(text: str) -> str:
    """A text that can be encoded, whatever masking has left of it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
