# ruff: noqa: PTH100, PTH112, PTH118, PTH120, PTH208
# (pathlib would add a tenth to the start-up time of every `pip`)
"""Translates a `pip install` into the `uv pip install` that does the same."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .pip_options import LeaveToPip, parse
from .pip_settings import settings
from .requirement_lines import look_through

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .pip_options import CommandLine, Given
    from .requirement_lines import Wanted

_ALWAYS = (
    "--no-sources",  # [tool.uv.sources] means nothing to pip
    "--index-strategy=unsafe-best-match",  # pip takes the best version of all indexes, not the first index's
    "--no-python-downloads",
    "--color=never",
)
_SAME = {
    "index-url": "--index-url", "extra-index-url": "--extra-index-url", "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host", "config-settings": "--config-setting", "editable": "--editable",
    "requirement": "--requirements", "constraint": "--constraints", "keyring-provider": "--keyring-provider",
    "target": "--target",
}  # fmt: skip
_SAME_FLAGS = {
    "pre": "--prerelease=allow", "no-deps": "--no-deps", "no-index": "--no-index", "quiet": "--quiet",
    "require-hashes": "--require-hashes", "no-build-isolation": "--no-build-isolation",
    "force-reinstall": "--reinstall",
}  # fmt: skip
_VARIABLES = {"cert": "SSL_CERT_FILE", "timeout": "UV_HTTP_TIMEOUT", "retries": "UV_HTTP_RETRIES"}
_LAST_WINS = frozenset({"index-url", "target", "keyring-provider", "cert", "timeout", "retries", "upgrade-strategy"})


@dataclass
class UvCommand:
    """What to give to uv."""

    arguments: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    quiet: bool = False
    compile: bool = True
    target: str = ""
    """The folder of `--target`, or empty for the environment."""


def translate(arguments: list[str], environ: Mapping[str, str], prefix: str) -> UvCommand:
    """The words after `pip` as a command for uv.

    Args:
        arguments: the words after `pip`.
        environ: the variables in which pip was called.
        prefix: the environment's folder (for its `pip.conf`).

    Raises:
        LeaveToPip: uv would do something else; the text says why.
    """
    line = parse(arguments)
    isolated = ("isolated", None) in line.options
    options = [*settings(environ, prefix, isolated=isolated), *line.options]
    if not line.positionals and not _values(options, "requirement") and not _values(options, "editable"):
        raise LeaveToPip("nothing is named to install")
    wanted = look_through(
        line.positionals, _values(options, "requirement"), _values(options, "editable"), _values(options, "constraint")
    )
    options = _last_only([*options, *wanted.lifted])
    _check(options, wanted)
    return _command(line, options, wanted)


def _command(line: CommandLine, options: list[Given], wanted: Wanted) -> UvCommand:
    command = UvCommand(["pip", "install", *_configuration(options, wanted), *_ALWAYS])
    for name, value in options:
        if name in _VARIABLES and value is not None:
            command.variables[_VARIABLES[name]] = value
        else:
            command.arguments.extend(_rendered(name, value))
    command.arguments.extend(_upgrades(options, wanted))
    command.arguments.extend(word for name in wanted.rebuilt for word in ("--refresh-package", name))
    command.quiet = ("quiet", None) in options
    command.compile = ("no-compile", None) not in options
    command.target = next(iter(_values(options, "target")), "")
    command.arguments.extend(["--", *line.positionals] if line.positionals else [])
    return command


def _configuration(options: list[Given], wanted: Wanted) -> list[str]:
    """Leave uv's own settings aside, for they are none of pip's; say how long PyPI's answers hold where it is asked."""
    if {"index-url", "no-index"} & ({name for name, _ in options} | wanted.in_files):
        return ["--no-config"]
    return ["--config-file", os.path.join(os.path.dirname(os.path.abspath(__file__)), "uv.toml")]


def _rendered(name: str, value: str | None) -> list[str]:
    if value is None:
        return [_SAME_FLAGS[name]] if name in _SAME_FLAGS else []
    if name in _SAME:
        return [_SAME[name], value]
    if name in ("no-binary", "only-binary"):
        return [word for part in value.split(",") for word in ("--" + name, part)]
    return []


def _upgrades(options: list[Given], wanted: Wanted) -> list[str]:
    """Upgrade what is named, as pip does; uv's `--upgrade` would upgrade all that those need as well."""
    if ("upgrade", None) not in options:
        return []
    if _values(options, "upgrade-strategy") == ["eager"]:
        return ["--upgrade"]
    return [word for name in dict.fromkeys(wanted.names) for word in ("--upgrade-package", name)]


def _check(options: list[Given], wanted: Wanted) -> None:
    names = {name for name, _ in options} | wanted.in_files
    if {"no-binary", "only-binary"} <= names:
        raise LeaveToPip("--no-binary and --only-binary together are read differently by uv")
    if "index-url" in wanted.in_files and _values(options, "index-url"):
        raise LeaveToPip("an index is given in a requirements file and outside it")
    for name, value in options:
        _check_value(name, value or "")


def _check_value(name: str, value: str) -> None:
    if name in ("no-binary", "only-binary") and ":none:" in value:
        raise LeaveToPip(f"--{name} :none: is not known to uv")
    if name in ("timeout", "retries") and not value.isdigit():
        raise LeaveToPip(f"--{name} {value} is no whole number")
    if name == "keyring-provider" and value not in ("disabled", "subprocess"):
        raise LeaveToPip(f"--keyring-provider {value} is not known to uv")
    if name == "upgrade-strategy" and value not in ("eager", "only-if-needed"):
        raise LeaveToPip(f"--upgrade-strategy {value} is not known to uv")
    if name == "target" and os.path.isdir(value) and os.listdir(value):
        raise LeaveToPip("--target is a folder with something in it, which pip would keep")


def _values(options: list[Given], name: str) -> list[str]:
    return [value for given, value in options if given == name and value is not None]


def _last_only(options: list[Given]) -> list[Given]:
    """Of options that replace each other, the last one."""
    last = {name: at for at, (name, _) in enumerate(options)}
    return [given for at, given in enumerate(options) if given[0] not in _LAST_WINS or last[given[0]] == at]
