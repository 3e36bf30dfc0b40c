"""The runner with its services: `python -m drivetrain.wire.runner JOB_DIR`, secrets as JSON on standard input."""

from __future__ import annotations

import importlib
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from drivetrain.home import Home
from drivetrain.record.artifacts import FolderArtifacts
from drivetrain.record.caches import FolderCaches
from drivetrain.run.model import JobSecrets, JobSpec
from drivetrain.run.runner.main import run
from drivetrain.run.runner.state import Services
from drivetrain.store.vault import FileVault
from drivetrain.wire.job_settings import CACHE_LIMIT

if TYPE_CHECKING:
    from drivetrain.run.mirrors import Mirrors
    from drivetrain.run.model import Run
    from drivetrain.run.ports import ArtifactSink, OtherRuns, RunWanted


class _MirrorsWhenAsked:
    """The Mirrors port; few jobs have submodules, so what fetches them is loaded by those."""

    def __init__(self, home: Home, *, restricted: bool) -> None:
        self._home = home
        self._restricted = restricted

    def repository(self, url: str, sha: str, login: tuple[str, str] | None = None) -> Path:
        module = importlib.import_module("drivetrain.wire.job_mirrors")
        mirrors: Mirrors = module.JobMirrors(self._home, restricted=self._restricted)
        return mirrors.repository(url, sha, login)


class _RunsWhenAsked:
    """The OtherRuns port; few jobs ask for other runs, so what reads the database is loaded by those."""

    def __init__(self, spec: JobSpec) -> None:
        self._spec = spec

    @cached_property
    def _runs(self) -> OtherRuns:
        module = importlib.import_module("drivetrain.wire.other_runs")
        spec = self._spec
        runs: OtherRuns = module.home_runs(Home(Path(spec.home)), spec.run_id, across=spec.other_projects)
        return runs

    def find(self, wanted: RunWanted) -> Run:
        return self._runs.find(wanted)

    def get(self, run_id: int) -> Run:
        return self._runs.get(run_id)

    def artifacts(self, run_id: int) -> ArtifactSink:
        return self._runs.artifacts(run_id)


def services(spec: JobSpec) -> Services:
    """What a job's runner needs from outside its station."""
    home = Home(Path(spec.home))
    vault = FileVault(home.secret_key)
    limit = os.environ.get(CACHE_LIMIT, "")
    caches = FolderCaches(home, int(limit) << 20 if limit.isdecimal() else 0)
    artifacts = FolderArtifacts(Path(spec.artifacts))
    return Services(
        vault,
        artifacts,
        _RunsWhenAsked(spec),
        caches,
        secure_file=lambda ticket: _secure_file(home, vault, ticket),
        mirrors=_MirrorsWhenAsked(home, restricted=spec.restricted),
    )


def _secure_file(home: Home, vault: FileVault, ticket: str) -> bytes:
    """The content of a secure file; few jobs want one, so what reads it is loaded by those."""
    module = importlib.import_module("drivetrain.store.sealed_files")
    content: bytes = module.SealedFiles(home.secure_files, vault).read(ticket)
    return content


def main(job_dir: Path, secrets: JobSecrets) -> None:
    """Run the job of `job_dir` in this process: a new one, or a forked child that has nothing else to do."""
    run(job_dir.absolute(), secrets, services)


if __name__ == "__main__":
    main(Path(sys.argv[1]), msgspec.json.decode(sys.stdin.buffer.read() or b"{}", type=JobSecrets))
