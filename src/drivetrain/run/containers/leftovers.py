"""Containers and networks whose job is over without having removed them: found by their labels, and removed."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from drivetrain.errors import UnavailableError
from drivetrain.run.containers.engine import HOME_LABEL, JOB_LABEL, ask
from drivetrain.run.containers.wanted import NOTE

_LABELS = f'{{{{.Id}}}} {{{{index .Config.Labels "{JOB_LABEL}"}}}}'


def note(job: Path, program: str) -> None:
    """Write down, before there are any, that the job has containers."""
    (job / NOTE).write_text(json.dumps({"engine": program}), "utf-8")


def remove_of_job(job: Path) -> None:
    """Remove the containers of a job whose runner is gone. Without any this costs one look for a file."""
    try:
        program = str(json.loads((job / NOTE).read_text("utf-8"))["engine"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    if os.path.isabs(program) and os.access(program, os.X_OK):  # noqa: PTH117 - a text of a file
        try:
            remove(program, f"{JOB_LABEL}={job}")
        except UnavailableError:
            return  # the next job in a container looks again


def remove(program: str, label: str) -> list[str]:
    """Remove every container and network that carries a label; what went wrong."""
    failures = []
    ids = _lines(program, "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}")
    networks = _lines(program, "network", "ls", "--quiet", "--filter", f"label={label}")
    # podman asks first, and waits for ten seconds; docker does not.
    at_once = ["--time", "0"] if "podman" in os.path.basename(program) else []  # noqa: PTH119 - a text
    commands = [["rm", "--force", *at_once, "--volumes", *ids]] if ids else []
    for args in (*commands, *(["network", "rm", each] for each in networks)):
        told = ask(program, *args)
        if told.code:
            failures.append(told.error.strip() or f"{' '.join(args[:2])} failed with exit code {told.code}")
    return failures


def remove_stale(program: str, home: Path) -> list[str]:
    """Remove the containers of jobs of this home that no runner works on any more; the folders of those jobs."""
    ids = _lines(program, "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={HOME_LABEL}={home}")
    told = _lines(program, "inspect", "--format", _LABELS, *ids) if ids else []
    stale = [job for job in sorted({line.partition(" ")[2] for line in told}) if job and not _is_worked_on(Path(job))]
    for job in stale:
        remove(program, f"{JOB_LABEL}={job}")
    return stale


def _is_worked_on(job: Path) -> bool:
    try:
        lock = os.open(job / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _lines(program: str, *args: str) -> list[str]:
    return ask(program, *args).out.split("\n")[:-1]
