"""Keys of the task Cache: segments with `|` between them, each a text or files, which stand for what is in them.

FingerprintCreator in https://github.com/microsoft/azure-pipelines-agent , outside Windows.
https://learn.microsoft.com/azure/devops/pipelines/release/caching#key-segments
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.run.globs.finding import FindOptions, find
from drivetrain.run.globs.options import DEFAULT
from drivetrain.run.globs.paths import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SALT = "AZP_CACHING_SALT"
"""A variable whose value becomes part of every key."""
_GLOB = re.compile(r"[*?\[\]]")
_LONGEST_SEGMENT, _LONGEST_PATH = 50, 70
_CHUNK = 1 << 20


class Place(NamedTuple):
    """Where files of keys are."""

    default_folder: str
    """Names count from here."""
    workspace: str
    """Names are hashed, and shown, as they are below this folder: another run's is elsewhere."""
    say: Callable[[str], None]


class _File(NamedTuple):
    shown: str
    size: int
    digest: str


def split_key(text: str, salt: str = "") -> tuple[str, ...]:
    """The segments of a key on one line."""
    segments = (part.strip() for part in text.split("|") if part)
    return (*[f"{SALT}={salt}"] * bool(salt.strip()), *segments)


def split_lines(text: str) -> list[str]:
    """The lines of an input that are not empty."""
    return [line.strip() for line in text.replace("\r\n", "\n").split("\n") if line]


def resolve(segments: Sequence[str], place: Place) -> tuple[str, ...]:
    """What the segments come to; files become a hash of their names and contents. Says what it does.

    Raises UserError on a segment that is not allowed, and when files are missing.
    """
    for segment in segments:
        _check(segment)
    width = min(max((len(segment) for segment in segments), default=0), _LONGEST_SEGMENT)
    resolved, missing = [], []
    for segment in segments:
        if not names_files(segment):
            place.say(f" - {_fitted(segment, width)} [string]")
            resolved.append(segment)
            continue
        files = _files(segment, place)
        is_pattern = _GLOB.search(segment) is not None or len(files) > 1
        _show(segment, files, width, place, is_pattern=is_pattern)
        if not files:
            missing.append(f"{'No matching files found for pattern' if is_pattern else 'File not found'}: {segment}")
        resolved.append(_hash(files))
    if missing:
        raise UserError("\n".join(missing), hint='a text with a dot or slash is a file; for a text write "quotes"')
    return tuple(resolved)


def names_files(segment: str) -> bool:
    """Whether a segment is a file or a pattern: it has a dot or a slash in it, and no quotes around it."""
    if segment.startswith('"') and segment.endswith('"'):
        return False
    return "\0" not in segment and ("." in segment or "/" in segment) and not segment.endswith(".")


def _check(segment: str) -> None:
    if not segment:
        raise UserError("A key segment is empty.", hint="there is nothing between two `|` of the key")
    if segment in ("*", "**"):
        raise UserError(f"`{segment}` is a reserved key segment. For path glob, use `./{segment}`.")
    if segment.startswith("'"):
        raise UserError("A key segment cannot start with a single-quote character`.")
    if segment.startswith("`"):
        raise UserError("A key segment cannot start with a backtick character`.")


def _files(segment: str, place: Place) -> list[_File]:
    rules = [rule.strip() for rule in segment.split(",") if rule]
    includes = [_absolute(rule, place) for rule in rules if not rule.startswith("!")]
    excludes = [_absolute(rule[1:], place) for rule in rules if rule.startswith("!")]
    if not includes:
        raise UserError("No include rules specified.", hint=f"say in `{segment}` which files are meant")
    wanted = [Pattern(rule, DEFAULT) for rule in includes]
    unwanted = [Pattern(rule, DEFAULT) for rule in excludes]
    return [
        _file(path, place)
        for path in sorted(set(_candidates(includes)))
        if any(pattern.matches(path) for pattern in wanted) and not any(pattern.matches(path) for pattern in unwanted)
    ]


def _absolute(rule: str, place: Place) -> str:
    return os.path.normpath(os.path.join(place.default_folder, rule))  # noqa: PTH118 - no disk access


def _candidates(rules: Iterable[str]) -> Iterable[str]:
    """The files that the rules may mean."""
    for rule in rules:
        wild = _GLOB.search(rule)
        root = (rule[: wild.start()] if wild else rule).rpartition("/")[0] or "/"
        if wild and "**" in rule:
            found: Iterable[str] = find(root, FindOptions(allow_broken_links=True))
        elif wild:
            found = (str(path) for path in Path(root).iterdir()) if Path(root).is_dir() else ()
        else:
            found = (rule,)
        yield from (path for path in found if os.path.isfile(path))  # noqa: PTH113 - asked for often


def _file(path: str, place: Place) -> _File:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:  # noqa: PTH123 - asked for often
        while data := file.read(_CHUNK):
            digest.update(data)
            size += len(data)
    return _File(os.path.relpath(path, place.workspace), size, digest.hexdigest().upper())


def _hash(files: Iterable[_File]) -> str:
    text = "".join(f"\nSHA256({file.shown})=[{file.size}]{file.digest}" for file in files)
    return base64.b64encode(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()).decode()


def _show(segment: str, files: Sequence[_File], width: int, place: Place, *, is_pattern: bool) -> None:
    start = f" - {_fitted(segment, width)}"
    if not is_pattern:
        place.say(f"{start} [file] {f'--> {files[0].digest}' if files else '(not found)'}")
        return
    place.say(f"{start} [file pattern; matches: {len(files)}]")
    longest = min(max((len(file.shown) for file in files), default=0), _LONGEST_PATH)
    for file in files:
        place.say(f"   - {_fitted(file.shown, longest)} --> {file.digest}")


def _fitted(text: str, width: int) -> str:
    return (text if len(text) <= width else f"{text[: width - 3]}...").ljust(width)
