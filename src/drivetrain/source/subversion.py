"""Reads Subversion: a folder of a repository becomes a git mirror of ours, with a commit for each of its revisions.

So all that comes after, triggers by path, plans and checkouts, reads one kind of repository. The commits say exactly
what `svn checkout` would give, keywords and line ends included; what git cannot hold, empty folders and what
`svn:externals` names, is left out. The mirror begins with the revision at which it was made: what was before starts no
runs.

Needs the `svn` client, 1.10 or newer. A password goes to its standard input, never to its arguments.
https://svnbook.red-bean.com/en/1.8/svn.ref.svn.html
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.source.access import host_of, ssh_command
from drivetrain.source.git import (
    FETCH_SECONDS,
    READ_SECONDS,
    GitError,
    RefusedError,
    environment,
    git,
    text_of,
    without_credentials,
)
from drivetrain.source.refusals import refusal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from drivetrain.source.access import Access

SCHEMES = ("svn://", "svn+ssh://", "svn+https://", "svn+http://", "svn+file://")
"""How the url of a Subversion repository begins. `svn+https://` is `https://` to svn, but may be git's as well."""
WEB = re.compile(r"svn\+(?=(?:https?|file)://)")
TRAILER = "git-svn-id"
"""As git-svn has it, so that its tools can read these commits."""
MOST_REVISIONS = 500
"""How many are asked for at once."""
EVERYTHING = "* -text -filter -ident -working-tree-encoding\n"
"""Attributes that keep git from changing files as it takes them in: svn has done all that is to be done."""
_ALONE = ("--non-interactive", "--no-auth-cache")
_OWN_SSH = "ssh -oBatchMode=yes -oConnectTimeout=20"
_REDIRECTED = re.compile(r"^Redirecting to URL '(.*)':$", re.MULTILINE)
_TRAILER = re.compile(rf"{TRAILER}: (?P<url>\S+)@(?P<revision>\d+) (?P<uuid>\S+)")
_GONE = re.compile(r"W170000|E160013|E200009|W160013|non-existent in revision|path not found", re.IGNORECASE)
_UNFIT = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(?=/|$)|(?<=/)\.|^[./-]|[/.]$|^@$")
_NOT_IN_NAMES = re.compile(r"[<>\x00-\x1f\x7f]")


def is_subversion(url: str) -> bool:
    """Whether a project's url is one of a Subversion repository."""
    return url.startswith(SCHEMES)


class Folder(Struct, frozen=True):
    """A folder of a repository as it is now."""

    url: str
    """As svn knows it."""
    uuid: str
    """Of the repository."""
    branch: str
    """Its path from the root: `trunk`, `branches/next`; a name that git takes."""
    revision: int
    """The last one that changed something in it."""


class Revision(Struct, frozen=True):
    """What one commit to a folder says of itself."""

    number: int
    author: str
    date: str
    """ISO 8601, UTC."""
    message: str


class Taken(Struct, frozen=True):
    """Up to where a mirror has taken a folder in."""

    sha: str
    uuid: str
    revision: int


