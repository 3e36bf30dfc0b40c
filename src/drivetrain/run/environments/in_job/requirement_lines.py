# ruff: noqa: PTH110, PTH112, PTH117, PTH118, PTH120, PTH123
# (pathlib would add a tenth to the start-up time of every `pip`)
"""Looks through what is to be installed, for names (an upgrade concerns only those) and for what uv reads otherwise.

Sources: https://pip.pypa.io/en/stable/reference/requirements-file-format/ and
https://docs.astral.sh/uv/pip/compatibility/
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .pip_options import LeaveToPip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .pip_options import Given

_NAMED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:@|[<>=!~]=|[<>;(]|$)")
_REMOTE = re.compile(r"(?:git\+)?(?:https?|ssh|file)://|git\+git://", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s+)#.*$")
_OPTION_AFTER = re.compile(r"\s--(?P<name>[a-z-]+)")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz")
_LINE_OPTION = re.compile(r"(--[a-z-]+|-[A-Za-z])(?:\s*=\s*|\s+|)(.*)$")
_LINE_NAMES = {
    "-r": "requirement", "--requirement": "requirement", "-c": "constraint", "--constraint": "constraint",
    "-e": "editable", "--editable": "editable", "-i": "index-url", "--index-url": "index-url",
    "--extra-index-url": "extra-index-url", "-f": "find-links", "--find-links": "find-links",
    "--no-index": "no-index", "--no-binary": "no-binary", "--only-binary": "only-binary", "--pre": "pre",
    "--trusted-host": "trusted-host", "--require-hashes": "require-hashes",
}  # fmt: skip
_NAME_IN = {
    "pyproject.toml": re.compile(r"^\[project\][^\[]*?^name\s*=\s*[\"']([\w.-]+)[\"']", re.MULTILINE | re.DOTALL),
    "setup.cfg": re.compile(r"^name\s*=\s*([\w.-]+)\s*$", re.MULTILINE),
    "setup.py": re.compile(r"\bname\s*=\s*[\"']([\w.-]+)[\"']"),
}
_LIFTED = frozenset({"pre", "trusted-host", "require-hashes"})
"""Options that pip takes from a file for the whole command and uv does not: uv gets them on its command line."""


@dataclass
class Wanted:
    """What the requirements name, and what their files add to the command."""

    names: list[str] = field(default_factory=list)
    lifted: list[Given] = field(default_factory=list)
    in_files: set[str] = field(default_factory=set)
    """Names of the options seen inside files."""
    rebuilt: list[str] = field(default_factory=list)
    """Projects in folders that files name: pip builds these anew each time, uv only when told to."""


def look_through(positionals: list[str], files: list[str], editables: list[str], constraints: list[str]) -> Wanted:
    """Read every requirement, in files within files too.

    Raises:
        LeaveToPip: something in it has another meaning to uv, or cannot be read.
    """
    wanted = Wanted()
    seen: set[str] = set()
    for text in positionals:
        _requirement(text, wanted)
    for text in editables:
        _editable(text)
    for file in files:
        _file(file, wanted, seen, is_constraint=False)
    for file in constraints:
        _file(file, wanted, seen, is_constraint=True)
    return wanted


def _requirement(text: str, wanted: Wanted) -> None:
    named = _NAMED.match(text)
    if _REMOTE.match(text) or _is_local(text):
        return
    if named is None:
        raise LeaveToPip(f"'{text}' is in no form that uv is known to read the same")
    wanted.names.append(named.group(1))


def _is_local(text: str) -> bool:
    start = re.split("[;@]", text, maxsplit=1)[0]
    if "://" in start:
        return False
    return text.startswith(".") or os.sep in start or (text.endswith(_ARCHIVES) and os.path.exists(text))


def _editable(text: str) -> None:
    if "://" in text:
        raise LeaveToPip(f"'-e {text}': uv installs editables from folders only")


def _file(file: str, wanted: Wanted, seen: set[str], *, is_constraint: bool) -> None:
    if os.path.realpath(file) in seen:
        return
    seen.add(os.path.realpath(file))
    for line in _lines(file):
        if line.startswith("-"):
            _option_line(line, file, wanted, seen, is_constraint=is_constraint)
        else:
            _requirement_line(line, file, wanted, is_constraint=is_constraint)


def _lines(file: str) -> Iterator[str]:
    if "://" in file or file == "-":
        raise LeaveToPip(f"the requirements are at {file}")
    try:
        with open(file, encoding="utf-8-sig") as stream:
            text = stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise LeaveToPip(f"{file} cannot be read as UTF-8 text") from error
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        stripped = _COMMENT.sub("", line).strip()
        if stripped:
            yield stripped


def _option_line(line: str, file: str, wanted: Wanted, seen: set[str], *, is_constraint: bool) -> None:
    match = _LINE_OPTION.match(line)
    name = _LINE_NAMES.get(match.group(1)) if match else None
    if match is None or name is None:
        raise LeaveToPip(f"{file}: '{line}' is not known to mean the same to uv")
    value = " ".join(shlex.split(match.group(2)))
    wanted.in_files.add(name)
    if name in ("requirement", "constraint"):
        nested = value if "://" in value else os.path.join(os.path.dirname(file), value)
        _file(nested, wanted, seen, is_constraint=is_constraint or name == "constraint")
    elif name == "editable":
        _editable(value)
        _check_relative(value, file)
        _note_folder(value, wanted)
    elif name == "find-links":
        _check_relative(value, file)
    elif name in _LIFTED:
        wanted.lifted.append((name, value or None))


def _requirement_line(line: str, file: str, wanted: Wanted, *, is_constraint: bool) -> None:
    for option in _OPTION_AFTER.finditer(line):
        if option.group("name") != "hash":
            raise LeaveToPip(f"{file}: '--{option.group('name')}' is not known to mean the same to uv")
    text = _OPTION_AFTER.split(line)[0].strip()
    if not is_constraint:
        _requirement(text, wanted)
    if text.startswith(".") or "file:." in text:
        _check_relative(text, file)
    if _is_local(text):
        _note_folder(text, wanted)


def _note_folder(text: str, wanted: Wanted) -> None:
    folder = re.split(r"[;\[]", text, maxsplit=1)[0].strip()
    if os.path.isdir(folder):
        wanted.rebuilt.append(_project_name(folder))


def _project_name(folder: str) -> str:
    for file, pattern in _NAME_IN.items():
        try:
            with open(os.path.join(folder, file), encoding="utf-8") as stream:
                found = pattern.search(stream.read())
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            return found.group(1)
    raise LeaveToPip(f"the folder {folder} does not say in a plain way what its project is called")


def _check_relative(value: str, file: str) -> None:
    """A relative path in a file counts from the working folder for pip; only there do both agree."""
    here = os.path.realpath(os.path.dirname(file) or ".") == os.path.realpath(".")
    if not here and "://" not in value and not os.path.isabs(value):
        raise LeaveToPip(f"{file}: '{value}' is relative, and the file is in another folder")
