"""Reads git repositories by the `git` command: no shell, no hooks, no prompts, and nothing hostile as an option."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.source.access import anonymous, handing, host_of, login_of, no_access, ssh_command
from drivetrain.source.locking import held, locked, note_use
from drivetrain.source.model import Commit
from drivetrain.source.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from drivetrain.source.access import Access, AccessTo, Handing

READ_SECONDS = 60.0
FETCH_SECONDS = 1800.0
MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_COMMITS = 1000
ZERO = re.compile(r"0*")
SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
WATCHED = ("refs/heads/", "refs/tags/")
_CREDENTIALS = re.compile(r"(?<=://)[^/\s]+@")

CONFIG = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "safe.directory": "*",
    "gc.auto": "0",  # a mirror keeps commits that a force push took away: runs may still want them
    "log.showSignature": "false",
    "i18n.logOutputEncoding": "utf-8",
    "http.lowSpeedLimit": "1",  # what is left of a command that took too long ends by itself
    "http.lowSpeedTime": "120",
}
"""Set for every command; it wins over the repository's and the user's own."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a git command: ours without what a surrounding git hook has put there, never asking."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _PASSED}
    kept |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh"}
    kept |= {"GIT_ASKPASS": "", "SSH_ASKPASS": "", "LC_ALL": "C.UTF-8", "GIT_CONFIG_COUNT": str(len(CONFIG))}
    kept.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=15")
    for index, (key, value) in enumerate(CONFIG.items()):
        kept |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return kept | dict(extra or {})


_PASSED = frozenset({"GIT_SSH_COMMAND", "GIT_SSH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_SSL_CAINFO"})


class GitError(UnavailableError):
    """A git command failed; the message is git's own, without credentials."""


class RefusedError(GitError):
    """The remote does not let us in; the hint says which right is missing."""


def without_credentials(text: str) -> str:
    """The text with `user:password@` taken out of every URL."""
    return _CREDENTIALS.sub("", text)


def lent(handed: Handing) -> dict[str, str]:
    """The variables that a git command is lent for one remote, for `environment`."""
    found = {"GIT_CONFIG_COUNT": str(len(CONFIG) + len(handed.config)), **dict(handed.variables)}
    for index, (key, value) in enumerate(handed.config, len(CONFIG)):
        found |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return found


@contextmanager
def reaching(url: str, access: Access | None = None) -> Iterator[tuple[str, dict[str, str]]]:
    """The url as it may stand on a command line, and the environment that signs in to its host, to that one alone and
    only within the block: by a connection, else by the password in the url, else as the user's own git does.

    Raises NoAccessError; and RefusedError in place of a GitError whose words say what to do about it.
    """
    place, login = login_of(url)
    if access is not None and place.startswith("http"):
        place, login = without_credentials(place), access.login
    handed = anonymous() if access and access.anonymous else handing(place, login)
    try:
        with ssh_command(access.key) if access and access.key else nullcontext("") as command:
            env = lent(handed)
            yield place, env | ({"GIT_SSH_COMMAND": command} if command else {})
    except GitError as error:
        found = refusal(error.message, host_of(place), access)
        if found is None:
            raise
        raise RefusedError(found.words, hint=found.hint) from error


def git(
    args: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float = READ_SECONDS,
    stdin: bytes = b"",
    codes: Sequence[int] = (0,),
) -> bytes:
    """Run git and give back what it wrote. Raises GitError when it ends with another code, or takes too long."""
    import subprocess  # noqa: PLC0415 - what reads files as they stand, such as lint, never asks git

    try:
        done = subprocess.run(
            ["git", *args],
            cwd=cwd,
            env=environment(env),
            input=stdin,
            capture_output=True,
            timeout=seconds,
            check=False,
            pass_fds=held(),
        )
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git {args[0]} took longer than {seconds:.0f} s", hint="is the host reachable?") from error
    except FileNotFoundError as error:
        missing = cwd if cwd is not None and not cwd.is_dir() else "the git command"
        raise GitError(f"{missing} is not there", hint="install git 2.20 or newer, or mend the path") from error
    if done.returncode not in codes:
        raise GitError(_complaint(args, done.stderr), hint="git's own words; `drivetrain doctor` checks git")
    return done.stdout


def _complaint(args: Sequence[str], stderr: bytes) -> str:
    text = without_credentials(stderr.decode("utf-8", "replace").strip())
    return f"git {args[0]} failed: {text or 'no message'}"


def text_of(output: bytes) -> str:
    """Git's output as text; bytes that are no UTF-8 are replaced, not refused."""
    return output.decode("utf-8", "replace")


def is_zero(sha: str) -> bool:
    """Whether a sha stands for "not there": empty or all zeros."""
    return ZERO.fullmatch(sha) is not None


