"""Handing a job to a runner: its folder, its `job.json`, its secrets, and what the engine is made of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from drivetrain.errors import UnavailableError
from drivetrain.run.checks.ports import NoAnswers, OpenGates
from drivetrain.run.job_spec import with_token
from drivetrain.run.library.ports import EmptyLibrary
from drivetrain.run.model import JobVariable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.home import Home
    from drivetrain.run.checks.ports import Answers, Gatekeeper
    from drivetrain.run.job_spec import Prepared
    from drivetrain.run.library.ports import Library
    from drivetrain.run.model import JobRecord, JobSecrets, JobSpec
    from drivetrain.run.ports import Executor, RunStore, TokenStore, Vault

SPEC_FILE = "job.json"


class JobEnvironment(Struct, frozen=True):
    """Environment variables that every step of a job gets from the server; secret ones are told apart."""

    plain: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Pipeline variables that only the server can know."""
    azure: str = ""
    """See JobSpec."""


def no_environment(_spec: JobSpec, _token: str) -> JobEnvironment:
    """Nothing beyond the variables."""
    return JobEnvironment()


def no_logins(_spec: JobSpec) -> Mapping[str, tuple[str, str]]:
    """None."""
    return {}


class EngineSettings(Struct, frozen=True):
    """How this engine runs jobs."""

    max_parallel_jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    """How many jobs may be with runners at once, over all runs that this engine drives."""
    server_url: str = ""
    keep_work: str = "failed"
    containers: str = "engine"
    """Where jobs in containers run: `engine`, or `host` for this machine."""
    other_projects: bool = True
    """Whether jobs may take artifacts from runs of other pipelines."""
    environment: Callable[[JobSpec, str], JobEnvironment] = no_environment
    """Given a job and its token: such as MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN."""
    logins: Callable[[JobSpec], Mapping[str, tuple[str, str]]] = no_logins
    """See `JobSecrets.logins`."""


class Parts(Struct, frozen=True):
    """What the engine works with."""

    store: RunStore
    executor: Executor
    vault: Vault
    tokens: TokenStore
    clock: Clock
    home: Home
    settings: EngineSettings = field(default_factory=EngineSettings)
    library: Library = field(default_factory=EmptyLibrary)
    gates: Gatekeeper = field(default_factory=OpenGates)
    answers: Answers = field(default_factory=NoAnswers)


def job_dir(parts: Parts, run_id: int, record: JobRecord) -> Path:
    """The folder of one attempt at a job."""
    return parts.home.run(run_id) / record.ref.folder(record.attempt)


def hand_over(parts: Parts, prepared: Prepared, folder: Path) -> None:
    """Write the job down and start its runner. Doing it again is harmless. Raises UnavailableError."""
    spec = prepared.spec
    token = parts.tokens.issue(spec.run_id, spec.ref, spec.attempt)
    extra = parts.settings.environment(spec, token)
    secrets = replace(with_token(prepared.secrets, token), logins=parts.settings.logins(spec))
    try:
        added = tuple(JobVariable(name, value, readonly=True) for name, value in extra.variables.items())
        environment = {**spec.environment, **extra.plain}
        told = replace(spec, environment=environment, variables=(*spec.variables, *added), azure=extra.azure)
        _write(folder, told)
        parts.executor.start(folder, _with_environment(secrets, extra))
    except OSError as error:
        hint = "check free disk space and the limit on processes"
        raise UnavailableError(f"cannot start a job in {folder}: {error.strerror}", hint=hint) from error


def _with_environment(secrets: JobSecrets, extra: JobEnvironment) -> JobSecrets:
    return replace(secrets, environment={**secrets.environment, **extra.secret})


def _write(folder: Path, spec: JobSpec) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = folder / f"{SPEC_FILE}.new"
    new.write_bytes(msgspec.json.encode(spec))
    new.replace(folder / SPEC_FILE)
