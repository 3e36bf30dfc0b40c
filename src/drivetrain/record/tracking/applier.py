"""Brings acknowledged writes into MLflow's own store, in batches and in order."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.record.tracking.model import HotWrite

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from drivetrain.record.tracking.journal import Entry, Journal

    Send = Callable[[bytes], Awaitable[list[dict[str, str]]]]

_log = logging.getLogger(__name__)
_BATCH = 1000
_BATCH_BYTES = 8_000_000


class Applier:
    """A queue of journal entries with one task that empties it."""

    def __init__(
        self, journal: Journal, send: Send, *, refused: Path, on_applied: Callable[[str], None], linger: float
    ) -> None:
        self._journal = journal
        self._send = send
        self._refused = refused
        self._on_applied = on_applied
        self._linger = linger
        self._queue: deque[Entry] = deque()
        self._appended = 0
        self._applied = 0
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many acknowledged writes MLflow may not have yet."""
        return len(self._queue)

    def start(self) -> None:
        """Begin to work in the background."""
        self._task = asyncio.create_task(self._run(), name="apply journalled writes")

    async def stop(self) -> None:
        """End the background work; what is queued stays in the journal."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def add(self, entry: Entry) -> None:
        """An entry that is in the journal."""
        self._queue.append(entry)
        self._appended += 1
        self._wake.set()

    async def flush(self) -> None:
        """Return when MLflow has everything that was acknowledged before this call.

        Raises:
            UnavailableError: MLflow cannot be had; everything is still in the journal.
        """
        target = self._appended
        while self._applied < target:
            async with self._lock:
                if self._applied < target:
                    await self._apply_some()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(self._linger)
            try:
                await self.flush()
            except UnavailableError as error:
                _log.warning("journalled writes wait: %s", error.message)
                self._wake.set()
                await asyncio.sleep(max(self._linger, 1.0))

    async def _apply_some(self) -> None:
        batch = self._next_batch()
        refusals = await self._send(b"".join(entry.line for entry in batch))
        if refusals:
            await asyncio.to_thread(self._keep_refused, refusals)
        self._journal.mark(batch)
        for _ in batch:
            self._queue.popleft()
        self._applied += len(batch)
        for run_id in _runs_in(batch):
            self._on_applied(run_id)

    def _next_batch(self) -> list[Entry]:
        batch: list[Entry] = []
        size = 0
        for entry in self._queue:
            batch.append(entry)
            size += len(entry.line)
            if len(batch) >= _BATCH or size >= _BATCH_BYTES:
                break
        return batch

    def _keep_refused(self, refusals: list[dict[str, str]]) -> None:
        """What MLflow refuses although we found it valid is kept aside, and does not block the rest."""
        _log.warning("MLflow refused %d journalled writes; kept in %s", len(refusals), self._refused)
        with self._refused.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(refusal) + "\n" for refusal in refusals)


def _runs_in(batch: list[Entry]) -> set[str]:
    runs = set()
    for entry in batch:
        try:
            runs.add(HotWrite.from_line(entry.line).run_id)
        except ValueError:
            continue
    return runs
