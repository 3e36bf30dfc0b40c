"""Git hooks that leave word of a push in the inbox: a file per push, written in plain sh, with the server up or down.

A word is a text file. Its first line is `drivetrain 1 <project id> <hook>`, every other `<old> <new> <ref>`; an empty
old or new sha is written as zeros. A hook of the user's stays: it is moved aside, called after ours with the same
arguments and standard input, and moved back when our last line goes.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UnavailableError
from drivetrain.source.git import CONFIG, git, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

RECEIVE = "post-receive"
LOCAL = ("post-commit", "post-merge", "post-rewrite")
ASIDE = ".before-drivetrain"
MARK = "# drivetrain hook 1: written by `drivetrain project add`, taken away by `drivetrain project remove`."

HEAD = """#!/bin/sh
{mark}
# It leaves word of a push in the inbox of every Drivetrain named below, then calls the hook that was here before.
hook={hook}
{lines}
tell() {{
  [ -d "$1" ] && [ -n "$lines" ] || return 0
  name="$(date +%s%N)-$$-$2"
  {{
    printf 'drivetrain 1 %s %s\\n%s\\n' "$2" "$hook" "$lines" >"$1/.$name" && mv -f "$1/.$name" "$1/$name"
  }} 2>/dev/null
  return 0
}}
"""
LINES_RECEIVED = "lines=$(cat)"
LINES_LOCAL = """lines=
zero=0000000000000000000000000000000000000000
if ref=$(git symbolic-ref -q HEAD 2>/dev/null) && new=$(git rev-parse -q --verify "$ref" 2>/dev/null); then
  old=$(git rev-parse -q --verify "$ref@{1}" 2>/dev/null) || old=$zero
  lines="$old $new $ref"
