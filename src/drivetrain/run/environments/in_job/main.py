# ruff: noqa: PTH100, T201
# (pathlib would add a tenth to the start-up time of every `pip`; and this is a command, which prints)
"""The `pip` of a job's environment: `pip install` by uv where it means the same, everything else by the real pip."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from .bytecode import compile_wheels, uncompiled
from .overlay import put_back
from .pip_options import LeaveToPip
from .uv_command import translate

if TYPE_CHECKING:
    from .uv_command import UvCommand

_NETWORK = frozenset({"UV_HTTP_TIMEOUT", "UV_NATIVE_TLS", "UV_OFFLINE", "UV_SYSTEM_CERTS"})
_CHANGED = re.compile(r" [+~] ([A-Za-z0-9._-]+)==(\S+)")
_PIP_MAY_DIFFER = re.compile(
    r"pre-?release|[Ff]ailed to parse|[Cc]ouldn't parse|[Ii]nvalid (?:version|metadata|requirement|specifier)|"
    r"[Mm]etadata field|PEP (?:440|508)|has an invalid|[Uu]nsupported|[Ee]xpected (?:a |one of |an )"
)
_BUILD_FAILED = re.compile(r"[Ff]ailed to build|[Bb]uild backend failed")
_LAST_LEGACY_PIP = (23, 0)
"""pip before 23.1 could install without a wheel, by `setup.py install`; uv and newer pips cannot."""


@dataclass
class Installation:
    """What the environment's files know: where things are."""

    prefix: str
    site: str
    uv: str
    uv_version: str
    cache: str


def main(arguments: list[str], installation: Installation) -> int:
    """Carry out `pip <arguments>`; gives the exit code."""
    if os.environ.get("DRIVETRAIN_PIP", "uv").lower() == "pip":
        return _by_pip(arguments, installation, "")
    try:
        command = translate(arguments, os.environ, installation.prefix)
    except LeaveToPip as reason:
        told = str(reason) if "install" in arguments else ""
        return _by_pip(arguments, installation, told)
    return _by_uv(command, arguments, installation)


def _by_pip(arguments: list[str], installation: Installation, reason: str) -> int:
    """Run the real pip in this process; `--user` means the private environment, which has no user folder."""
    if reason and not _quiet(arguments):
        print(f"drivetrain: pip install by pip itself: {reason}", flush=True)
    if "install" in arguments:
        arguments = [word for word in arguments if word != "--user"]
    sys.argv[1:] = arguments
    try:
        return _real_pip()
    finally:
        put_back(installation.prefix)


def _real_pip() -> int:
    try:
        module = import_module("pip._internal.cli.main")
    except ImportError:
        module = import_module("pip._internal")  # before pip 19.3
    return int(module.main() or 0)


def _by_uv(command: UvCommand, arguments: list[str], installation: Installation) -> int:
    if not command.quiet:
        version = installation.uv_version
        print(f"drivetrain: pip install by uv {version} (DRIVETRAIN_PIP=pip turns this off)", flush=True)
    code, told = _run(command, installation)
    if code == 0:
        _finish(command, told, installation)
        return 0
    if _pip_may_succeed(told):
        return _by_pip(arguments, installation, "uv could not, and pip may read this more leniently")
    return code


def _run(command: UvCommand, installation: Installation) -> tuple[int, list[str]]:
    """Run uv, passing its lines on as they come: to stdout as pip does, to stderr from the first error on."""
    words = [installation.uv, *command.arguments]
    at = words.index("install") + 1
    words[at:at] = ["--python", sys.executable]
    environment = {name: value for name, value in os.environ.items() if name in _NETWORK or not name.startswith("UV_")}
    environment.update(command.variables, UV_CACHE_DIR=installation.cache, UV_LINK_MODE="hardlink")
    process = subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, universal_newlines=True,
        encoding="utf-8", errors="replace",
    )  # fmt: skip
    return _passed_on(process)


def _passed_on(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    told: list[str] = []
    failed = False
    for line in process.stderr or ():
        failed = failed or line.startswith("error:")
        stream = sys.stderr if failed or line.startswith("warning:") else sys.stdout
        told.append(line)
        stream.write(line)
        stream.flush()
    return process.wait(), told


def _finish(command: UvCommand, told: list[str], installation: Installation) -> None:
    put_back(installation.prefix)
    if command.compile:
        site = os.path.abspath(command.target) if command.target else installation.site
        wheels = uncompiled(site, installation.cache, sys.implementation.cache_tag or "")
        if wheels:
            compile_wheels(wheels, installation.cache, quiet=command.quiet)
    changed = [match.group(1) + "-" + match.group(2) for match in map(_CHANGED.match, told) if match]
    if changed and not command.quiet:
        print("Successfully installed " + " ".join(sorted(changed)), flush=True)


def _pip_may_succeed(told: list[str]) -> bool:
    text = "".join(told)
    return bool(_PIP_MAY_DIFFER.search(text)) or (_legacy_pip() and bool(_BUILD_FAILED.search(text)))


def _legacy_pip() -> bool:
    major, minor = (import_module("pip").__version__ + ".0").split(".")[:2]
    return (int(major), int(minor)) <= _LAST_LEGACY_PIP


def _quiet(arguments: list[str]) -> bool:
    return any(word in ("-q", "-qq", "-qqq", "--quiet") for word in arguments)
