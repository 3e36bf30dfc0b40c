"""Asks REST APIs for checks, each in a process of its own: the engine never waits for a service, and a process that
forks its jobs keeps its single thread.

What comes back is kept in the store. A request that was under way when the engine was killed is made again: a service
may be asked twice.
"""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import CorruptError
from drivetrain.lang.expressions import ExpressionError
from drivetrain.run.checks.kinds import kept
from drivetrain.run.checks.model import Answer
from drivetrain.run.predefined import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

    from drivetrain.clock import Clock
    from drivetrain.run.checks.facts import Facts
    from drivetrain.run.checks.model import CheckRun
    from drivetrain.run.checks.ports import CheckStore

KEPT = 300
"""Characters of an answer that are kept."""
NO_WORD = "asking ended without a word"

Key = tuple[int, str, int, int]


class _Call(Struct, eq=False):
    """A request under way, and how its answer is judged."""

    process: Popen[bytes]
    output: IO[bytes]
    agrees: Callable[[int, str], bool]


class Calls:
    """The requests of one engine; used by its thread only."""

    def __init__(
        self, store: CheckStore, clock: Clock, open_secret: Callable[[str], str], server_url: str = ""
    ) -> None:
        """`open_secret` opens the sealed value of a header."""
        self._store = store
        self._clock = clock
        self._open = open_secret
        self._server_url = server_url
        self._under_way: dict[Key, _Call] = {}

    def under_way(self, run_id: int, stage: str, attempt: int) -> frozenset[int]:
        """The checks of a gate whose services are being asked, once what has come back is kept."""
        mine = [key for key in self._under_way if key[:3] == (run_id, stage, attempt)]
        for key in mine:
            if self._under_way[key].process.poll() is not None:
                self._store.answer(*key, self._judged(self._under_way[key]))
                self._end(key)
        return frozenset(key[3] for key in mine if key in self._under_way)

    def begin(self, check: CheckRun, facts: Facts, attempt: int) -> None:
        """Ask, unless it is being asked already."""
        key = (facts.run.id, facts.stage.name, attempt, check.check.id)
        if key in self._under_way:
            return
        try:
            self._under_way[key] = self._started(check, facts)
        except (CorruptError, OSError) as error:
            self._store.answer(*key, self._refusal(str(error)))

    def leave(self, run_id: int, stage: str, attempt: int) -> None:
        """Nobody waits for these answers any more."""
        for key in [key for key in self._under_way if key[:3] == (run_id, stage, attempt)]:
            self._under_way[key].process.kill()
            self._end(key)

    def _end(self, key: Key) -> None:
        call = self._under_way.pop(key)
        call.process.wait()
        call.output.close()

    def _started(self, check: CheckRun, facts: Facts) -> _Call:
        import subprocess  # noqa: PLC0415 - only a check of this kind needs it
        import tempfile  # noqa: PLC0415

        module, settings = kept(check.check)
        opened = {name: self._open(value) for name, value in settings.headers.items()}
        place = Place(facts.run, facts.plan, self._server_url, facts.stage)
        asked = module.question(replace(settings, headers=opened), place)
        output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the answer was read
        command = [sys.executable, "-m", "drivetrain.run.checks.asking"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.DEVNULL)
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        with process.stdin as pipe:
            pipe.write(msgspec.json.encode(asked))
        return _Call(process, output, lambda status, text: module.agrees(asked.criteria, status, text))

    def _judged(self, call: _Call) -> Answer:
        call.output.seek(0)
        try:
            status, text = msgspec.json.decode(call.output.read(), type=tuple[int, str])
        except msgspec.MsgspecError:
            return self._refusal(NO_WORD)
        try:
            passed, why = bool(status) and call.agrees(status, text), ""
        except (ExpressionError, ValueError, RecursionError) as error:
            passed, why = False, f"successCriteria cannot be evaluated: {error}"
        return Answer(passed=passed, at=timestamp(self._clock.now()), status=status, text=_shown(why or text))

    def _refusal(self, why: str) -> Answer:
        return Answer(passed=False, at=timestamp(self._clock.now()), text=_shown(why))


def _shown(text: str) -> str:
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= KEPT else f"{line[:KEPT]}..."
