"""The repository of a checkout, written by hand: `git init`, `config` and `fetch` would cost more than all the rest.

It is a whole repository of its own, which borrows objects from the local one that has the commit; what a script commits
stays in it. Its refs are those that the Azure agent's fetch leaves.
https://git-scm.com/docs/gitrepository-layout
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from msgspec import Struct

from drivetrain.errors import UserError

BRANCHES, TAGS, PULLS = "refs/heads/", "refs/tags/", "refs/pull/"
_SHA256_DIGITS = 64
_MOST_LENDERS = 16
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\b": "\\b"}


class Origin(Struct, frozen=True):
    """Where a repository comes from."""

    url: str
    """What `git remote` shows; without credentials."""
    lender: Path
    """The local repository whose objects are shared: a mirror, a snapshot, or the user's own."""
    sha: str
    ref: str
    """In full: `refs/heads/main`; empty where only a commit is known."""

    @property
    def tracking(self) -> str:
        """What the ref is called in a checkout, as the agent calls it; empty for a tag, which is not fetched.

        `GetRemoteRefName` of GitSourceProvider.cs in https://github.com/microsoft/azure-pipelines-agent
        """
        if self.ref.startswith(BRANCHES):
            return f"refs/remotes/origin/{self.ref.removeprefix(BRANCHES)}"
        if self.ref.startswith(PULLS):
            return f"refs/remotes/pull/{self.ref.removeprefix(PULLS)}"
        return ""


def git_folder(repository: Path) -> Path:
    """The folder of a repository that has its objects, also of a linked work tree. Raises UserError."""
    for folder in (repository, repository / ".git"):
        if folder.is_file():
            folder = Path(repository, folder.read_text("utf-8").removeprefix("gitdir:").strip())  # noqa: PLW2901
        common = folder / "commondir"
        found = folder / common.read_text("utf-8").strip() if common.is_file() else folder
        if (found / "objects").is_dir():
            return Path(os.path.normpath(found))
    raise UserError(
        f"there is no git repository at {repository}", hint="was it moved? `drivetrain doctor` checks the mirrors"
    )


def lent_folders(repository: Path) -> list[Path]:
    """The folders with objects that a checkout of a repository borrows from: its own, and those that it borrows from in
    its turn. None where there is no repository.
    """
    try:
        found = [git_folder(repository) / "objects"]
    except UserError:
        return []
    for folder in found:  # grows meanwhile
        further = folder / "info" / "alternates"
        if further.is_file() and len(found) < _MOST_LENDERS:
            found += [folder / line for line in further.read_text("utf-8").splitlines() if line]
    return [folder for folder in found if folder.is_dir()]


def lay_out(folder: Path, origin: Origin, *, work_tree: str = "") -> None:
    """Make `folder` a git folder without commits; of one that is there already, the settings stay, and what it knew of
    another origin goes. Raises UserError when nobody lends objects.

    Args:
        folder: what is called `.git` at the top of a work tree.
        origin: where its objects and commits come from.
        work_tree: where the files are, counted from `folder`, when that is not what it lies in.
    """
    lender = git_folder(origin.lender)
    for part in ("objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags", "info"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    _borrow(folder, lender)
    if (folder / "HEAD").exists():
        shutil.rmtree(folder / "refs" / "remotes", ignore_errors=True)
        return
    (folder / "config").write_text(_config(folder, origin, work_tree), "utf-8")
    (folder / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")


def _borrow(folder: Path, lender: Path) -> None:
    shared = folder / "objects" / "info" / "alternates"
    before = shared.read_text("utf-8").splitlines() if shared.exists() else []
    shared.write_text("".join(f"{line}\n" for line in dict.fromkeys([*before, str(lender / "objects")])), "utf-8")
    if (lender / "shallow").is_file():  # its history is cut off, and so is ours
        (folder / "shallow").write_bytes((lender / "shallow").read_bytes())


def _config(folder: Path, origin: Origin, work_tree: str) -> str:
    """What `git init`, `git remote add` and the agent (`gc.auto`) would have written."""
    wide = len(origin.sha) == _SHA256_DIGITS
    core = {"repositoryformatversion": "1" if wide else "0", "filemode": "true", "bare": "false"}
    core["logallrefupdates"] = "true"
    if (folder / "oBjEcTs").exists():  # as git finds out that upper and lower case are one here
        core["ignorecase"] = "true"
    if sys.platform == "darwin":
        core["precomposeunicode"] = "true"
    if work_tree:
        core["worktree"] = work_tree
    sections = {"core": core}
    if wide:
        sections["extensions"] = {"objectformat": "sha256"}
    sections["gc"] = {"auto": "0"}
    if origin.url:
        sections['remote "origin"'] = {"url": origin.url, "fetch": "+refs/heads/*:refs/remotes/origin/*"}
    return "".join(section(title, values) for title, values in sections.items())


def section(title: str, values: dict[str, str]) -> str:
    """A section of a git configuration. https://git-scm.com/docs/git-config#_syntax"""
    return "".join([f"[{title}]\n", *(f"\t{name} = {_quoted(value)}\n" for name, value in values.items())])


def _quoted(value: str) -> str:
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in value if letter != "\0") + '"'


def write_refs(folder: Path, origin: Origin, listed: bytes) -> None:
    """Write the refs of a checkout into `packed-refs`, where they cost the same however many there are.

    Args:
        folder: the git folder.
        origin: where it comes from. Its own branch is at its commit, wherever it has gone meanwhile: a job that runs
            again sees the same.
        listed: lines `ID NAME`, with tags only where they are wanted.
    """
    packed = folder / "packed-refs"
    refs = _others(packed.read_bytes()) if packed.exists() else {}
    refs |= {_local(name): sha for sha, _, name in (line.partition(b" ") for line in listed.splitlines())}
    own = os.fsencode(origin.tracking)
    if own:
        # A name is not a folder of names as well: the branch that the run is of wins.
        refs = {name: sha for name, sha in refs.items() if not _clash(name, own)}
        refs[own] = origin.sha.encode("ascii")
    lines = [b"# pack-refs with: sorted \n", *(b"%s %s\n" % (refs[name], name) for name in sorted(refs))]
    packed.write_bytes(b"".join(lines))


def _others(packed: bytes) -> dict[bytes, bytes]:
    """The refs that are no other repository's: those that scripts have made."""
    lines = (line.partition(b" ") for line in packed.splitlines() if line[:1] not in b"#^")
    return {name: sha for sha, _, name in lines if not name.startswith(b"refs/remotes/")}


def _local(name: bytes) -> bytes:
    branch = name.removeprefix(b"refs/heads/")
    return name if branch == name else b"refs/remotes/origin/" + branch


def _clash(one: bytes, other: bytes) -> bool:
    return one.startswith(other + b"/") or other.startswith(one + b"/")