class Svn:
    """The `svn` command for one url: nothing is ever asked, kept, or believed of an unknown certificate."""

    def __init__(self, url: str, access: Access | None) -> None:
        self._host = host_of(url)
        self.url, self._port = _without_port(WEB.sub("", url))
        self._access = access

    def folder(self) -> Folder | None:
        """The folder now; None when there is no such thing in the repository (any more). Raises GitError."""
        self._refuse_redirect()
        try:
            entry = _only(_xml(self.run("info", "--xml", f"{self.url}@")), "entry")
        except GitError as error:
            if _GONE.search(error.message):
                return None
            raise
        relative = unquote(entry.findtext("relative-url", "")).removeprefix("^/")
        branch = _UNFIT.sub("-", relative) or "root"
        uuid = entry.findtext("repository/uuid", "")
        return Folder(entry.findtext("url", ""), uuid, branch, int(_only(entry, "commit").get("revision", "0")))

    def log(self, first: int, last: int) -> Iterator[Revision]:
        """What happened in the folder from one revision to another, oldest first; not what it was copied from."""
        while first <= last:
            limits = ["-r", f"{first}:{last}", f"--limit={MOST_REVISIONS}", "--stop-on-copy"]
            entries = _xml(self.run("log", "--xml", *limits, f"{self.url}@{last}")).findall("logentry")
            yield from map(_revision, entries)
            if len(entries) < MOST_REVISIONS:
                return
            first = int(entries[-1].get("revision", "0")) + 1

    def place(self, folder: Path, number: int) -> None:
        """Have the folder's content as of a revision in a working copy. Raises GitError."""
        options = ["--quiet", "--ignore-externals", "-r", str(number)]
        if (folder / ".svn").is_dir():
            with suppress(GitError):
                self.run("update", *options, "--force", "--accept=theirs-full", str(folder), seconds=FETCH_SECONDS)
                return
        _remove(folder)
        self.run("checkout", *options, f"{self.url}@{number}", str(folder), seconds=FETCH_SECONDS)

    def run(self, *args: str, seconds: float = READ_SECONDS) -> bytes:
        """What svn writes. Raises GitError when it fails or takes too long, RefusedError when it is not let in."""
        login, key = (self._access.login, self._access.key) if self._access else (None, None)
        words, said = ["svn", *args, *_ALONE], b""
        if login:
            words += ["--username", login.username, "--password-from-stdin"]
            said = login.password.encode()
        port = f" -p {self._port}" if self._port else ""
        if key is None:
            return self._run(
                words, said, seconds, {"SVN_SSH": (os.environ.get("SVN_SSH") or _OWN_SSH) + port} if port else {}
            )
        with ssh_command(key) as command:
            return self._run(words, said, seconds, {"SVN_SSH": command + port})

    def _run(self, words: Sequence[str], said: bytes, seconds: float, more: dict[str, str]) -> bytes:
        done = _done(words, said, seconds, more)
        if done.returncode:
            raise self._complaint(words[1], text_of(done.stderr))
        return done.stdout

    def _refuse_redirect(self) -> None:
        """Ask without the password first: svn would take it along to wherever it is sent on, in the clear as well."""
        if self._access is None or self._access.login is None or not self.url.startswith(("https://", "http://")):
            return
        said = text_of(_done(["svn", "info", f"{self.url}@", *_ALONE], b"", READ_SECONDS, {}).stdout)
        found = _REDIRECTED.search(said)
        if found:
            words = f"{self._host} sends on to {without_credentials(found[1])}, and the password stays here"
            raise RefusedError(words, hint="add the project with that address, if it is right")

    def _complaint(self, verb: str, said: str) -> GitError:
        found = refusal(said, self._host, self._access)
        if found:
            return RefusedError(found.words, hint=found.hint)
        text = without_credentials(said.strip()) or "no message"
        return GitError(f"svn {verb} failed: {text}", hint="svn's own words; `drivetrain doctor` looks at projects")


class SubversionMirror:
    """A bare git repository beside a working copy; whoever calls it holds the lock of the mirror."""

    def __init__(self, path: Path, svn: Svn) -> None:
        self._path = path
        self._files = path.with_suffix(".svn")
        self._svn = svn

    def follow(self) -> dict[str, str]:
        """Take in what is new; the one branch with its commit, nothing when there is no folder. Raises GitError."""
        folder = self._svn.folder()
        if folder is None:
            return {}
        self._make()
        ref = f"refs/heads/{folder.branch}"
        taken = taken_at(self._path, ref)
        if taken is None or taken.uuid != folder.uuid or taken.revision > folder.revision:
            # Another repository has taken its place, or an older copy of it: nothing here leads on to it.
            _remove(self._files)
            taken = Taken("", folder.uuid, folder.revision - 1)
        for revision in self._svn.log(taken.revision + 1, folder.revision):
            taken = self._take(folder, ref, revision, taken.sha)
        return {ref: taken.sha} if taken.sha else {}

    def _make(self) -> None:
        if (self._path / "HEAD").is_file():
            return
        git(["init", "--quiet", "--bare", "--template=", "--", str(self._path)])
        (self._path / "info").mkdir(exist_ok=True)
        (self._path / "info" / "attributes").write_text(EVERYTHING, "ascii")

    def _take(self, folder: Folder, ref: str, revision: Revision, parent: str) -> Taken:
        """Make the commit of a revision. Made again, it is the same: all in it comes from the revision."""
        self._svn.place(self._files, revision.number)
        place = {"GIT_DIR": str(self._path), "GIT_WORK_TREE": str(self._files), "GIT_CONFIG_GLOBAL": "/dev/null"}
        place |= {"GIT_CONFIG_SYSTEM": "/dev/null"}
        # `.svn` is svn's own, and a `.git` in a folder is to be no submodule.
        except_for = [":(top,exclude).svn", ":(top,exclude,glob)**/.git", ":(top,exclude,glob)**/.git/**"]
        git(["add", "--all", "--force", "--", ".", *except_for], cwd=self._files, env=place, seconds=FETCH_SECONDS)
        tree = text_of(git(["write-tree"], env=place)).strip()
        parents = ["-p", parent] if parent else []
        message = f"{_message(revision)}\n\n{TRAILER}: {folder.url}@{revision.number} {folder.uuid}\n"
        made = git(["commit-tree", tree, *parents], env=place | _who(revision, folder), stdin=message.encode())
        sha = text_of(made).strip()
        moves = f"update {ref} {sha}\nupdate {name_of(revision.number)} {sha}\n"
        git(["update-ref", "--stdin"], env=place, stdin=moves.encode())
        return Taken(sha, folder.uuid, revision.number)


