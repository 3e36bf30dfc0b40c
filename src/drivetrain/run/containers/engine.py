"""The container engine of this machine: found, asked, and what of its environment must stay its own.

docker is taken when its daemon answers, else podman; DRIVETRAIN_CONTAINER_ENGINE names another program that is like
one of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UnavailableError
from drivetrain.run.runner.processes import JOB_MARK, STEP_MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME_LABEL = "drivetrain.home"
JOB_LABEL = "drivetrain.job"
"""What every container and network of a job carries: the home's folder, and the job's."""
CHOICE = "DRIVETRAIN_CONTAINER_ENGINE"
DOCKER, PODMAN = "docker", "podman"
ANSWER_SECONDS = 60.0
HINT = "start docker, install podman, or let the job run on this machine: drivetrain run --containers=host"
_OWN_NAMES = frozenset({"PATH", "HOME", "TMPDIR"})
_OWN_PREFIXES = (
    *("BUILDAH_", "CONTAINER", "DBUS_", "DOCKER_", "GO", "LD_"),
    *("PODMAN_", "REGISTRY_", "SSH_", "STORAGE_", "XDG_"),
)


class Engine(NamedTuple):
    """One that answers."""

    program: str
    kind: str
    version: str
    rootless: bool = False
    """Root inside is this user outside."""


class Answer(NamedTuple):
    """What a command of the engine came to."""

    code: int
    out: str
    error: str


def find_engine() -> Engine:
    """The engine of this machine. Raises UnavailableError that says what each one has answered."""
    refused = []
    for name in [os.environ[CHOICE]] if os.environ.get(CHOICE) else [DOCKER, PODMAN]:
        program = shutil.which(name)
        if program is None:
            refused.append(f"{name} is not installed")
            continue
        engine = _asked(program)
        if isinstance(engine, Engine):
            return engine
        refused.append(f"{name}: {engine}")
    raise UnavailableError(f"No container engine answers ({'; '.join(refused)}).", hint=HINT)


def _asked(program: str) -> Engine | str:
    """The engine, or why it is none."""
    told = ask(program, "version", "--format", "{{.Server.Version}}")
    if told.code:
        return ((told.error or told.out).strip().splitlines() or ["no answer"])[-1]
    banner = ask(program, "--version").out.lower()
    kind = PODMAN if "podman" in banner else DOCKER
    rootless = kind == PODMAN and os.getuid() != 0
    return Engine(program, kind, told.out.strip(), rootless)


def ask(program: str, *args: str, environment: Mapping[str, str] | None = None, text: str = "") -> Answer:
    """Run a short command of the engine, `text` on its standard input. Raises UnavailableError when it hangs."""
    try:
        done = subprocess.run(
            [program, *args],
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**client_environment(), **(environment or {})},
            timeout=ANSWER_SECONDS,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(
            f"{program} {args[0]} gave no answer in {ANSWER_SECONDS:g} seconds", hint="does its daemon still work?"
        ) from None
    except OSError as error:
        return Answer(127, "", f"{error.strerror}: {program}")
    return Answer(done.returncode, done.stdout, done.stderr)


def client_environment() -> dict[str, str]:
    """The environment of the engine's own program: this one's, without the marks that say whose a process is, because
    what it leaves behind (a container's monitor) is ended by the engine, not by the runner.
    """
    return {name: value for name, value in os.environ.items() if name not in (JOB_MARK, STEP_MARK)}


def is_own(name: str) -> bool:
    """Whether an environment variable means something to the engine's program itself, so that a step's value of it must
    not reach that.
    """
    return name in _OWN_NAMES or name.startswith(_OWN_PREFIXES)
