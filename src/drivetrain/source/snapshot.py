"""The working tree as a commit, uncommitted and untracked files included, without a trace in the user's repository.

Objects go to a bare repository of ours, which borrows the user's objects; the index is a copy. The same content makes
the same commit id, so what is cached by commit stays cached.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.source.git import GitError, commit, environment, git, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.source.model import Commit

BRANCHES = "refs/heads/"
ADD_SECONDS = 600.0
NOBODY = ("Drivetrain", "drivetrain@localhost")


class Snapshot(Struct, frozen=True):
    """A commit that holds a working tree, and a local repository to fetch it from."""

    repo: Path
    root: Path
    """The top of the working tree."""
    ref: str
    """The branch that is checked out, in full; a detached HEAD or a plain folder counts as `refs/heads/main`."""
    commit: Commit
    dirty: bool
    """Whether it holds anything that is not committed."""
    warnings: tuple[str, ...] = ()
    """What git said of files that it could not take in."""


class _Tree(Struct, frozen=True):
    root: Path
    git_dir: Path
    """The user's, or ours for a folder that is no git repository."""
    objects: Path
    index: Path
    head: str
    """Empty before the first commit."""
    head_tree: str
    ref: str


def snapshot(folder: Path, store: Path, *, whole: bool = True) -> Snapshot:
    """Take the working tree that `folder` is in, or without `whole` the folder alone; `store` is a folder of ours for
    all snapshots. Raises UserError when the folder is not there, UnavailableError when git fails or `store` cannot be
    written.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder", hint="go to the folder of the project, or name its pipeline file")
    try:
        tree = _find(folder.resolve())
        if tree is not None and tree.root != folder.resolve() and not whole:
            tree = None
        ours = _our_repository(tree, folder.resolve(), store)
        return _take(tree or _plain(folder.resolve(), ours), ours)
    except OSError as error:
        raise UnavailableError(f"cannot keep a snapshot in {store}: {error}", hint="drivetrain doctor") from error


def _find(folder: Path) -> _Tree | None:
    places = ["--show-toplevel", "--absolute-git-dir", "--git-path", "objects", "--git-path", "index"]
    try:
        # One git process for all there is to know; before the first commit there is no HEAD to ask for.
        found = _ask(folder, [*places, "HEAD", "HEAD^{tree}", "--symbolic-full-name", "HEAD"]) or _ask(folder, places)
    except NotFoundError:
        return None
    root, git_dir, objects, index = (Path(line) for line in found[:4])
    head, head_tree, ref = found[4:] or ("", "", text_of(git(["symbolic-ref", "--quiet", "HEAD"], cwd=folder)).strip())
    ref = ref if ref.startswith(BRANCHES) else f"{BRANCHES}main"
    return _Tree(root, git_dir, (folder / objects).resolve(), (folder / index).absolute(), head, head_tree, ref)


def _ask(folder: Path, words: Sequence[str]) -> list[str]:
    """Git's answers, a line each; empty without a first commit. Raises NotFoundError outside of a work tree."""
    try:
        return text_of(git(["rev-parse", *words], cwd=folder)).splitlines()
    except GitError as error:
        if "HEAD" in words:
            return []
        raise NotFoundError(f"{folder} is in no git work tree") from error


def _plain(folder: Path, ours: Path) -> _Tree:
    return _Tree(folder, ours, ours / "objects", ours / "index", "", "", f"{BRANCHES}main")


def _our_repository(tree: _Tree | None, folder: Path, store: Path) -> Path:
    """The bare repository for this working tree, made by hand because `git init` costs more than all the rest."""
    root = tree.root if tree else folder
    path = store / hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    if not (path / "HEAD").exists():
        for part in ("objects/info", "objects/pack", "refs/heads"):
            (path / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        (path / "config").write_text(
            "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[uploadpack]\n\tallowAnySHA1InWant = true\n", "utf-8"
        )
        (path / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    if tree:
        (path / "objects/info/alternates").write_bytes(os.fsencode(tree.objects) + b"\n")
    return path


def _take(tree: _Tree, ours: Path) -> Snapshot:
    index = ours / f"index.{os.getpid()}"
    with suppress(FileNotFoundError):  # a copy keeps git's knowledge of unchanged files, so only changed ones are read
        shutil.copy2(tree.index, index)
    try:
        env = _environment(tree, ours, index)
        warnings = _add(tree.root, env)
        written = text_of(git(["write-tree"], cwd=tree.root, env=env)).strip()
        if tree.git_dir == ours:
            index.replace(tree.index)
    finally:
        index.unlink(missing_ok=True)
    if tree.head and written == tree.head_tree:
        return Snapshot(tree.git_dir, tree.root, tree.ref, commit(tree.root, tree.head), dirty=False)
    sha = _commit(tree, written, env)
    name = ours / "refs/heads" / sha
    name.write_text(f"{sha}\n", "ascii")
    return Snapshot(ours, tree.root, tree.ref, commit(ours, sha), dirty=True, warnings=warnings)


def _environment(tree: _Tree, ours: Path, index: Path) -> dict[str, str]:
    named = {"GIT_DIR": tree.git_dir, "GIT_WORK_TREE": tree.root, "GIT_INDEX_FILE": index}
    named["GIT_OBJECT_DIRECTORY"] = ours / "objects"
    borrowed = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(tree.objects)} if tree.git_dir != ours else {}
    return {name: str(path) for name, path in named.items()} | borrowed


def _quoted(path: Path) -> str:
    # The variable is a list with colons between; git reads a quoted entry as one path.
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _add(root: Path, env: Mapping[str, str]) -> tuple[str, ...]:
    """Take in everything that is not ignored; a file that cannot be read is left out and named."""
    args = ["git", "-c", "core.bare=false", "-c", "advice.addEmbeddedRepo=false", "add", "--all", "--ignore-errors"]
    done = subprocess.run(
        [*args, "--", "."],
        cwd=root,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=ADD_SECONDS,
        check=False,
    )
    complaints = tuple(line for line in text_of(done.stderr).splitlines() if line.startswith(("error:", "fatal:")))
    if done.returncode > 1:
        full = "space" in text_of(done.stderr)  # git's own words differ: "No space left", "Out of diskspace"
        hint = "free some space on that disk" if full else "`git status` in that folder says more"
        raise GitError(f"git add failed: {' '.join(complaints)}", hint=hint)
    return complaints


def _commit(tree: _Tree, written: str, env: Mapping[str, str]) -> str:
    message = "Uncommitted changes"
    date = "@0 +0000"
    parents: list[str] = []
    if tree.head:
        shown = text_of(git(["log", "-1", "--format=%ct %s", tree.head, "--"], cwd=tree.root)).strip()
        seconds, _, subject = shown.partition(" ")
        date, message, parents = f"@{seconds} +0000", f"{subject} (with uncommitted changes)", ["-p", tree.head]
    dated = {**env, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    return _commit_tree(tree.root, [*parents, "-m", message, written], dated)


def _commit_tree(root: Path, args: Sequence[str], env: Mapping[str, str]) -> str:
    try:
        made = git(["-c", "user.useConfigOnly=true", "commit-tree", *args], cwd=root, env=env)
    except GitError:  # git knows no name for this user
        name, mail = NOBODY
        somebody = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail}
        somebody |= {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail}
        made = git(["commit-tree", *args], cwd=root, env={**env, **somebody})
    return text_of(made).strip()
