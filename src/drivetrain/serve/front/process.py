"""Processes of replicas: started, waited for, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.serve.front.ports import Process
    from drivetrain.serve.model import Launch

LOOK_SECONDS = 0.05
END_SECONDS = 10.0
"""How long a replica that was told to end (SIGTERM) may take; then it is killed."""
HANDED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


def started(launch: Launch, variables: Mapping[str, str], words: Mapping[str, str], output: int) -> Process:
    """The Start port, without limits."""
    own = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    return subprocess.Popen(
        [filled(word, words) for word in launch.command],
        cwd=launch.folder or tempfile.gettempdir(),
        env={**own, **launch.variables, **variables},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def filled(word: str, words: Mapping[str, str]) -> str:
    """The word of a command with `{socket}` and `{port}` filled in; other braces stay."""
    for name, value in words.items():
        word = word.replace(f"{{{name}}}", value)
    return word


async def ended(process: Process) -> int:
    """Its exit code, once it has ended; what is left of its group is killed."""
    with _watched(process.pid) as changed:
        while (code := process.poll()) is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if changed is not None else LOOK_SECONDS):
                    await (changed or asyncio.Event()).wait()
    signaled(process.pid, signal.SIGKILL)
    return code


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[asyncio.Event | None]:
    """An event that is set when it ends; None where the system cannot say so (macOS)."""
    if not hasattr(os, "pidfd_open"):
        yield None
        return
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        yield None
        return
    event, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(descriptor, event.set)
    try:
        yield event
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def end(process: Process, exited: asyncio.Future[int], seconds: float = END_SECONDS) -> None:
    """Tell it to end, and see that it does."""
    signaled(process.pid, signal.SIGTERM)
    done, _ = await asyncio.wait({exited}, timeout=seconds)
    if not done:
        signaled(process.pid, signal.SIGKILL)
        await asyncio.wait({exited})


def signaled(pid: int, number: int) -> None:
    """Signal a replica's whole group."""
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
