"""Writes down a share of the requests, with their bodies: `requests.jsonl` in the endpoint's folder.

A thread of its own writes; when it cannot keep up, requests are left out and counted, and callers do not wait.
"""

from __future__ import annotations

import json
import queue
import threading
from typing import TYPE_CHECKING, Any

from drivetrain.clock import timestamp
from drivetrain.serve.measures.redaction import written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.serve.measures.model import Exchange
    from drivetrain.serve.model import Collection

FILE = "requests.jsonl"
MOST_BYTES = 10_000_000
"""Of one file; then it becomes `requests.jsonl.1`, and that one `.2`."""
FILES = 5
MOST_WAITING = 1000


class RequestLog:
    """The Observer port: writes down what is chosen. Stop it with `close`."""

    def __init__(self, folder: Path, collections: Callable[[], Mapping[str, Collection]], clock: Clock) -> None:
        """`collections` gives, by deployment, which requests are written down now."""
        self._path = folder / FILE
        self._collections = collections
        self._clock = clock
        self._shares: dict[str, float] = {}
        self._waiting: queue.Queue[tuple[datetime, Exchange, Collection] | None] = queue.Queue(MOST_WAITING)
        self.left_out = 0
        """How many were chosen and could not be written in time."""
        self._thread = threading.Thread(target=self._write, name="request log", daemon=True)
        self._thread.start()

    def seen(self, exchange: Exchange) -> None:
        """Write it down if it is chosen. Never waits."""
        collection = self._collections().get(exchange.deployment)
        if collection is None or not self._is_chosen(exchange.deployment, collection.share):
            return
        try:
            self._waiting.put_nowait((self._clock.now(), exchange, collection))
        except queue.Full:
            self.left_out += 1

    def _is_chosen(self, deployment: str, share: float) -> bool:
        """Every n-th in turn, so that the share is exact."""
        summed = self._shares.get(deployment, 0.0) + share
        self._shares[deployment] = summed % 1.0
        return summed >= 1.0

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (item := self._waiting.get()) is not None:
            try:
                self._append(json.dumps(record(*item), ensure_ascii=False, default=str) + "\n")
            except (OSError, ValueError, RecursionError):
                self.left_out += 1

    def _append(self, line: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._path.exists() and self._path.stat().st_size > MOST_BYTES:
            self._rotate()
        with self._path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(line)

    def _rotate(self) -> None:
        for number in range(FILES - 1, 0, -1):
            older = self._path.with_name(f"{FILE}.{number}")
            if older.exists():
                older.replace(self._path.with_name(f"{FILE}.{number + 1}"))
        self._path.replace(self._path.with_name(f"{FILE}.1"))


def record(at: datetime, exchange: Exchange, collection: Collection) -> dict[str, Any]:
    """One line of the file."""
    return {
        "time": timestamp(at),
        "id": exchange.id,
        "deployment": exchange.deployment,
        "model": exchange.model,
        "status": exchange.status,
        "milliseconds": round(exchange.seconds * 1000, 3),
        "queued_milliseconds": round(exchange.queued * 1000, 3),
        "mirrored": exchange.mirrored,
        "disagrees": exchange.disagrees,
        "trace": exchange.trace,
        "request": written(exchange.asked, collection.redact),
        "response": written(exchange.answered, ()),
    }
