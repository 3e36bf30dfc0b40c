"""A step's log as a chain of small writers: lines with commands are taken out, the rest is masked, and written.

`logs/NNN.log` holds the bytes as shown. `logs/NNN.times` beside it says when: records of two little-endian 64-bit
numbers, the offset at which something was written and the milliseconds since 1970, one per some 50 ms.
"""

from __future__ import annotations

import os
import re
import struct
import time
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.run.runner.mask import StreamMasker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.run.runner.mask import Masker

COMMAND = b"##vso["
LONGEST_LINE = 64 << 10
"""A line without an end is shown from here on, unless it holds a command."""
LONGEST_COMMAND = 1 << 20
"""A command longer than this is not one."""
_MARK = re.compile(r"##\[(?:section|error|warning|command|debug|group|endgroup)\]|\[command\]", re.ASCII)
"""What lines of ours begin with."""
TIMES_EVERY_MS = 50
RECORD = struct.Struct("<QQ")


class LogFile:
    """The end of the chain: one log file and the times beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o600)
        self._times = os.open(path.with_suffix(".times"), flags, 0o600)
        self._size = 0
        self._stamped = 0

    def write(self, data: bytes) -> None:
        """Append. Raises UnavailableError when the disk is full."""
        if not data:
            return
        now = time.time_ns() // 1_000_000
        try:
            if now - self._stamped >= TIMES_EVERY_MS:
                os.write(self._times, RECORD.pack(self._size, now))
                self._stamped = now
            self._write_all(data)
        except OSError as error:
            raise UnavailableError(
                f"cannot write {self._path}: {error.strerror}", hint="free some space on that disk, then run again"
            ) from error

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.write(self._fd, view)
            self._size += written
            view = view[written:]

    def close(self) -> None:
        """Nothing more will be written. Closing twice does no harm."""
        for fd in (self._fd, self._times):
            if fd >= 0:
                os.close(fd)
        self._fd = self._times = -1


class CommandSplitter:
    """Takes whole lines that hold `##vso[` out of a stream, in order with everything else.

    As the agent does, a command may stand anywhere in its line, and its line is not shown.
    https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
    """

    def __init__(self, show: Callable[[bytes], None], command: Callable[[bytes], None]) -> None:
        self._show = show
        self._command = command
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Pass on what is whole: shown text, and commands."""
        data = self._rest + chunk if self._rest else chunk
        if COMMAND not in data:
            self._pass(data)
            return
        end = data.rfind(b"\n") + 1
        self._lines(data[:end])
        self._pass(data[end:])

    def _lines(self, data: bytes) -> None:
        done = 0
        at = data.find(COMMAND)
        while at >= 0:
            start = data.rfind(b"\n", done, at) + 1 or done
            end = data.find(b"\n", at) + 1
            if start > done:
                self._show(data[done:start])
            self._command(data[start:end].rstrip(b"\r\n"))
            done = end
            at = data.find(COMMAND, done)
        if done < len(data):
            self._show(data[done:])

    def _pass(self, data: bytes) -> None:
        """Show all but an unfinished line, and of that, all but what may be part of a command when it is long."""
        end = data.rfind(b"\n") + 1
        rest = len(data) - end
        holds_command = COMMAND in data[end:]
        if rest > (LONGEST_COMMAND if holds_command else LONGEST_LINE):
            end = len(data) - len(COMMAND) + 1
        if end:
            self._show(data[:end])
        self._rest = data[end:]

    def idle(self) -> None:
        """Nothing came for a while: show the unfinished line, unless it may become a command."""
        if self._rest and COMMAND not in self._rest:
            keep = _begins_command(self._rest)
            self._show(self._rest[: len(self._rest) - keep])
            self._rest = self._rest[len(self._rest) - keep :]

    def close(self) -> None:
        """The stream has ended: its last line needs no line break."""
        rest, self._rest = self._rest, b""
        if COMMAND in rest and len(rest) <= LONGEST_COMMAND:
            self._command(rest.rstrip(b"\r\n"))
        elif rest:
            self._show(rest)

    @property
    def waiting(self) -> bool:
        """Whether an unfinished line is held back that `idle` would show."""
        return bool(self._rest) and COMMAND not in self._rest and _begins_command(self._rest) < len(self._rest)


def _begins_command(data: bytes) -> int:
    return next((n for n in range(len(COMMAND) - 1, 0, -1) if data.endswith(COMMAND[:n])), 0)


class StepLog:
    """The whole chain of one step. Commands are handed to `command` without their line break."""

    def __init__(self, file: LogFile, masker: Masker, command: Callable[[bytes], None]) -> None:
        self._file = file
        self._masker = StreamMasker(masker)
        self._command = command
        self._own_lines = 0
        self._at_line_start = True
        self.copy: Callable[[bytes], object] | None = None
        """What gets all that is shown from now on, too."""
        self.output = CommandSplitter(self._show, command)

    def _show(self, data: bytes) -> None:
        shown = self._masker.feed(data)
        if shown:
            self._at_line_start = shown[-1:] == b"\n"
            self._write(shown)

    def _write(self, shown: bytes) -> None:
        self._file.write(shown)
        if self.copy is not None:
            self.copy(shown)

    def splitter(self, *, commands: bool = True) -> CommandSplitter:
        """Another stream of output into the same log: standard error on its own, or one without commands."""
        return CommandSplitter(self._show, self._command if commands else self._show_line)

    def _show_line(self, line: bytes) -> None:
        self._show(line + b"\n")

    def line(self, text: str) -> None:
        """A line of our own: masked, never read as a command. Starts on a line of its own."""
        if not self._at_line_start or self._masker.waiting:
            self._write_rest(b"\n")
        mark = _MARK.match(text)
        if mark:  # never masked: a very short secret would make the log unreadable for pages
            self._write(mark[0].encode("ascii"))
        self._show(text[mark.end() if mark else 0 :].encode("utf-8", "surrogateescape") + b"\n")

    def _write_rest(self, end: bytes) -> None:
        self._at_line_start = True
        self._write(self._masker.close() + end)

    def end_output(self) -> None:
        """The program has ended: what it left without a line break is shown, and the line ended."""
        self.output.close()
        if self._masker.waiting or not self._at_line_start:
            self._write_rest(b"\n")

    def close(self) -> None:
        """The step has ended."""
        self.end_output()
        self._file.close()
