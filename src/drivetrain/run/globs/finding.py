"""`find`, `findMatch` and `legacyFindFiles` of azure-pipelines-task-lib: what there is below a folder, and what of it
patterns choose.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.globs.matching import is_base, matching, rooted, rooted_pattern, rules, single_slashes
from drivetrain.run.globs.options import DEFAULT
from drivetrain.run.globs.paths import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from drivetrain.run.globs.matching import Rule
    from drivetrain.run.globs.options import Options


class FindOptions(Struct, frozen=True):
    """How links are treated, with the library's own defaults."""

    allow_broken_links: bool = False
    """A link that leads nowhere is found, instead of being an error."""
    follow_specified_link: bool = True
    """The folder itself may be a link."""
    follow_links: bool = True
    skip_missing: bool = False
    """What is gone by the time it is looked at is left out, instead of being an error."""


FOLLOW = FindOptions()


def find(path: str, options: FindOptions = FOLLOW, *, warn: Callable[[str], None] = lambda _: None) -> list[str]:
    """A folder and everything below it, parents first, names in the order of their bytes; nothing if it is not there.

    Raises UserError when something cannot be looked at, such as a link that leads nowhere.
    """
    if not path:
        return []
    path = _normal(path)
    if not os.path.lexists(path):
        return []
    found: list[str] = []
    waiting = [(path, 0)]
    above: list[str] = []
    while waiting:
        item, level = waiting.pop()
        try:
            is_folder = _is_folder(item, options, first=not found)
        except FileNotFoundError as error:
            if not options.skip_missing:
                raise _failed(error) from error
            warn(f'No such file or directory: "{item}" - skipping.')
            continue
        except OSError as error:
            raise _failed(error) from error
        found.append(item)
        if is_folder and _is_new(item, above, level, options):
            waiting += [(_joined(item, name), level + 1) for name in reversed(_names(item))]
    return found


def _is_folder(item: str, options: FindOptions, *, first: bool) -> bool:
    if not (options.follow_links or (options.follow_specified_link and first)):
        return stat.S_ISDIR(os.lstat(item).st_mode)
    try:
        return stat.S_ISDIR(os.stat(item).st_mode)  # noqa: PTH116 - asked for often
    except FileNotFoundError:
        if options.allow_broken_links:
            os.lstat(item)
            return False
        raise


def _is_new(item: str, above: list[str], level: int, options: FindOptions) -> bool:
    """Whether a folder is none of those that lead to it: links can go in circles."""
    if not options.follow_links:
        return True
    del above[level:]
    real = os.path.realpath(item)
    if real in above:
        return False
    above.append(real)
    return True


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder), key=os.fsencode)  # noqa: PTH208 - asked for often
    except OSError as error:
        raise _failed(error) from error


def _failed(error: OSError) -> UserError:
    return UserError(f"Failed find: {error.strerror}: {error.filename}")


def _joined(folder: str, name: str) -> str:
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def _normal(path: str) -> str:
    """As Node normalizes: a slash at the end stays, two at the beginning become one."""
    kept = "/" if path.endswith("/") and path.strip("/") else ""
    return single_slashes(os.path.normpath(path) + kept)


def find_match(
    root: str,
    patterns: Iterable[str],
    find_options: FindOptions = FOLLOW,
    options: Options = DEFAULT,
    *,
    warn: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """What a list of patterns chooses on the disk, sorted. Patterns that are not absolute
    count from `root`, a folder's name. Raises UserError as `find` does.
    """
    root = single_slashes(root)
    found: dict[str, None] = {}
    for rule in rules(patterns, options):
        if rule.include:
            found |= dict.fromkeys(_included(root, rule, find_options, warn))
        else:
            text = rule.text if is_base(rule) else rooted_pattern(root, rule.text)
            for path in matching(found, Pattern(text, rule.options)):
                found.pop(path, None)
    return sorted(found, key=lambda path: path.encode("utf-16-be", "surrogatepass"))


def _included(root: str, rule: Rule, find_options: FindOptions, warn: Callable[[str], None]) -> list[str]:
    if is_base(rule):
        return matching(find(root, find_options, warn=warn), Pattern(rule.text, rule.options))
    (parts,) = Pattern(rule.text, replace(rule.options, nocase=False)).parts
    literal = next((at for at, part in enumerate(parts) if not isinstance(part, str)), len(parts))
    folder = _folder(root, rule.text, "/".join(str(part) for part in parts[:literal]))
    if not folder:
        return []
    plain = literal == len(parts)
    paths = [path for path in [folder] if _is_there(path)] if plain else find(folder, find_options, warn=warn)
    return matching(paths, Pattern(rooted_pattern(root, rule.text), rule.options))


def _folder(root: str, pattern: str, literal: str) -> str:
    """Where to look: the parts of a pattern before the first that has to be matched."""
    below = rooted(root, literal) if literal else root
    folder = literal if pattern.startswith("/") else below
    return single_slashes(_parent(rooted(folder, "_"))) if folder else ""


def _parent(path: str) -> str:
    if "/" not in path or path == "/":
        return ""
    return path[:-1] if path.endswith("/") else os.path.dirname(path)  # noqa: PTH120 - no disk access, and `//` may begin it


def _is_there(path: str) -> bool:
    try:
        os.stat(path)  # noqa: PTH116 - asked for often
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _failed(error) from error
    return True


def legacy_find_files(root: str, pattern: str, *, files: bool = True, folders: bool = False) -> list[str]:
    """`legacyFindFiles`: patterns with `;` between them, `-:` before those that take out, `**` also within a name.

    Raises UserError on an empty pattern, and on one that ends with a slash.
    """
    if not pattern:
        raise UserError("pattern parameter cannot be empty")
    includes: list[str] = []
    excludes: list[re.Pattern[str]] = []
    for part in filter(None, pattern.replace(";;", "\0").split(";")):
        text = part.replace("\0", ";")
        body = text[2:] if text[:2] in ("+:", "-:") else text
        if body.endswith("/"):
            raise UserError(f"Invalid pattern: '{body}'")
        if root and not body.startswith("/"):
            body = _normal(f"{root}/{body}") if body else _normal(root)
        if text.startswith("-:"):
            excludes.append(_legacy(body))
        else:
            includes.append(body)
    found: dict[str, None] = {}
    for body in includes:
        found |= dict.fromkeys(_legacy_found(body, excludes, files=files or not folders, folders=folders))
    return sorted(found)


def _legacy_found(pattern: str, excludes: list[re.Pattern[str]], *, files: bool, folders: bool) -> list[str]:
    wild = re.search(r"[*?]", pattern)
    folder = _parent(pattern[: wild.start()] if wild else pattern)
    expression = _legacy(pattern)

    def fits(test: re.Pattern[str], path: str) -> bool:
        return test.fullmatch(path) is not None or (folders and test.fullmatch(f"{path}/") is not None)

    def wanted(path: str) -> bool:
        return (files and folders) or (folders if os.path.isdir(path) else files)  # noqa: PTH112 - asked for often

    return [
        path
        for path in find(folder)
        if wanted(path) and fits(expression, path) and not any(fits(test, path) for test in excludes)
    ]


def _legacy(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern)
    text = (
        text.replace(r"/\*\*/", r"((/.+/)|(/))").replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    )
    return re.compile(text)
