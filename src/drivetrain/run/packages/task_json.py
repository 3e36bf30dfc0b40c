"""Reads a `task.json`. Its author is a stranger: what is wrong with it is said, and nothing in it is believed.

Names of its keys are compared ignoring case, as the agent's reader does. Fields:
https://raw.githubusercontent.com/Microsoft/azure-pipelines-task-lib/master/tasks.schema.json
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from drivetrain.errors import UserError
from drivetrain.run.packages.model import Handler, PackageInput, TaskPackage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE = "task.json"
LARGEST = 4 << 20
"""Bytes."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_INPUT = re.compile(r"[^\0=\r\n]{1,200}")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACE = re.compile(r"\$\(currentdirectory\)[\\/]?", re.IGNORECASE)
_KIND = re.compile(r"(?P<node>node)(?P<version>\d{0,3})(_\d+)?|powershell3", re.IGNORECASE)
_OLDEST_NODE = 6
"""What the handler `Node` stands for."""

Json = Any


def node_version(kind: str) -> int | None:
    """The major version of Node.js that a handler was written for; None for one of another kind."""
    found = _KIND.fullmatch(kind)
    return None if found is None or not found["node"] else int(found["version"] or _OLDEST_NODE)


def read_task(folder: Path) -> TaskPackage:
    """The task in a folder. Raises UserError saying what is wrong with its file."""
    path = folder / FILE
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UserError(f"{path} is larger than {LARGEST >> 20} MB")
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"{path} is not a task: it must hold an object")
    return _Reader(path, _lower(found)).package()


def _lower(value: Mapping[str, Json]) -> dict[str, Json]:
    return {key.lower(): item for key, item in value.items()}


class _Reader:
    def __init__(self, path: Path, found: Mapping[str, Json]) -> None:
        self._path = path
        self._found = found

    def package(self) -> TaskPackage:
        name = _text(self._found.get("name"))
        if not _NAME.fullmatch(name):
            raise self._wrong(f"its name {name!r} is not 1 to 100 letters, digits, dots and dashes")
        identity = _text(self._found.get("id")).lower()
        if not _GUID.fullmatch(identity):
            raise self._wrong(f"its id {identity[:50]!r} is not a GUID")
        restrictions = self._object(self._found, "restrictions")
        package = TaskPackage(
            name=name,
            id=identity,
            version=self._version(),
            title=_line(self._found.get("friendlyname")) or name,
            description=_line(self._found.get("description")),
            author=_line(self._found.get("author")),
            help=_line(self._found.get("helpurl") or self._found.get("helpmarkdown")),
            inputs=tuple(self._input(entry) for entry in self._list("inputs")),
            before=self._handlers("prejobexecution"),
            main=self._handlers("execution"),
            after=self._handlers("postjobexecution"),
            restricted=_text(self._object(restrictions, "commands").get("mode")).lower() == "restricted",
            settable=_settable(self._object(restrictions, "settablevariables")),
            demands=tuple(_text(demand) for demand in self._list("demands")),
            minimum_agent=_text(self._found.get("minimumagentversion")),
            deprecated=_line(self._found.get("deprecationmessage")) if _true(self._found.get("deprecated")) else None,
        )
        if not (package.before or package.main or package.after):
            raise self._nothing_runs(name)
        return package

    def _version(self) -> tuple[int, int, int]:
        version = self._object(self._found, "version")
        parts = [_text(version.get(key, 0)) for key in ("major", "minor", "patch")]
        if not all(part.isdecimal() and len(part) < 10 for part in parts):  # noqa: PLR2004 - more is no version
            raise self._wrong("its version is not three numbers: Major, Minor, Patch")
        major, minor, patch = map(int, parts)
        return major, minor, patch

    def _input(self, entry: Json) -> PackageInput:
        found = _lower(entry) if isinstance(entry, dict) else {}
        name = _text(found.get("name")).strip()
        if not _INPUT.fullmatch(name):
            raise self._wrong("an input has no name, or one that cannot be one")
        properties = self._object(found, "properties")
        editable = _true(properties.get("editableoptions")) or _true(properties.get("multiselect"))
        options = found.get("options")
        return PackageInput(
            name=name,
            type=_text(found.get("type")) or "string",
            default=_text(found.get("defaultvalue")),
            required=_true(found.get("required")),
            aliases=tuple(_text(alias) for alias in found.get("aliases") or () if _INPUT.fullmatch(_text(alias))),
            visible_rule=_text(found.get("visiblerule")),
            options=tuple(options) if isinstance(options, dict) and not editable else (),
        )

    def _handlers(self, part: str) -> tuple[Handler, ...]:
        """Those that can be carried out on Linux and macOS; the agent leaves out the others, too."""
        handlers = []
        for kind, entry in self._object(self._found, part).items():
            found = _lower(entry) if isinstance(entry, dict) else {}
            if _KIND.fullmatch(kind):
                target = self._within(_PLACE.sub("", _text(found.get("target"))))
                handlers.append(Handler(kind, target, _text(found.get("workingdirectory"))))
        return tuple(handlers)

    def _within(self, target: str) -> str:
        """A file of the task, by its path in the task's folder."""
        parts = target.split("/")
        if not target or target.startswith("/") or ".." in parts or "\0" in target:
            raise self._wrong(f"a handler's target {target[:100]!r} is not a file below its folder")
        if not (self._path.parent / target).is_file():
            raise UserError(
                f"{self._path.parent} has no {target[:200]}, which is what the task runs",
                hint="is it the task's source? drivetrain task build FOLDER makes a task of it",
            )
        return target

    def _nothing_runs(self, name: str) -> UserError:
        kinds = [kind for part in ("prejobexecution", "execution", "postjobexecution") for kind in self._keys(part)]
        has = f"it has {', '.join(dict.fromkeys(kinds))}" if kinds else "it has none"
        return UserError(
            f"{self._path}: task {name} has no handler that runs on this system: {has}",
            hint="what runs is Node (in any version) and PowerShell3",
        )

    def _keys(self, part: str) -> Sequence[str]:
        return list(self._object(self._found, part))

    def _object(self, found: Mapping[str, Json], key: str) -> dict[str, Json]:
        value = found.get(key)
        if value is not None and not isinstance(value, dict):
            raise self._wrong(f"`{key}` is not an object")
        # What stands in `execution` is shown and compared as it is written.
        return value if value and key.endswith("execution") else _lower(value or {})

    def _list(self, key: str) -> list[Json]:
        value = self._found.get(key)
        if value is not None and not isinstance(value, list):
            raise self._wrong(f"`{key}` is not a list")
        return value or []

    def _wrong(self, what: str) -> UserError:
        return UserError(f"{self._path} is not a task: {what}")


def _settable(found: Mapping[str, Json]) -> tuple[str, ...] | None:
    allowed = found.get("allowed")
    return tuple(_text(pattern) for pattern in allowed) if isinstance(allowed, list) else None


def _text(value: Json) -> str:
    """A plain value as text: files have numbers and booleans where texts are meant."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\0", "") if isinstance(value, str | int | float) else ""


def _line(value: Json) -> str:
    """For people: on one line, and not too long."""
    return " ".join(_text(value).split())[:1000]


def _true(value: Json) -> bool:
    return _text(value).strip().lower() == "true"
