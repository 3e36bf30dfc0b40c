"""The smallest program that keeps a runner's side of the contract: lock, journal, cancel, end."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from drivetrain.run.journal import JournalWriter
from drivetrain.run.model import JobSecrets

MOST_SECONDS = 120  # nothing of a test that went wrong stays


def main(job_dir: Path, secrets: JobSecrets) -> None:
    lock = os.open(job_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        journal = JournalWriter(job_dir / "journal.jsonl")
    except (BlockingIOError, FileExistsError):
        return
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: over.set())
    journal.write("job.started", {"pid": os.getpid(), "secret": secrets.variables.get("s", "")})
    child = subprocess.Popen(["sleep", "1000"], env={**os.environ, "DRIVETRAIN_JOB_DIR": str(job_dir)})
    journal.write("child", {"pid": child.pid})
    deadline = time.monotonic() + MOST_SECONDS
    while not over.wait(0.01) and not (job_dir / "go").exists() and time.monotonic() < deadline:
        pass
    canceled = (job_dir / "cancel").exists()
    child.kill()
    child.wait()
    journal.write("job.completed", {"result": "Canceled" if canceled else "Succeeded", "reason": ""})


if __name__ == "__main__":
    main(Path(sys.argv[1]), msgspec.json.decode(sys.stdin.buffer.read(), type=JobSecrets))
