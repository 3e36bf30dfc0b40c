"""Starts the same command several times, each with an environment of its own, and ends all when one fails.

    python -I processes.py SCRIPT ENVIRONMENTS.json

What the first process writes is passed on as it is; lines of the others say whose they are.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

GRACE_SECONDS = 5.0


def main(script: str, environments: str) -> int:
    """Run them all; the exit code of the first that failed, else 0."""
    places = json.loads(Path(environments).read_text("utf-8"))
    processes = [_start(script, place) for place in places]
    threads = [threading.Thread(target=_pass_on, args=(rank, each)) for rank, each in enumerate(processes)]
    for thread in threads:
        thread.start()
    code = _wait(processes)
    for thread in threads:
        thread.join()
    return code


def _start(script: str, place: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["bash", script],
        env={**os.environ, **place},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


_writing = threading.Lock()


def _pass_on(rank: int, process: subprocess.Popen[bytes]) -> None:
    prefix = b"" if rank == 0 else b"[rank %d] " % rank
    for line in process.stdout or ():
        with _writing:
            sys.stdout.buffer.write(prefix + line)
            sys.stdout.buffer.flush()


def _wait(processes: list[subprocess.Popen[bytes]]) -> int:
    """Until all have ended, or one has failed: the others cannot go on without it."""
    waiting = {each.pid: each for each in processes}
    while waiting:
        pid, status = os.wait()
        ended = waiting.pop(pid, None)
        code = os.waitstatus_to_exitcode(status)
        if ended is not None:
            ended.returncode = code
        if ended is not None and code:
            _end(list(waiting.values()))
            return code if code > 0 else 128 - code
    return 0


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for each in processes:
        each.send_signal(signal.SIGTERM)
    for each in processes:
        try:
            each.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            each.kill()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
