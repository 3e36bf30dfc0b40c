"""What the engine's command line is told: pure. Nothing of it goes through a shell.

After ContainerOperationProvider and DockerCommandManager of https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.containers.engine import is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.plan.model import ContainerPlan

IDLE = ("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done")
"""What a job's container does while steps are carried out in it."""
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_PORT = re.compile(r"(\d+)/(tcp|udp|sctp) -> .*:(\d+)")


class Mount(NamedTuple):
    """A folder or file of this machine, at the same path inside unless `target` says another."""

    source: str
    read_only: bool = False
    target: str = ""

    @property
    def argument(self) -> str:
        """As `--volume` takes it."""
        return f"{self.source}:{self.target or self.source}" + (":ro" if self.read_only else "")


class Wanted(NamedTuple):
    """A container to be, its texts expanded."""

    alias: str
    plan: ContainerPlan
    service: bool
    name: str


class Created(NamedTuple):
    """The arguments of `create`, and the environment that its program needs to pass values on."""

    args: list[str]
    environment: dict[str, str]


def expanded(plan: ContainerPlan, expand: Callable[[str], str]) -> ContainerPlan:
    """The container with every macro in its texts replaced."""
    return replace(
        plan,
        image=expand(plan.image).strip(),
        endpoint=expand(plan.endpoint),
        env={name: expand(value) for name, value in plan.env.items()},
        ports=tuple(expand(port) for port in plan.ports),
        volumes=tuple(expand(volume) for volume in plan.volumes),
        options=expand(plan.options),
    )


def with_image(plan: ContainerPlan, image: str) -> ContainerPlan:
    """The same with another image."""
    return replace(plan, image=image)


def container_name(alias: str, image: str, unique: str) -> str:
    """A name that people can read in a list of containers."""
    words = _NOT_IN_NAME.sub("", f"{alias}_{image.replace('/', '_').replace(':', '')}")[:80]
    return f"drivetrain_{words}_{unique}"


def create(
    wanted: Wanted,
    *,
    network: str,
    labels: Mapping[str, str],
    mounts: Sequence[Mount],
    host: Mapping[str, str],
    confined: bool = False,
) -> Created:
    """`create` for a container.

    Args:
        wanted: what it is to be.
        network: the one that the job's containers share, or `host`.
        labels: what it is found by.
        mounts: folders of the job.
        host: this machine's environment, for variables without a value.
        confined: SELinux would keep it from our folders, and their labels are not to be changed.

    Raises UserError for `options` that are not well-formed.
    """
    plan = wanted.plan
    args = ["create", "--name", wanted.name]
    for label, value in labels.items():
        args += ["--label", f"{label}={value}"]
    args += ["--network", network, *(("--security-opt", "label=disable") if confined else ())]
    if wanted.service and network != "host":
        args += ["--network-alias", wanted.alias]
    for port in plan.ports:
        args += ["--publish", port]
    args += _options(plan.options)
    names, environment = passed({name: value or host.get(name, "") for name, value in plan.env.items()})
    args += names
    for volume in (*(mount.argument for mount in mounts), *plan.volumes):
        args += ["--volume", volume]
    return Created([*args, "--", plan.image, *(() if wanted.service else IDLE)], environment)


def passed(variables: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Arguments that name variables, and the environment that holds their values: a command line can be read by every
    user of the machine. Only those that the engine's program would take for its own have their value in it.
    """
    args, environment = [], {}
    for name, value in variables.items():
        if is_own(name):
            args += ["--env", f"{name}={value}"]
        elif name:
            args += ["--env", name]
            environment[name] = value
    return args, environment


def _options(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UserError(f"the container's options cannot be read ({error}): {text}", hint="check its quotes") from None


def ports(listing: str) -> dict[str, str]:
    """Port inside -> port of this machine, out of what `port` prints."""
    found = (_PORT.fullmatch(line.strip()) for line in listing.splitlines())
    return {match[1]: match[3] for match in found if match}


def entry(prepended: Sequence[str], variables: Mapping[str, str], pid_file: str) -> str:
    """A script for `sh` inside: says its process id, sets what could not be passed on, and becomes the program."""
    lines = ["#!/bin/sh", f"echo $$ > {shlex.quote(pid_file)}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items() if name.isidentifier()]
    if prepended:
        lines.append(f'export PATH={shlex.quote(":".join(prepended))}:"$PATH"')
    return "\n".join([*lines, 'exec "$@"', ""])
