"""Versions of a tool that this machine has, and how a job comes to use one. Nothing is downloaded.

Azure's own layout of tools is read too: TOOL/VERSION/ARCH below `Agent.ToolsDirectory`, with ARCH.complete beside it.
https://github.com/microsoft/azure-pipelines-tool-lib
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UnavailableError, UserError
from drivetrain.run.environments.version_spec import parse_range, parse_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from drivetrain.run.environments.version_spec import Version
    from drivetrain.run.runner.context import StepContext

_SHARED = frozenset({"/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/snap/bin"})
"""Folders of programs of every kind: on PATH in front, they would hide the job's own Python."""


class Installed(NamedTuple):
    """One version of a tool."""

    version: str
    folder: str
    """Its home: JAVA_HOME, GOROOT, ..."""
    programs: str
    """The folder of its programs."""


def choose(tool: str, spec: str, found: Iterable[Installed], hint: str) -> Installed:
    """The highest version that a range allows. Raises UserError on a range that is none, UnavailableError with the
    versions there are and `hint`, how to install another.
    """
    try:
        wanted = parse_range(spec)
    except UserError as error:
        raise UserError(f"'{spec}' is not a version of {tool}", hint="write 20.x, 20.11.1, or >=18 <21") from error
    known = {version: each for each in found if (version := _version(each.version)) is not None}
    fitting = [version for version in known if wanted.accepts(version)]
    if fitting:
        return known[max(fitting, key=lambda version: version.key)]
    versions = sorted({each.version for each in known.values()}, key=lambda text: parse_version(text).key)
    there = f"this machine has {', '.join(versions)}" if versions else f"this machine has no {tool}"
    raise UnavailableError(f"Unable to find {tool} version {spec}: {there}.", hint=hint)


def _version(text: str) -> Version | None:
    try:
        return parse_version(text)
    except UserError:
        return None


def with_three_numbers(text: str) -> str:
    """`21` as `21.0.0`; what is no version stays."""
    numbers = text.strip().lstrip("vV").split(".")
    return ".".join([*numbers, "0", "0"][: max(3, len(numbers))])


def architecture(context: StepContext) -> str:
    """This machine's, as folders of tools name it: `x64`, `arm64`, `x86`."""
    return context.job.variables.value("Agent.OSArchitecture").lower()


def kept(context: StepContext, tool: str, programs: str = "bin") -> Iterator[Installed]:
    """Those in folders of tools, in Azure's layout. `programs`: where in it they are."""
    roots = [context.job.variables.value("Agent.ToolsDirectory"), os.environ.get("AGENT_TOOLSDIRECTORY", "")]
    arch = architecture(context)
    for root in dict.fromkeys([*roots, "/opt/hostedtoolcache"]):
        for folder in below(root, tool) if root else ():
            if (folder / arch).is_dir() and (folder / f"{arch}.complete").exists():
                yield Installed(folder.name, str(folder / arch), str(folder / arch / programs))


def below(root: str | Path, *names: str) -> list[Path]:
    """The folders in a folder that may not be there, by name."""
    folder = Path(root, *names).expanduser()
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def on_path(context: StepContext, program: str) -> str:
    """Where a program on the step's PATH really lies; empty when it is not there."""
    found = shutil.which(program, path=context.environment()["PATH"])
    return os.path.realpath(found) if found else ""


def read_start(path: str | Path, size: int = 4096) -> str:
    """The beginning of a file that may not be there."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a name may be either
            return file.read(size).decode("utf-8", "replace")
    except OSError:
        return ""


def use(context: StepContext, tool: Installed, names: Sequence[str]) -> None:
    """Put a tool's programs in front of PATH for the steps that follow; of a shared folder only those of `names`."""
    folder = tool.programs
    if folder in _SHARED:
        links = context.job.layout.job / "tools" / f"{names[0]}-{tool.version}"
        links.mkdir(parents=True, exist_ok=True)
        for name in names:
            if Path(folder, name).exists() and not (links / name).is_symlink():
                (links / name).symlink_to(f"{folder}/{name}")
        folder = str(links)
    prepend(context, folder)


def prepend(context: StepContext, folder: str) -> None:
    """Put a folder in front of PATH for the steps that follow."""
    context.log.line(f"Prepending PATH environment variable with directory: {folder}")
    prepended = context.job.prepended
    if folder in prepended:
        prepended.remove(folder)
    prepended.insert(0, folder)


def set_variable(context: StepContext, name: str, value: str) -> None:
    """Set a variable, which is one of the environment too, for the steps that follow."""
    context.job.variables.set(name, value, secret=False, readonly=False)
