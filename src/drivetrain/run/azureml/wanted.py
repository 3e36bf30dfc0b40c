"""What an environment of a workspace comes to here: a version of Python, packages, variables, and what was left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.run.azureml.conda import read_conda
from drivetrain.run.azureml.dockerfile import read_dockerfile
from drivetrain.run.azureml.images import image_stands_for

if TYPE_CHECKING:
    from drivetrain.plan.azureml.model import EnvironmentTask
    from drivetrain.run.azureml.dockerfile import Dockerfile

LARGEST_FILE = 1 << 20


class Wanted(Struct, frozen=True):
    """What a job's environment has to have."""

    python: str
    strict: bool
    """Whether it has to be that version: a conda file asks for it. An image's is taken as near as there is one."""
    packages: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    """What has no meaning here, for people."""


def wanted(environment: EnvironmentTask) -> Wanted:
    """What an environment comes to. Raises UserError naming what cannot be had."""
    docker = read_dockerfile(environment.dockerfile)
    image = image_stands_for(*(name for name in (environment.image, docker.image, environment.name) if name))
    text = environment.conda or _file(environment, docker.conda)
    conda = read_conda(text) if text else None
    packages = (*docker.packages, *_requirements(environment, docker))
    if conda is not None:
        packages = (*conda.packages, *packages)
    elif not environment.dockerfile or not packages:
        packages = (*image.packages, *packages)
    left_out = [f"{each} (Dockerfile)" for each in docker.left_out]
    left_out += [f"{each} (no package of Python)" for each in (conda.machine if conda is not None else ())]
    variables = (*docker.variables, *environment.variables.items())
    python = conda.python if conda is not None else ""
    return Wanted(python or image.python, bool(python), packages, variables, tuple(left_out))


def _requirements(environment: EnvironmentTask, docker: Dockerfile) -> tuple[str, ...]:
    lines: list[str] = []
    for name in docker.requirements:
        for line in _file(environment, name).splitlines():
            kept = line.split(" #")[0].strip()
            if kept and not kept.startswith(("#", "-")):
                lines.append(kept)
    return tuple(lines)


def _file(environment: EnvironmentTask, name: str) -> str:
    """A file of the build context, by its name: where the Dockerfile has copied it to does not matter."""
    if not name:
        return ""
    root = Path(environment.context)
    for candidate in (root / name.lstrip("/"), root / Path(name).name):
        inside = environment.context and candidate.resolve().is_relative_to(root.resolve())
        if inside and candidate.is_file() and candidate.stat().st_size <= LARGEST_FILE:
            return candidate.read_text("utf-8", "replace")
    raise UserError(
        f"the Dockerfile of the environment names {name}, which its build context does not have",
        hint="put the file beside the Dockerfile",
    )