def _done(
    words: Sequence[str], said: bytes, seconds: float, more: dict[str, str]
) -> subprocess.CompletedProcess[bytes]:
    import subprocess  # noqa: PLC0415 - what reads files as they stand, such as lint, never asks svn

    env = environment() | {"TZ": "UTC"} | more  # `$Date$` is written in the time of this machine
    try:
        return subprocess.run(words, input=said, env=env, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise GitError(f"svn {words[1]} took longer than {seconds:.0f} s", hint="is the host reachable?") from error
    except FileNotFoundError as error:
        raise GitError("there is no svn command", hint="install Subversion's client, 1.10 or newer") from error


def _without_port(url: str) -> tuple[str, int | None]:
    """A url of svn+ssh without its port, which svn would take for a part of the host's name; and the port."""
    if not url.startswith("svn+ssh://"):
        return url, None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise GitError(f"{url!r} is no address", hint="write svn+ssh://USER@HOST:PORT/PATH") from error
    name = parts.netloc.rpartition(":")[0]
    return (url if port is None else parts._replace(netloc=name).geturl()), port


def taken_at(repo: Path, ref: str) -> Taken | None:
    """Up to where a branch of a mirror has come; None when it is not there."""
    with suppress(GitError):
        sha = text_of(git(["rev-parse", "--verify", "--quiet", "--end-of-options", ref], cwd=repo)).strip()
        found = _TRAILER.fullmatch(
            text_of(git(["log", "-1", "--format=%B", sha, "--"], cwd=repo)).rstrip().split("\n")[-1]
        )
        return Taken(sha, found["uuid"], int(found["revision"])) if found else None
    return None


def name_of(revision: int) -> str:
    """The ref of a mirror that keeps a revision's commit."""
    return f"refs/svn/{revision}"


def as_revision(text: str) -> str:
    """What a mirror calls a revision that a person names, `17` or `r17`; other names stay. Raises UserError for one
    that no repository has.
    """
    found = re.fullmatch(r"r?(\d{1,9})", text)
    if found is None:
        return text
    if int(found[1]) == 0:
        raise UserError("revision 0 of Subversion holds nothing", hint="name a later one")
    return name_of(int(found[1]))


def revision_of(repo: Path, sha: str) -> str:
    """The revision whose commit this is; empty when it is none."""
    found = taken_at(repo, sha)
    return str(found.revision) if found else ""


def _remove(folder: Path) -> None:
    import shutil  # noqa: PLC0415 - what reads files as they stand, such as lint, removes nothing

    shutil.rmtree(folder, ignore_errors=True)


def _message(revision: Revision) -> str:
    return revision.message.strip() or f"Revision {revision.number}"


def _who(revision: Revision, folder: Folder) -> dict[str, str]:
    """Author, committer and their time as git wants them, the same on every machine."""
    name = _NOT_IN_NAMES.sub(" ", revision.author).strip() or "(no author)"
    when = revision.date or "1970-01-01T00:00:00Z"
    one = {"NAME": name, "EMAIL": f"{name.replace(' ', '.')}@{folder.uuid}", "DATE": f"{when[:19]}Z"}
    return {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in one.items()}


def _revision(entry: Element) -> Revision:
    texts = (entry.findtext(name, "") for name in ("author", "date", "msg"))
    return Revision(int(entry.get("revision", "0")), *texts)


def _xml(text: bytes) -> Element:
    from xml.etree.ElementTree import ParseError, fromstring  # noqa: PLC0415 - for projects of Subversion only

    try:
        return fromstring(text)  # noqa: S314 - written by the svn command, which writes no entities
    except ParseError as error:
        raise GitError(f"what svn writes cannot be read: {error}", hint="svn 1.10 or newer is needed") from error


def _only(parent: Element, name: str) -> Element:
    found = parent.find(name)
    if found is None:
        raise GitError(f"svn says nothing of the {name}", hint="svn 1.10 or newer is needed")
    return found
