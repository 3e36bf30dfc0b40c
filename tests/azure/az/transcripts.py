"""Transcripts of `az`: command lines, and what each says.

$ ml job show -n x -o tsv     a command line, as a shell reads it; comments and empty lines stand between them
Completed                     what it prints, exactly
? hello                       it prints this among other things
= id                          what it prints is `<id>` in lines that follow
! 3 there is no job           it ends with this code, and says this among other things
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Line(NamedTuple):
    """One command line, and what it is to say."""

    words: tuple[str, ...]
    says: tuple[str, ...] = ()
    keep: str = ""
    """What it prints is `<this>` in lines that follow."""

    def differs(self, told: Sequence[object]) -> str:
        """What is not as it should be; empty when all is."""
        code, out, err = int(str(told[0])), str(told[1]), str(told[2])
        shown = "\n".join(self.says)
        good = self._is_said(code, out, err)
        return "" if good else f"$ az {shlex.join(self.words)}\nexpected:\n{shown}\ngot {code}:\n{out}{err}"

    def _is_said(self, code: int, out: str, err: str) -> bool:
        first = self.says[0] if self.says else ""
        if first.startswith("! "):
            return code == int(first[2]) and first[4:] in err
        if code:
            return False
        if first.startswith("? "):
            return first[2:] in out
        return bool(out.strip()) if self.keep else out.splitlines() == list(self.says)


def read(path: Path, **values: str) -> list[Line]:
    """The lines of a transcript; `<name>` in it stands for a value."""
    text = path.read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    found: list[Line] = []
    for row in text.splitlines():
        if row.startswith("$ "):
            found.append(Line(tuple(shlex.split(row[2:]))))
        elif row.startswith("= "):
            found[-1] = found[-1]._replace(keep=row[2:])
        elif row and not row.startswith("# "):
            found[-1] = found[-1]._replace(says=(*found[-1].says, row))
    return found
