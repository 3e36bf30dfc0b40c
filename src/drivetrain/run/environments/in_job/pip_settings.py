# ruff: noqa: PTH110, PTH111, PTH112, PTH118
# (pathlib would add a tenth to the start-up time of every `pip`)
"""pip's own settings, which uv does not read: configuration files and PIP_* variables, by pip's rules.

Source: https://pip.pypa.io/en/stable/topics/configuration/ : files for the machine, the user and the environment, then
the file in PIP_CONFIG_FILE, then variables, each setting of a later one replacing that of an earlier one; and after
that, `[install]` goes before `[global]`, and a variable before both.
"""

from __future__ import annotations

import configparser
import os
import sys
from typing import TYPE_CHECKING

from .pip_options import ACCUMULATING, FLAGS, KNOWN, OTHER_NAMES, WITH_VALUE, LeaveToPip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .pip_options import Given

_NOT_FOR_INSTALL = frozenset({
    # settings of other commands of pip; pip ignores them here too
    "format", "python", "columns", "no-columns", "exclude", "local", "path", "not-required", "outdated", "uptodate",
    "dest", "wheel-dir", "version", "help", "config-file", "editor", "all", "files",
})  # fmt: skip
_TRUE, _FALSE = frozenset({"y", "yes", "t", "true", "on", "1"}), frozenset({"n", "no", "f", "false", "off", "0"})


def settings(environ: Mapping[str, str], prefix: str, *, isolated: bool = False) -> list[Given]:
    """The options that pip would take from its settings.

    Raises:
        LeaveToPip: a setting is not in the table, or a file cannot be read.
    """
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for file in _files(environ, prefix, isolated=isolated):
        _read(file, sections)
    if not isolated:
        sections[":env:"].update(_variables(environ))
    merged: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        merged.update({name: value for name, value in sections[section].items() if value})
    return [given for name, value in merged.items() for given in _given(OTHER_NAMES.get(name, name), value)]


def _files(environ: Mapping[str, str], prefix: str, *, isolated: bool) -> Iterator[str]:
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    yield from _machine_files(environ)
    if not isolated and not (named and os.path.exists(named)):
        yield from _user_files(environ)
    yield os.path.join(prefix, "pip.conf")
    if named:
        yield named


def _machine_files(environ: Mapping[str, str]) -> Iterator[str]:
    if sys.platform == "darwin":
        yield "/Library/Application Support/pip/pip.conf"
    else:
        for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
            yield os.path.join(folder, "pip", "pip.conf")
    yield "/etc/pip.conf"


def _user_files(environ: Mapping[str, str]) -> Iterator[str]:
    user = os.path.expanduser("~")
    yield os.path.join(user, ".pip", "pip.conf")
    mac = os.path.join(user, "Library", "Application Support", "pip")
    if sys.platform == "darwin" and os.path.isdir(mac):
        yield os.path.join(mac, "pip.conf")
    else:
        yield os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.join(user, ".config"), "pip", "pip.conf")


def _read(file: str, sections: dict[str, dict[str, str]]) -> None:
    parser = configparser.RawConfigParser()
    try:
        parser.read(file)
    except (configparser.Error, UnicodeDecodeError) as error:
        raise LeaveToPip(f"{file} cannot be read") from error
    for section in ("global", "install"):
        if parser.has_section(section):
            sections[section].update({_name(name): value for name, value in parser.items(section)})


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    return {_name(name[4:]): value for name, value in environ.items() if name.startswith("PIP_")}


def _name(name: str) -> str:
    name = name.lower().replace("_", "-")
    return name[2:] if name.startswith("--") else name  # noqa: FURB188 - newer than Python 3.8


def _given(name: str, value: str) -> Iterator[Given]:
    if name in _NOT_FOR_INSTALL:
        return
    if name not in KNOWN:
        raise LeaveToPip(f"the pip setting '{name}' is not known to mean the same to uv")
    if name in ACCUMULATING:
        yield from ((name, word) for word in value.split())
    elif name in WITH_VALUE:
        yield name, value
    elif name in FLAGS:
        yield from ((name, None) for _ in range(_count(name, value)))


def _count(name: str, value: str) -> int:
    if value.lower() in _TRUE:
        return 1
    if value.lower() in _FALSE:
        return 0
    if name in ("quiet", "verbose") and value.isdigit():
        return int(value)
    raise LeaveToPip(f"the pip setting '{name}' has the value '{value}'")