def checked_sha(sha: str) -> str:
    """The sha, when it is one: nothing else may reach a command line. Raises UserError."""
    if not SHA.fullmatch(sha):
        raise UserError(f"{sha!r} is not a commit id", hint="give all 40 hexadecimal digits")
    return sha


def is_local(url: str) -> bool:
    """Whether a project's url is a folder of this machine."""
    return url.startswith("/")


class Git:
    """Reads repositories; remote ones through bare mirrors that it keeps in `mirrors`. Any thread may call it."""

    def __init__(self, mirrors: Path, access: AccessTo = no_access, *, seconds: float = READ_SECONDS) -> None:
        """`access` is asked anew for every command: a secret that was changed counts at once. `seconds` is how long a
        host may take to say where its refs are.
        """
        self._mirrors = mirrors
        self._access = access
        self._seconds = seconds

    def reached(self, url: str) -> AbstractContextManager[tuple[str, dict[str, str]]]:
        """`reaching` the url by the connection that is named for it."""
        return reaching(url, self._access(url))

    def refs(self, url: str) -> dict[str, str]:
        """Branches and tags with what they point to (an annotated tag: the tag object). Raises GitError."""
        if is_local(url):
            listing = git(["for-each-ref", "--format=%(objectname) %(refname)", *WATCHED], cwd=Path(url))
            return _parse_refs(listing, b" ")
        with self.reached(url) as (place, env):
            return _parse_refs(
                git(["ls-remote", "--heads", "--tags", "--", place], env=env, seconds=self._seconds), b"\t"
            )

    def default_branch(self, url: str) -> str:
        """The short name of the branch that HEAD names, `main` when it names none. Raises GitError."""
        if is_local(url):
            head = text_of(git(["rev-parse", "--git-dir"], cwd=Path(url))).strip()
            text = (Path(url) / head / "HEAD").read_text("utf-8", "replace")
            return text.partition("refs/heads/")[2].strip() or "main"
        with self.reached(url) as (place, env):
            listing = text_of(git(["ls-remote", "--symref", "--", place, "HEAD"], env=env, seconds=self._seconds))
        found = re.match(r"ref: refs/heads/(\S+)\tHEAD", listing)
        return found[1] if found else "main"

    def mirror(self, url: str) -> Path:
        """A local repository that has what the url has now: the folder itself, or a mirror brought up to date."""
        if is_local(url):
            return Path(url)
        path = self.mirror_path(url)
        with locked(path), self.reached(url) as (place, env):
            _init(path)
            refspecs = [f"+{prefix}*:{prefix}*" for prefix in WATCHED]
            words = ["fetch", "--quiet", "--prune", "--no-tags", "--", place, *refspecs]
            git(words, cwd=path, env=env, seconds=FETCH_SECONDS)
        return path

    def own_mirror(self, url: str) -> Path:
        """A bare repository of ours for the url, to write into: its mirror as it is; for a folder of this machine one
        that sees all that the folder has. Raises GitError.
        """
        path = self.mirror_path(url)
        with locked(path):
            _init(path)
            if is_local(url):
                share_objects(path, Path(url))
        return path

    def fetch_also(self, url: str, name: str) -> None:
        """Bring what is neither branch nor tag into the mirror of a remote url: `refs/pull/1/merge`, or a commit by its
        id where the host gives such. Raises GitError.
        """
        path = self.mirror_path(url)
        wanted = f"+{name}:{name}" if name.startswith("refs/") else checked_sha(name)
        with locked(path), self.reached(url) as (place, env):
            git(["fetch", "--quiet", "--no-tags", "--", place, wanted], cwd=path, env=env, seconds=FETCH_SECONDS)

    def mirror_path(self, url: str) -> Path:
        """Where the mirror of a remote url lies."""
        import hashlib  # noqa: PLC0415 - what reads files as they stand, such as lint, needs no mirror

        name = re.sub(r"[^A-Za-z0-9.]+", "-", without_credentials(url).partition("://")[2] or url).strip("-.")[-60:]
        return self._mirrors / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}.git"

    def repository(self, url: str, sha: str) -> Path:
        """A local repository that holds the commit, fetched only when it is not there yet. Raises GitError."""
        path = Path(url) if is_local(url) else self.mirror_path(url)
        if not path.is_dir() or not has_commit(path, sha):
            return self.mirror(url)
        if not is_local(url):
            note_use(path)
        return path


def _init(path: Path) -> None:
    if not (path / "HEAD").is_file():
        git(["init", "--quiet", "--bare", "--template=", "--", str(path)])


def _parse_refs(listing: bytes, separator: bytes) -> dict[str, str]:
    rows = (line.partition(separator) for line in listing.splitlines())
    pairs = ((text_of(name), sha.decode("ascii", "replace")) for sha, _, name in rows)
    return {name: sha for name, sha in pairs if name.startswith(WATCHED) and not name.endswith("^{}")}


