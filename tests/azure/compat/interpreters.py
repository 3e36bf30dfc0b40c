"""The clients of the suite: each version in an environment of its own, kept running while its scripts are run."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ZYGOTE = Path(__file__).with_name("zygote.py")


class Said(NamedTuple):
    """What a script came to."""

    status: int
    output: str

    @property
    def document(self) -> Any:
        """What it printed as JSON last: some clients show progress before it, on the same line, and behind it."""
        found = [line[line.index('{"') :] for line in self.output.splitlines() if '{"' in line]
        return json.JSONDecoder().raw_decode(found[-1])[0]


class Interpreter:
    """One version of one client."""

    def __init__(self, python: Path, modules: Sequence[str], environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._process = subprocess.Popen(
            [python, "-W", "ignore", ZYGOTE, *modules],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, script: Path, arguments: Sequence[str], folder: Path, **environment: str) -> Said:
        """Run a script in a folder; an interpreter that has died says so in the output."""
        task = {"script": str(script), "arguments": [*arguments], "environment": environment, "folder": str(folder)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            return Said(self._process.wait(), "the interpreter could not import the client")
        answer = json.loads(line)
        return Said(answer["status"], answer["output"])

    def close(self) -> None:
        """End it."""
        with suppress(BrokenPipeError):
            self._process.communicate()
