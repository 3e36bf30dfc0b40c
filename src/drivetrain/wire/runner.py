"""The runner with its services: `python -m drivetrain.wire.runner JOB_DIR`, secrets as JSON on standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from drivetrain.home import Home
from drivetrain.record.artifacts import FolderArtifacts
from drivetrain.run.model import JobSecrets, JobSpec
from drivetrain.run.runner.main import run
from drivetrain.run.runner.state import Services
from drivetrain.store.sealed_files import SealedFiles
from drivetrain.store.vault import FileVault


def services(spec: JobSpec) -> Services:
    """What a job's runner needs from outside its station."""
    home = Home(Path(spec.home))
    vault = FileVault(home.secret_key)
    files = SealedFiles(home.secure_files, vault)
    return Services(vault, FolderArtifacts(Path(spec.artifacts)), secure_file=files.read)


def main(job_dir: Path, secrets: JobSecrets) -> None:
    """Run the job of `job_dir` in this process: a new one, or a forked child that has nothing else to do."""
    run(job_dir.absolute(), secrets, services)


if __name__ == "__main__":
    main(Path(sys.argv[1]), msgspec.json.decode(sys.stdin.buffer.read() or b"{}", type=JobSecrets))
