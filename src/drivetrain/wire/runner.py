"""The runner with its services: `python -m drivetrain.wire.runner JOB_DIR`, secrets as JSON on standard input."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from drivetrain.home import Home
from drivetrain.record.artifacts import FolderArtifacts
from drivetrain.record.caches import FolderCaches
from drivetrain.run.model import JobSecrets, JobSpec
from drivetrain.run.runner.main import run
from drivetrain.run.runner.state import Services
from drivetrain.store.vault import FileVault
from drivetrain.wire.job_settings import CACHE_LIMIT


def services(spec: JobSpec) -> Services:
    """What a job's runner needs from outside its station."""
    home = Home(Path(spec.home))
    limit = os.environ.get(CACHE_LIMIT, "")
    caches = FolderCaches(home, int(limit) << 20 if limit.isdecimal() else 0)
    return Services(FileVault(home.secret_key), FolderArtifacts(Path(spec.artifacts)), caches)


def main(job_dir: Path, secrets: JobSecrets) -> None:
    """Run the job of `job_dir` in this process: a new one, or a forked child that has nothing else to do."""
    run(job_dir.absolute(), secrets, services)


if __name__ == "__main__":
    main(Path(sys.argv[1]), msgspec.json.decode(sys.stdin.buffer.read() or b"{}", type=JobSecrets))
