"""From a `versionSpec` to an interpreter: of the machine, or installed by uv where that is allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import DrivetrainError, UnavailableError
from drivetrain.run.environments.interpreters import (
    Interpreter,
    SearchPath,
    find_interpreters,
    uv_python_folder,
)
from drivetrain.run.environments.probe import architecture_name
from drivetrain.run.environments.uv_program import run_uv
from drivetrain.run.environments.version_spec import choose, parse_range, parse_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Installable(Struct, frozen=True):
    """A version that uv knows how to download."""

    key: str
    """uv's own name for it, such as `cpython-3.12.4-linux-x86_64-gnu`."""
    version: str
    implementation: str
    architecture: str


def resolve_interpreter(
    spec: str, search: SearchPath, *, architecture: str | None = None, allow_install: bool = False
) -> Interpreter:
    """The highest interpreter that satisfies `spec`, as UsePythonVersion@0 chooses it.

    Args:
        spec: the task's input `versionSpec`.
        search: where interpreters are looked for.
        architecture: the task's input of that name where the user wrote it, else None for any.
        allow_install: whether uv may download one when the machine has none that fits.

    Raises:
        UserError: `spec` is not a range.
        UnavailableError: nothing fits; the message lists what there is.
    """
    machine = find_interpreters(search)
    chosen = choose(spec, machine, architecture)
    if chosen is not None:
        return chosen
    offered = installable_versions(search.home)
    wanted = choose(spec, offered, architecture)
    if wanted is None or not allow_install:
        raise _unavailable(spec, architecture, machine, offered, allow_install=allow_install)
    try:
        _install(wanted, search.home)
    except UnavailableError as error:
        raise _unavailable(spec, architecture, machine, offered, allow_install=True, reason=error.message) from error
    installed = choose(spec, find_interpreters(search), architecture)
    if installed is None:
        raise _unavailable(spec, architecture, machine, offered, allow_install=True, reason="uv put it elsewhere")
    return installed


def installable_versions(home: Path) -> list[Installable]:
    """What uv could download for this machine, by the list that it carries; empty when uv cannot say."""
    try:
        listed = run_uv(
            ["python", "list", "--only-downloads", "--output-format", "json"], home, purpose="listing versions"
        )
        return [_installable(item) for item in json.loads(listed)]
    except (DrivetrainError, ValueError, KeyError):
        return []


def _installable(item: dict[str, str]) -> Installable:
    plain = item.get("variant", "default") == "default"
    implementation = item["implementation"] if plain else f"{item['implementation']}-{item['variant']}"
    bits = 32 if item["arch"] in ("x86", "i686", "armv7") else 64
    return Installable(item["key"], item["version"], implementation, architecture_name(item["arch"], bits))


def _install(wanted: Installable, home: Path) -> None:
    folder = uv_python_folder(home)
    run_uv(
        ["python", "install", "--no-bin", "--install-dir", folder, wanted.key],
        home,
        purpose=f"installing Python {wanted.version} by uv",
    )


def _unavailable(
    spec: str,
    architecture: str | None,
    machine: Iterable[Interpreter],
    offered: Iterable[Installable],
    *,
    allow_install: bool,
    reason: str = "",
) -> UnavailableError:
    parse_range(spec if not spec.lower().startswith("pypy") else "*")
    asked = f" for architecture {architecture}" if architecture else ""
    have = ", ".join(
        f"{_label(item)} ({item.architecture}, {item.source})" for item in machine
    )  # highest first, as found
    lines = [
        f"Version spec {spec}{asked} did not match any Python version on this machine.",
        f"Versions on this machine: {have or 'none'}",
        f"Versions uv may install: {', '.join(_newest_of_each_minor(offered)) or 'none'}",
        *([reason] if reason else []),
    ]
    hint = (
        "choose one of these versions, or connect to the network and try again"
        if allow_install
        else "choose one of the machine's, install another (uv, pyenv, apt), or allow Drivetrain to install Python:"
        " the setting allow_python_install, and the task's input disableDownloadFromRegistry"
    )
    return UnavailableError("\n".join(lines), hint=hint)


def _label(item: Interpreter | Installable) -> str:
    return item.version if item.implementation == "cpython" else f"{item.implementation} {item.version}"


def _newest_of_each_minor(offered: Iterable[Installable]) -> list[str]:
    newest: dict[tuple[str, int, int], Installable] = {}
    for item in offered:
        if item.implementation not in ("cpython", "pypy"):
            continue
        major, minor, _ = parse_version(item.version).release
        known = newest.get((item.implementation, major, minor))
        if known is None or parse_version(known.version).key < parse_version(item.version).key:
            newest[(item.implementation, major, minor)] = item
    return [_label(item) for item in newest.values()]
