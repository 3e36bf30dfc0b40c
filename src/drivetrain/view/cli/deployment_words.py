"""What the options of `drivetrain deploy` mean: a deployment's spec, and the plan of its release."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.serve.model import (
    Collection,
    DeploymentSpec,
    EnvironmentSpec,
    RequestSettings,
    Runtime,
    Script,
    Server,
)
from drivetrain.serve.release.model import ReleasePlan, Step
from drivetrain.serve.release.planning import AT_ONCE, steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_REQUIREMENTS = 1 << 20
TOGETHER = 64
"""How many requests a replica of ours gets at once, when nobody says: it predicts together what is there together.
Azure's default of one is for scripts."""
CONDA = {".yml", ".yaml"}


class Words(Struct, frozen=True):
    """The options, as they were given."""

    model: str = ""
    files: str = ""
    script: str = ""
    command: str = ""
    runtime: str = ""
    env: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    instances: int | None = None
    sleep_after: float | None = None
    requirements: str = ""
    python: str = ""
    concurrent: int | None = None
    collect: float | None = None
    redact: tuple[str, ...] = ()


def spec_of(words: Words, base: DeploymentSpec | None = None) -> DeploymentSpec:
    """The deployment that is asked for; options go before what a file has said. Raises UserError."""
    spec = base or DeploymentSpec()
    changes = {
        "model": words.model,
        "files": _folder(words.files, "--files") if words.files else "",
        "script": _script(words.script) if words.script else None,
        "server": Server(tuple(shlex.split(words.command))) if words.command else None,
        "runtime": Runtime(words.runtime) if words.runtime else None,
        "instances": words.instances,
        "sleeps_after": words.sleep_after,
        "environment": _environment(words, spec.environment),
        "request": _request(words, base),
        "collection": _collection(words, spec.collection),
        "variables": {**spec.variables, **variables(words.env), **secrets(words.secret, os.environ)},
    }
    return replace(spec, **{name: value for name, value in changes.items() if value not in (None, "")})


def _request(words: Words, base: DeploymentSpec | None) -> RequestSettings | None:
    if words.concurrent is not None:
        return replace(base.request if base else RequestSettings(), concurrent=words.concurrent)
    plain = base is None and not words.script and not words.command
    return RequestSettings(concurrent=TOGETHER) if plain else None


def _collection(words: Words, base: Collection) -> Collection:
    share = base.share if words.collect is None else words.collect
    if words.redact and not share:
        raise UserError("--redact without --collect: nothing is written down", hint="--collect 0.1 takes every tenth")
    return Collection(share, words.redact or base.redact)


def plan_of(steps: str, watch: float, mirror: int, *, at_once: bool) -> ReleasePlan:
    """How it is released. Raises UserError."""
    if at_once:
        return ReleasePlan(AT_ONCE)
    copies = Step(mirror, max(watch, 1.0)) if mirror else None
    return ReleasePlan(steps_of(steps, watch), copies)


def variables(pairs: Sequence[str]) -> dict[str, str]:
    """`K=V`, each. Raises UserError."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (equals and _is_name(name)):
            raise UserError(f"--env {name[:80]} is no variable", hint="--env NAME=VALUE")
        found[name] = value
    return found


def secrets(pairs: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """`K=VAR`: what the variable VAR of this process holds, so that no list of processes shows it. Raises UserError."""
    found = {}
    for pair in pairs:
        name, _, variable = pair.partition("=")
        variable = variable or name
        if not _is_name(name):
            raise UserError(f"--secret {name[:80]} is no variable", hint="--secret NAME=VARIABLE")
        if variable not in environ:
            hint = "--secret NAME=VARIABLE takes the value of a variable of ours; in a pipeline, map it by env"
            raise UserError(f"the environment has no variable {variable[:80]}", hint=hint)
        found[name] = environ[variable]
    return found


def _is_name(name: str) -> bool:
    return bool(name) and name.replace("_", "a").isalnum() and name.isascii() and not name[0].isdigit()


def _folder(text: str, option: str) -> str:
    path = Path(text).absolute()
    if not path.is_dir():
        raise NotFoundError(f"{option}: there is no folder {path}")
    return str(path)


def _script(text: str) -> Script:
    path = Path(text).absolute()
    if not path.is_file():
        raise NotFoundError(f"--script: there is no file {path}", hint="a scoring script with init() and run(raw_data)")
    return Script(str(path.parent), path.name)


def _environment(words: Words, base: EnvironmentSpec) -> EnvironmentSpec:
    if words.requirements:
        text = _text(words.requirements)
        if Path(words.requirements).suffix in CONDA:
            base = replace(base, conda=text, requirements=())
        else:
            base = replace(base, requirements=tuple(_lines(text)), conda="")
    return replace(base, python=words.python) if words.python else base


def _text(path: str) -> str:
    try:
        if Path(path).stat().st_size > MOST_REQUIREMENTS:
            raise UserError(f"{path} is too large", hint=f"{MOST_REQUIREMENTS} bytes at most")
        return Path(path).read_text("utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(f"--requirements: there is no file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(f"cannot read {path}: {error}") from error


def _lines(text: str) -> list[str]:
    """https://pip.pypa.io/en/stable/reference/requirements-file-format/#comments"""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]
