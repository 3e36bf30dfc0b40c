"""`drivetrain shell`: a shell where the failed step of a run stood."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import click
import msgspec

from drivetrain.errors import ConflictError, CorruptError, NotFoundError
from drivetrain.home import Home
from drivetrain.run.model import KEPT_ENVIRONMENT, KeptEnvironment, Result
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import printable
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.model import JobRecord

_QUIET_BASH = ("--noprofile", "--norc")
"""A user's own start-up files would put their own PATH in front."""


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--job", default="", metavar="JOB", help="This job (its name, stage.job, or stage.job.leg).")
def command(run: str | None, job: str) -> int:
    """Open a shell where the failed step of a run stood.

    It is in the step's folder, with its environment but for secrets. RUN is an id or a number; without it, the newest
    run. The shell is $SHELL, else bash; what it changes in the work
    folder stays. Work folders of failed jobs are kept unless the setting keep_work is never.
    """
    storage = Storage(Home.default())
    return open_shell(storage, choose_run(storage.queries, run).id, job)


def open_shell(storage: Storage, run_id: int, job: str = "") -> int:
    """Open it, wait for its end, and give its exit code.

    Raises NotFoundError, ConflictError when no failed job has kept its work folder.
    """
    record = _chosen(storage, run_id, job)
    path = storage.home.run(run_id) / record.ref.folder(record.attempt) / KEPT_ENVIRONMENT
    kept = _read(path, record)
    environment = {**kept.environment, "DRIVETRAIN_SHELL": str(record.ref)}
    _announce(record, kept)
    shell = os.environ.get("SHELL") or "bash"
    words = [shell, *(_QUIET_BASH if os.path.basename(shell) == "bash" else ())]  # noqa: PTH119 - a name, not a file
    if os.path.basename(shell) == "bash":  # noqa: PTH119
        environment["PS1"] = f"({record.ref.leg or record.ref.job}) \\w\\$ "
    try:
        return subprocess.run(words, cwd=kept.folder, env=environment, check=False).returncode
    except OSError as error:
        raise NotFoundError(f"cannot open {shell}: {error.strerror}", hint="SHELL=/bin/sh names another") from error


def _chosen(storage: Storage, run_id: int, named: str) -> JobRecord:
    records = [record for record in storage.runs.jobs(run_id) if record.result is Result.FAILED]
    wanted = [record for record in records if not named or named.lower() in _names(record)]
    if wanted:
        return wanted[-1] if named else wanted[0]
    failed = ", ".join(dict.fromkeys(str(record.ref) for record in records))
    what = f"no job '{printable(named)}' of run {run_id} has failed" if named else f"no job of run {run_id} has failed"
    raise NotFoundError(what, hint=f"failed jobs: {printable(failed)}" if failed else f"drivetrain show {run_id}")


def _names(record: JobRecord) -> set[str]:
    ref = record.ref
    return {ref.job.lower(), f"{ref.stage}.{ref.job}".lower(), str(ref).lower(), (ref.leg or ref.job).lower()}


def _read(path: Path, record: JobRecord) -> KeptEnvironment:
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptEnvironment)
    except FileNotFoundError:
        raise ConflictError(
            f"job {record.ref} has not kept where its step stood",
            hint="it failed before a step did, or the setting keep_work is never: run the pipeline again",
        ) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise CorruptError(f"{path} cannot be read: {error}", hint="run the pipeline again") from error


def _announce(record: JobRecord, kept: KeptEnvironment) -> None:
    click.echo(f"job {printable(str(record.ref))}, where step '{printable(kept.step)}' failed; `exit` leaves")
    if kept.withheld:
        click.echo(f"not set, because they hold secrets: {printable(', '.join(kept.withheld))}")
