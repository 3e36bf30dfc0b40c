"""Our endpoint, as a user makes one: `drivetrain deploy --files`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from bench.serving.peers import COLUMNS, ROW, Target, answers

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

NAME = "bench"


class Ours:
    """An endpoint in a home of its own, with one replica; taken down afterwards."""

    def __init__(self, home: Path, model: Path) -> None:
        self._home = home
        self._say("deploy", "--files", str(model / "mlflow"), "--endpoint", NAME, "--at-once")
        shown = json.loads(self._say("endpoint", "show", NAME, "--json"))
        keys = json.loads(self._say("endpoint", "keys", NAME, "--json"))
        body = json.dumps({"input_data": {"columns": COLUMNS, "data": [ROW]}})
        self.target = Target(shown["scoring_uri"], body, {"Authorization": f"Bearer {keys['primary']}"})

    def _say(self, *words: str) -> str:
        environ = {**os.environ, "DRIVETRAIN_HOME": str(self._home)}
        command = [sys.executable, "-m", "drivetrain", *words]
        return subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout

    def start_seconds(self) -> float:
        """From nothing that runs to the first answer."""
        self._say("endpoint", "stop", NAME)
        started = time.perf_counter()
        self._say("endpoint", "start", NAME)
        while not answers(self.target):
            time.sleep(0.005)
        return time.perf_counter() - started

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._say("endpoint", "delete", NAME, "--yes")
