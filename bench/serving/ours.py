"""Our endpoint, as a user makes one: `drivetrain deploy --files`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from bench.serving.peers import COLUMNS, ROW, Target, answers
from drivetrain.home import Home
from drivetrain.wire.serving.serving import fronts_of
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

NAME = "bench"


class Ours:
    """An endpoint in a home of its own, with one replica; taken down afterwards."""

    def __init__(self, home: Path, model: Path) -> None:
        self._home = home
        self._say("deploy", "--files", str(model / "mlflow"), "--endpoint", NAME, "--at-once")
        storage = Storage(Home(home))
        self._fronts = fronts_of(storage)
        body = json.dumps({"input_data": {"columns": COLUMNS, "data": [ROW]}})
        key, _ = storage.endpoints.keys(NAME)
        self.target = Target(f"{self._fronts.apply(NAME).url}/score", body, {"Authorization": f"Bearer {key}"})

    def _say(self, *words: str) -> str:
        environ = {**os.environ, "DRIVETRAIN_HOME": str(self._home)}
        command = [sys.executable, "-m", "drivetrain", *words]
        return subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout

    def start_seconds(self) -> float:
        """From nothing that runs to the first answer."""
        self._fronts.stop(NAME)
        started = time.perf_counter()
        self._fronts.apply(NAME)
        while not answers(self.target):
            time.sleep(0.005)
        return time.perf_counter() - started

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._say("endpoint", "delete", NAME, "--yes")
