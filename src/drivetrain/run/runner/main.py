"""The process that runs one job: takes the job's lock for life, begins its journal once and for all, and ends it.

A second runner for the same folder, at the same time or later, does nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sys
from typing import TYPE_CHECKING

import msgspec

from drivetrain.errors import CorruptError, DrivetrainError
from drivetrain.run.journal import FILE_NAME, JournalWriter
from drivetrain.run.model import JOB_SPEC_VERSION, JobSpec, Result
from drivetrain.run.runner.job import clean_up, give_up, run_job
from drivetrain.run.runner.layout import Layout
from drivetrain.run.runner.mask import Masker
from drivetrain.run.runner.processes import adopt_orphans
from drivetrain.run.runner.state import JobState
from drivetrain.run.runner.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.run.model import JobSecrets
    from drivetrain.run.runner.state import Services

_spec_decoder = msgspec.json.Decoder(JobSpec)  # Made once: a forked runner finds it ready.
RESERVE_BYTES = 64 << 10
"""Kept on the disk so that the end of the job can be written down when the disk is full."""


def run(job_dir: Path, secrets: JobSecrets, services: Callable[[JobSpec], Services]) -> None:
    """Run the job of `job_dir` in this process, which must have no other work and only its main thread."""
    _detach(job_dir)
    lock = _take_lock(job_dir)
    if lock is None:
        return
    try:
        journal = JournalWriter(job_dir / FILE_NAME)
    except FileExistsError:
        return
    reserve = job_dir / "reserve"
    masker = Masker()
    masker.add(*secrets.hidden())
    try:
        _run(job_dir, secrets, services, journal, masker)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the engine has to hear of the end
        reserve.unlink(missing_ok=True)
        reason = masker.text(_reason(error, job_dir))
        journal.write("job.completed", {"result": Result.FAILED, "reason": reason})
        # Last and least: on a full disk this must neither keep back the end nor take the space of others' ends.
        if not isinstance(error, DrivetrainError) and getattr(error, "errno", None) != errno.ENOSPC:
            _explain(masker)
    reserve.unlink(missing_ok=True)


def _explain(masker: Masker) -> None:
    import traceback  # noqa: PLC0415 - a runner that does not fail starts without it

    with contextlib.suppress(OSError):
        sys.stderr.write(masker.text(traceback.format_exc()))


def _run(
    job_dir: Path,
    secrets: JobSecrets,
    services: Callable[[JobSpec], Services],
    journal: JournalWriter,
    masker: Masker,
) -> None:
    journal.write("job.started", {"pid": os.getpid()})
    (job_dir / "reserve").write_bytes(bytes(RESERVE_BYTES))
    spec = read_spec(job_dir)
    watch = Watch(
        job_dir,
        job_seconds=60 * _minutes(spec.timeout_minutes, 60),
        cancel_seconds=60 * _minutes(spec.cancel_timeout_minutes, 5),
    )
    watch.listen()
    layout = Layout(job_dir)
    layout.create(workspace=not spec.server)
    job = JobState(spec, secrets, layout, journal, watch, services(spec), masker)
    try:
        run_job(job)
    except BaseException:
        give_up(job)
        raise
    clean_up(job)


def _minutes(text: str, default: float) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return default


def _reason(error: BaseException, job_dir: Path) -> str:
    if isinstance(error, DrivetrainError):
        return f"{error.message} ({error.hint})" if error.hint else error.message
    if isinstance(error, OSError):
        return f"The runner could not go on: {error}. See {job_dir / 'runner.log'}"
    # The error's own text may hold anything, also a secret: it stays in the runner's log.
    return f"The runner failed with {type(error).__name__}, a fault of Drivetrain. See {job_dir / 'runner.log'}"


def read_spec(job_dir: Path) -> JobSpec:
    """The job's specification. Raises CorruptError when it is not one, or a newer version's."""
    path = job_dir / "job.json"
    try:
        spec = _spec_decoder.decode(path.read_bytes())
    except msgspec.MsgspecError as error:
        raise CorruptError(f"{path} is not a job ({error})", hint="run the pipeline again") from error
    if spec.version > JOB_SPEC_VERSION:
        raise CorruptError(
            f"{path} was written by a newer Drivetrain (version {spec.version}, this one knows {JOB_SPEC_VERSION})",
            hint="use the newer version everywhere",
        )
    return spec


def _detach(job_dir: Path) -> None:
    """A session of its own, no terminal, its own words into `runner.log`, orphans adopted."""
    if os.getpgid(0) != os.getpid():
        os.setsid()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    log = os.open(job_dir / "runner.log", flags, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(null)
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stderr
    adopt_orphans()


def _take_lock(job_dir: Path) -> int | None:
    """The lock's descriptor, not handed down to programs, held until this process ends; None when it is taken."""
    fd = os.open(job_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd
