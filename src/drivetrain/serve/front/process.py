"""Waiting for the process of a replica, and ending it, without keeping the loop waiting."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

from drivetrain.serve import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.serve.model import Limits
    from drivetrain.serve.processes import Replica

LOOK_SECONDS = 0.05
WATCH_SECONDS = 1.0
END_SECONDS = 10.0
"""How long a replica that was told to end (SIGTERM) may take; then it is killed."""


async def ended(replica: Replica) -> int:
    """Its exit code, once it has ended; what it has left behind is killed."""
    with _watched(replica.pid) as changed:
        while replica.process.poll() is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if changed is not None else LOOK_SECONDS):
                    await (changed or asyncio.Event()).wait()
    return await asyncio.to_thread(processes.end, replica)


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[asyncio.Event | None]:
    """An event that is set when it ends; None where the system cannot say so (macOS)."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield None
        return
    event, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(descriptor, event.set)
    try:
        yield event
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def outgrown(replica: Replica, limits: Limits) -> str:
    """Returns when it has become larger than it may: why. Only where no control group sees to that."""
    if replica.groups or not (limits.processes or limits.memory_mb):
        await asyncio.Event().wait()
    while not (why := await asyncio.to_thread(processes.outgrown, replica.pid, limits)):  # noqa: ASYNC110 - /proc
        await asyncio.sleep(WATCH_SECONDS)
    return why


async def end(replica: Replica, exited: asyncio.Future[int], seconds: float = END_SECONDS) -> None:
    """Tell it to end, and see that it does."""
    _tell(replica.pid, signal.SIGTERM)
    done, _ = await asyncio.wait({exited}, timeout=seconds)
    if not done:
        kill(replica.pid)
        await asyncio.wait({exited})


def kill(pid: int) -> None:
    """The whole group of a replica, at once."""
    _tell(pid, signal.SIGKILL)


def _tell(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def ending(code: int) -> str:
    """How a process ended, in words: `exit code 1`, `SIGKILL`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
