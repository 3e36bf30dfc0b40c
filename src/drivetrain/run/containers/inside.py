"""Programs inside a running container: started by `exec`, found on its PATH, and signalled, because ending the
engine's program does not end what it has started.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.run.containers.arguments import entry, passed
from drivetrain.run.containers.engine import ask, client_environment, is_own
from drivetrain.run.runner.processes import STEP_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.run.containers.engine import Engine
    from drivetrain.run.runner.process import Program

ROOT = "0"
_KILL = (
    'test -z "$1" || kill -KILL "-$1" 2>/dev/null; for p in /proc/[0-9]*; do '
    'if tr \'\\0\' \'\\n\' < "$p/environ" 2>/dev/null | grep -qxF -- "$2"; then kill -KILL "${p#/proc/}"; fi; done'
)
"""Ends a process group and everything that carries a mark, inside."""


class Container(NamedTuple):
    """A container that runs, and as whom steps act in it."""

    engine: Engine
    alias: str
    id: str
    user: str = ROOT

    def inside(self, program: Program, prepended: Sequence[str], temp: Path) -> Program:
        """The program inside, as one to be started here: its output, its end and its exit code are those of `exec`.

        Args:
            program: its environment is what it is to find inside.
            prepended: folders to be put before the PATH of the image.
            temp: a folder that this machine and the container share.
        """
        env = program.env
        script = temp / f"{os.urandom(16).hex()}.enter"
        pid_file = script.with_suffix(".pid")
        own = {name: value for name, value in env.items() if is_own(name)}
        script.write_text(entry(prepended, own, str(pid_file)), "utf-8", "surrogateescape")
        names, values = passed({name: value for name, value in env.items() if not is_own(name)})
        command = [self.engine.program, "exec", "--user", self.user, "--workdir", program.cwd, *names]
        mark = f"{STEP_MARK}={env.get(STEP_MARK, '')}"
        return program._replace(
            args=[*command, self.id, "sh", str(script), *program.args],
            cwd=str(temp),
            env={**client_environment(), **values},
            reach=lambda number: self.signal(pid_file, mark, number),
        )

    def signal(self, pid_file: Path, mark: str, number: int) -> None:
        """Send a signal to a program's process group; SIGKILL also to all that carry its step's mark."""
        try:
            pid = pid_file.read_text("ascii").strip()
        except (OSError, ValueError):
            pid = ""
        pid = pid if pid.isdecimal() else ""
        if number == signal.SIGKILL:
            self.sh(_KILL, pid, mark)
        elif pid:
            self.sh('kill "-$1" "-$2"', signal.Signals(number).name.removeprefix("SIG"), pid)

    def sh(self, script: str, *args: str) -> tuple[int, str]:
        """Run a short script inside as root: its exit code and what it printed."""
        told = ask(self.engine.program, "exec", "--user", ROOT, self.id, "sh", "-c", script, "sh", *args)
        return told.code, told.out.strip()

    def which(self, name: str, prepended: Sequence[str]) -> str:
        """Where a program is inside; empty when it is not."""
        before = ":".join(prepended)
        code, found = self.sh('PATH="$1$PATH"; command -v "$2"', f"{before}:" if before else "", name)
        return found if not code else ""
