"""Files that the edge keeps for training runs, because MLflow has no place for them: how they were submitted, and rows
of tables. One folder per run, which belongs to nobody else.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_DEFINITION = "definition.json"


class RunFiles:
    """Below `HOME/azure/runs`. Any thread may call it."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before it is needed."""
        self._folder = folder
        self._lock = threading.Lock()

    def of(self, run_id: str) -> Path:
        """The folder of a run, whose id was checked."""
        return self._folder / run_id

    def keep_definition(self, run_id: str, definition: Mapping[str, Any]) -> None:
        """Keep the configuration that a run was submitted with."""
        folder = self.of(run_id)
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"{_DEFINITION}.new"
        new.write_text(json.dumps(definition), "utf-8")
        new.replace(folder / _DEFINITION)

    def definition(self, run_id: str) -> Mapping[str, Any] | None:
        """The configuration that a run was submitted with."""
        try:
            found: Mapping[str, Any] = json.loads((self.of(run_id) / _DEFINITION).read_text("utf-8"))
        except FileNotFoundError:
            return None
        return found

    def append(self, run_id: str, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to the series of this name."""
        path = self._series(run_id, name)
        lines = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        with self._lock:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(lines)

    def rows(self, run_id: str, name: str) -> Iterator[Mapping[str, Any]]:
        """The rows of a series; none when there is no such."""
        try:
            with self._series(run_id, name).open(encoding="utf-8") as file:
                yield from (json.loads(line) for line in file if line.endswith("\n"))
        except FileNotFoundError:
            return

    def _series(self, run_id: str, name: str) -> Path:
        return self.of(run_id) / "series" / f"{hashlib.sha256(name.encode()).hexdigest()}.jsonl"