@cache
def version() -> tuple[int, int]:
    """Major and minor version of the git command. Raises GitError when it is not there."""
    found = re.search(r"(\d+)\.(\d+)", text_of(git(["--version"])))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def share_objects(repository: Path, source: Path) -> None:
    """Let a repository see all objects of another of this machine, also where the history of that is cut off
    (`git clone --depth`). Raises GitError when `source` is none.
    """
    folder = git_folder(source)
    (repository / "objects" / "info" / "alternates").write_bytes(os.fsencode(folder / "objects") + b"\n")
    if (folder / "shallow").is_file():
        (repository / "shallow").write_bytes((folder / "shallow").read_bytes())


def git_folder(path: Path) -> Path:
    """The folder with the objects of a local repository, also of a linked work tree. Raises GitError."""
    found = text_of(git(["rev-parse", "--git-common-dir"], cwd=path)).rstrip("\n")
    return Path(os.path.realpath(path / found))


def has_commit(repo: Path, sha: str) -> bool:
    """Whether the repository holds the commit (or a tag of one)."""
    try:
        git(["cat-file", "-e", f"{checked_sha(sha)}^{{commit}}"], cwd=repo)
    except GitError:
        return False
    return True


def commit_sha(repo: Path, revision: str) -> str:
    """The commit that a sha, branch or tag names. Raises NotFoundError."""
    try:
        found = git(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"], cwd=repo)
    except GitError as error:
        raise NotFoundError(f"{revision!r} names no commit in {repo}", hint="`git log` lists commits") from error
    return text_of(found).strip()


def commit(repo: Path, sha: str) -> Commit:
    """What a run shows of its commit. A tag stands for its commit. Raises GitError."""
    selection = f"{checked_sha(sha)}^{{commit}}"
    fields = git(["log", "-1", "-z", "--format=%H%x00%s%x00%an%x00%ae", selection, "--"], cwd=repo)
    return Commit(*text_of(fields).removesuffix("\0").split("\0"))


def messages_between(repo: Path, old: str, new: str) -> tuple[str, ...]:
    """The whole messages of what `new` has and `old` has not."""
    selection = [f"-{MAX_COMMITS}", f"{checked_sha(old)}..{checked_sha(new)}"]
    texts = text_of(git(["log", "-z", "--format=%B", *selection, "--"], cwd=repo)).split("\0")
    return tuple(text.strip() for text in texts if text.strip())


def message(repo: Path, sha: str) -> str:
    """The whole message of one commit."""
    return text_of(git(["log", "-1", "--format=%B", f"{checked_sha(sha)}^{{commit}}", "--"], cwd=repo))


def changed_paths(repo: Path, old: str, new: str) -> tuple[str, ...]:
    """Files that differ; a renamed one counts at both places."""
    selection = [f"{checked_sha(old)}^{{commit}}", f"{checked_sha(new)}^{{commit}}"]
    return _paths(git(["diff-tree", "-r", "-z", "--name-only", "--no-renames", *selection, "--"], cwd=repo))


def all_paths(repo: Path, sha: str) -> tuple[str, ...]:
    """Every file of a commit."""
    return _paths(git(["ls-tree", "-r", "-z", "--name-only", f"{checked_sha(sha)}^{{commit}}"], cwd=repo))


def _paths(output: bytes) -> tuple[str, ...]:
    return tuple(text_of(path) for path in output.split(b"\0") if path)


def merge_base(repo: Path, one: str, other: str) -> str:
    """The commit where two parted, empty when they never met."""
    try:
        return text_of(git(["merge-base", checked_sha(one), checked_sha(other)], cwd=repo)).strip()
    except GitError:
        return ""


def read_file(repo: Path, sha: str, path: str) -> bytes:
    """A file as it is at a commit. Raises NotFoundError when it is not there, UserError for a path that climbs."""
    clean = PurePosixPath(path.replace("\\", "/").lstrip("/"))
    if ".." in clean.parts:
        raise UserError(f"{path!r} leaves the repository", hint="give a path from the root of the repository")
    name = f"{checked_sha(sha)}:{clean}"
    try:
        size = int(git(["cat-file", "-s", name], cwd=repo))
        if size > MAX_FILE_BYTES:
            raise UserError(f"{clean} has {size} bytes at {sha[:8]}: too large", hint="is it the pipeline file?")
        return git(["cat-file", "blob", name], cwd=repo)
    except GitError as error:
        if not has_commit(repo, sha):
            raise
        raise NotFoundError(
            f"{clean} is not in commit {sha[:8]}", hint="commit it, or name another: drivetrain project add --file"
        ) from error