fi"""
TAIL_RECEIVED = """before="${{0%/*}}/$hook{aside}"
[ -x "$before" ] || exit 0
[ -n "$lines" ] && printf '%s\\n' "$lines" | "$before" "$@"
"""
TAIL_LOCAL = """before="${{0%/*}}/$hook{aside}"
[ -x "$before" ] || exit 0
exec "$before" "$@"
"""
_TELL = re.compile(r"^(?P<guard>.*\|\| )?tell (?P<inbox>'.*'|\S+) (?P<id>\d+)$", re.MULTILINE)


class Told(Struct, frozen=True):
    """One line of our hook: whom it tells."""

    inbox: Path
    project_id: int


class HookState(Struct, frozen=True):
    """How one hook of a repository stands."""

    path: Path
    ours: bool
    """Our hook is there, executable, and tells this inbox of this project."""
    why: str = ""
    """What is wrong, when something is."""


def install(repository: Path, inbox: Path, project_id: int) -> tuple[Path, ...]:
    """Make the repository's hooks tell the inbox; installing again changes nothing. The hooks' paths come back.
    Raises UnavailableError when the folder cannot be written, GitError when it is no repository.
    """
    folder, shared = _folder(repository)
    told = Told(inbox, project_id)
    paths = tuple(folder / name for name in hook_names(repository))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            _add(path, told, _guard(repository) if shared else "")
    except OSError as error:
        raise UnavailableError(
            f"cannot write the hook {error.filename or folder}: {error.strerror}",
            hint="add the project with --no-hook: the repository is looked at from time to time",
        ) from error
    return paths


def uninstall(repository: Path, inbox: Path, project_id: int) -> None:
    """Take our line out of the hooks, and our hooks away when they tell nobody any more. What is not there is fine."""
    folder, _ = _folder(repository)
    for name in (RECEIVE, *LOCAL):
        path = folder / name
        if _is_ours(path):
            _take_out(path, Told(inbox, project_id))


def inspect(repository: Path, inbox: Path, project_id: int) -> tuple[HookState, ...]:
    """How each hook stands, for `drivetrain doctor`."""
    folder, _ = _folder(repository)
    return tuple(_inspect(folder / name, Told(inbox, project_id)) for name in hook_names(repository))


def hook_names(repository: Path) -> tuple[str, ...]:
    """A bare repository is pushed to; a working one is committed to as well."""
    bare = text_of(git(["rev-parse", "--is-bare-repository"], cwd=repository)).strip() == "true"
    return (RECEIVE,) if bare else (RECEIVE, *LOCAL)


def _folder(repository: Path) -> tuple[Path, bool]:
    """Where hooks lie, and whether the folder may serve other repositories too (core.hooksPath).

    https://git-scm.com/docs/githooks
    """
    # Our own environment sets core.hooksPath for safety, so the repository is asked without it.
    without = {f"GIT_CONFIG_VALUE_{index}": value for index, value in enumerate(CONFIG.values())}
    without["GIT_CONFIG_KEY_0"] = "drivetrain.unused"
    common = Path(text_of(git(["rev-parse", "--git-common-dir"], cwd=repository)).strip())
    named = git(["config", "--type=path", "--default", "", "core.hooksPath"], cwd=repository, env=without)
    configured = text_of(named).removesuffix("\n")
    if not configured:
        return (repository / common).resolve() / "hooks", False
    bare = text_of(git(["rev-parse", "--is-bare-repository"], cwd=repository)).strip() == "true"
    start = (repository / common) if bare else Path(_top(repository))
    return (start / configured).resolve(), True


def _top(repository: Path) -> str:
    return text_of(git(["rev-parse", "--show-toplevel"], cwd=repository)).removesuffix("\n")


def _guard(repository: Path) -> str:
    """A shell test in front of our line: a folder of hooks that several repositories share must not mix them up."""
    common = Path(text_of(git(["rev-parse", "--git-common-dir"], cwd=repository)).strip())
    real = _quote((repository / common).resolve())
    return f'[ "$(cd "$(git rev-parse --git-common-dir)" && pwd -P)" != {real} ] || '


def _quote(path: Path) -> str:
    return shlex.quote(os.fspath(path))


def _text(hook: str, calls: Sequence[str]) -> str:
    received = hook == RECEIVE
    head = HEAD.format(mark=MARK, hook=hook, lines=LINES_RECEIVED if received else LINES_LOCAL)
    tail = (TAIL_RECEIVED if received else TAIL_LOCAL).format(aside=ASIDE)
    return head + "".join(f"{call}\n" for call in calls) + tail


def _calls(path: Path) -> list[str]:
    text = path.read_text("utf-8", "surrogateescape")
    return [found[0] for found in _TELL.finditer(text)]


def _told(call: str) -> Told:
    found = _TELL.fullmatch(call)
    assert found is not None  # noqa: S101 - it came from this very pattern
    return Told(Path(shlex.split(found["inbox"])[0]), int(found["id"]))


def _is_ours(path: Path) -> bool:
    try:
        return MARK in path.read_text("utf-8", "surrogateescape")
    except (FileNotFoundError, IsADirectoryError):
        return False


def _add(path: Path, told: Told, guard: str) -> None:
    calls = _calls(path) if _is_ours(path) else []
    if not _is_ours(path) and (path.exists() or path.is_symlink()):
        _move_aside(path)
    kept = [call for call in calls if _told(call) != told]
    _write(path, [*kept, f"{guard}tell {_quote(told.inbox)} {told.project_id}"])


def _move_aside(path: Path) -> None:
    aside = path.with_name(path.name + ASIDE)
    if aside.exists() or aside.is_symlink():
        raise UnavailableError(
            f"{path} is not ours, and {aside.name} beside it holds an earlier hook",
            hint=f"make one hook of the two by hand and remove {aside.name}; or add the project with --no-hook",
        )
    path.rename(aside)


def _take_out(path: Path, told: Told) -> None:
    calls = [call for call in _calls(path) if _told(call) != told]
    if calls:
        _write(path, calls)
        return
    path.unlink()
    aside = path.with_name(path.name + ASIDE)
    if aside.exists() or aside.is_symlink():
        aside.rename(path)


def _write(path: Path, calls: Sequence[str]) -> None:
    """Replace the hook at once: a push that comes meanwhile runs the old one or the new one, never half of one."""
    text = _text(path.name, calls)
    if path.exists() and path.read_text("utf-8", "surrogateescape") == text and os.access(path, os.X_OK):
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8", "surrogateescape")
    fresh.chmod(0o755)
    fresh.replace(path)


def _inspect(path: Path, told: Told) -> HookState:
    if not path.exists():
        return HookState(path, ours=False, why="it is not there")
    if not _is_ours(path):
        return HookState(path, ours=False, why="another hook has taken its place")
    if told not in [_told(call) for call in _calls(path)]:
        return HookState(path, ours=False, why="it tells another home or project")
    if not os.access(path, os.X_OK):
        return HookState(path, ours=False, why="it is not executable")
    return HookState(path, ours=True)
