"""How a remote is signed in to: by a login or an SSH key that only the one git command gets, and only for its host.

A login is handed over by a credential helper rather than as a header: git sends an `http.extraHeader` of the first host
to the one that it is redirected to as well (https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader),
while it asks helpers for each host anew. Neither is ever part of a URL, an argument or a message.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

USER_VARIABLE, PASSWORD_VARIABLE = "DRIVETRAIN_GIT_USER", "DRIVETRAIN_GIT_PASSWORD"
HELPER = (
    '!f() { test "$1" = get || exit 0; '
    f'printf "username=%s\\npassword=%s\\n" "${USER_VARIABLE}" "${PASSWORD_VARIABLE}"; }}; f'
)
"""https://git-scm.com/docs/gitcredentials#_custom_helpers"""
FOLDER = "drivetrain-ssh-"
"""How the folder of a key begins; the process that it is for follows."""
_PASSWORD = re.compile(
    r"(?P<scheme>https?://)(?P<user>[^:/?#\s]*):(?P<password>[^/?#\s]*)@(?P<host>[^@/?#\s]+)(?P<rest>.*)"
)
_SITE = re.compile(r"https?://[^/?#\s]+")
_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[^@/:\s]+):.*", re.DOTALL)
_UNSENDABLE = re.compile(r"[\0\r\n]")


class Login(Struct, frozen=True):
    """A user with a password or token."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Login(...)"


class SshKey(Struct, frozen=True):
    """A private key, and which host keys are believed."""

    private: str
    """As OpenSSH or PEM files have it, not encrypted."""
    known_hosts: str
    """Lines of a known_hosts file; without any, the user's own file counts."""

    def __repr__(self) -> str:
        return "SshKey(...)"


class Access(Struct, frozen=True):
    """What a service connection gives for one remote."""

    connection: str
    """Its name."""
    login: Login | None = None
    key: SshKey | None = None
    needs: str = ""
    """Which right it must have, in its host's words."""
    anonymous: bool = False
    """Nobody signs in, the user's own git neither."""


ANONYMOUS = Access("", anonymous=True)


AccessTo = Callable[[str], Access | None]
"""By the URL of a remote; None where nobody named a connection. Raises NoAccessError."""


class NoAccessError(UnavailableError):
    """There are no credentials where there should be some; once somebody has seen to that, it works."""


class Handing(Struct, frozen=True):
    """What one git command gets: settings in order, and variables."""

    config: tuple[tuple[str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


def login_of(url: str) -> tuple[str, Login | None]:
    """A URL without its password, and who that signs in. A user name alone stays: git's helpers know the rest."""
    found = _PASSWORD.fullmatch(url)
    if found is None:
        return url, None
    return f"{found['scheme']}{found['host']}{found['rest']}", Login(unquote(found["user"]), unquote(found["password"]))


def no_access(_url: str) -> None:
    """For whoever knows of no connections: git signs in as its user has set it up."""


def host_of(url: str) -> str:
    """The host of a URL, or of `user@host:path`, with its port where one is named; empty for a folder."""
    if "://" in url:
        try:
            return urlsplit(url).netloc.rpartition("@")[2].lower()
        except ValueError:
            return ""
    found = _SCP.fullmatch(url)
    return found["host"].lower() if found else ""


def anonymous() -> Handing:
    """What keeps git from signing in: no helper, no ~/.netrc, no ssh."""
    home = os.environ.get("HOME", "")
    own = os.environ.get("GIT_CONFIG_GLOBAL") or f"{home}/.gitconfig"
    return Handing(
        (("credential.helper", ""),),
        (
            ("HOME", os.devnull),
            ("GIT_CONFIG_GLOBAL", own if Path(own).is_file() else os.devnull),
            ("GIT_SSH_COMMAND", "false"),
        ),
    )


def handing(place: str, login: Login | None) -> Handing:
    """What signs in to the host of a URL over http, and to no other. Raises NoAccessError for what cannot be sent."""
    site = _SITE.match(place)
    if login is None or site is None:
        return Handing()
    if _UNSENDABLE.search(login.username + login.password):
        raise NoAccessError("there is a line break in the user name or password", hint="give the secret once more")
    helper = f"credential.{site[0]}.helper"
    settings = (
        (helper, ""),  # none of the user's own: they would keep what is only lent
        (helper, HELPER),
        (f"http.{site[0]}/.proactiveAuth", "basic"),  # from git 2.46 on: saves asking without credentials first
    )
    return Handing(settings, ((USER_VARIABLE, login.username), (PASSWORD_VARIABLE, login.password)))


@contextmanager
def ssh_command(key: SshKey) -> Iterator[str]:
    """A GIT_SSH_COMMAND that uses this key alone and believes these host keys alone, for as long as the block runs.

    The key lies in a folder of ours alone, in memory where the system has a place for that.
    """
    with _private_folder() as folder:
        _write(folder / "key", key.private)
        lines = ["Host *", "IdentitiesOnly yes", "IdentityAgent none", "BatchMode yes", "StrictHostKeyChecking yes"]
        lines += [f"IdentityFile {_quoted(folder / 'key')}", "PreferredAuthentications publickey"]
        lines += ["ConnectTimeout 20", "ServerAliveInterval 15", "UpdateHostKeys no", "ForwardAgent no"]
        if key.known_hosts.strip():
            _write(folder / "known_hosts", key.known_hosts)
            lines += [f"UserKnownHostsFile {_quoted(folder / 'known_hosts')}", "GlobalKnownHostsFile /dev/null"]
        _write(folder / "config", "\n".join(lines))
        # git gives this to a shell
        yield f"ssh -F {shlex.quote(str(folder / 'config'))}"


def _write(path: Path, text: str) -> None:
    """A key without its last line break is no key to ssh."""
    path.touch(0o600, exist_ok=False)
    path.write_text(text.replace("\r\n", "\n").rstrip("\n") + "\n", "utf-8")


def _quoted(path: Path) -> str:
    """As ssh_config wants names with blanks; it expands % in them."""
    return '"' + str(path).replace("%", "%%") + '"'


@contextmanager
def _private_folder() -> Iterator[Path]:
    import shutil  # noqa: PLC0415 - for an SSH key only
    import tempfile  # noqa: PLC0415 - brings random; for an SSH key only

    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=_places()[0]))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _places() -> Sequence[Path]:
    import tempfile  # noqa: PLC0415 - brings random; for an SSH key only

    wanted = (Path("/dev/shm"), Path(tempfile.gettempdir()))  # noqa: S108 - only mkdtemp makes anything there
    return [path for path in wanted if path.is_dir() and os.access(path, os.W_OK | os.X_OK)]


def sweep_keys() -> None:
    """Take away keys that a process of ours left when it was killed."""
    import shutil  # noqa: PLC0415 - once in the life of a server

    for place in _places():
        for folder in place.glob(f"{FOLDER}*"):
            pid = folder.name.removeprefix(FOLDER).partition("-")[0]
            with suppress(OSError):
                if folder.stat().st_uid == os.getuid() and pid.isdecimal() and not _lives(int(pid)):
                    shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
