"""Real servers of sources on loopback: git over https, git over ssh, Subversion. Each has users of its own."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, ClassVar, NoReturn

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PATIENCE = 60.0


def need(name: str) -> str:
    """A program; skips where it is not there. In CI that is a failure: scripts/source_servers installs it."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    return found or missing(name)


def missing(name: str) -> NoReturn:
    """Skips; fails in CI."""
    why = f"there is no {name} (scripts/source_servers installs it)"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for {what}"
        time.sleep(0.01)


def command_lines() -> str:
    """What every process of this machine was started with, as its other users can see it."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(file.read_bytes().decode("utf-8", "replace"))
    return "\n".join(found)


# Git over https.


@dataclass
class HttpsGit:
    """Repositories below a folder behind `git http-backend`, by TLS, for those who sign in."""

    root: Path
    authority: Path
    port: int = 0
    users: dict[str, str] = field(default_factory=lambda: {"x-access-token": "hush-1", "ada": "hush-2"})
    forbidden: set[str] = field(default_factory=set)
    redirect: str = ""
    """Where all requests are sent instead."""
    asked: list[str] = field(default_factory=list)
    """The Authorization headers that came, empty where there was none."""
    looking: bool = False
    """Whether to look at command lines while a request is served."""
    seen: set[str] = field(default_factory=set)
    """Secrets that stood on a command line while a request was served."""

    def url(self, name: str, host: str = "localhost") -> str:
        return f"https://{host}:{self.port}/{name}"

    @property
    def site(self) -> str:
        return f"https://localhost:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    git: ClassVar[HttpsGit]

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "")
        self.git.asked.append(given)
        if self.git.looking:
            lines = command_lines()
            self.git.seen |= {secret for secret in self.git.users.values() if secret in lines}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.git.redirect:
            self._answer(302, {"Location": self.git.redirect + self.path})
            return
        user = self._user(given)
        if user is None:
            self._answer(401, {"WWW-Authenticate": 'Basic realm="git"'})
        elif user in self.git.forbidden:
            self._answer(403, {})
        else:
            self._serve(user, body)

    do_POST = do_GET  # noqa: N815 - http.server names them so

    def _user(self, given: str) -> str | None:
        kind, _, pair = given.partition(" ")
        if kind.lower() != "basic":
            return None
        name, _, password = base64.b64decode(pair).decode().partition(":")
        return name if self.git.users.get(name) == password else None

    def _serve(self, user: str, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": user,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self._answer(int(headers.pop("Status", "200").split()[0]), headers, content)

    def _answer(self, status: int, headers: Mapping[str, str], content: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing on the test's own output."""


@contextmanager
def https_git(root: Path, folder: Path) -> Iterator[HttpsGit]:
    authority, chain, key = certificates(folder)
    git = HttpsGit(root, authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"git": git})) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        git.port = server.server_address[1]
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield git
        server.shutdown()


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """An authority, and a server certificate with its key by it, as PEM files."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    own_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"An authority of tests {folder.name}")])
    own = _certificate(own_name, own_name, own_key, own_key, [x509.BasicConstraints(ca=True, path_length=None)])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    server = _certificate(name, own_name, key, own_key, [x509.SubjectAlternativeName(names)])
    paths = folder / "authority.pem", folder / "server.pem", folder / "server.key"
    paths[0].write_bytes(own.public_bytes(Encoding.PEM))
    paths[1].write_bytes(server.public_bytes(Encoding.PEM))
    paths[2].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def _certificate(
    name: x509.Name,
    by: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    by_key: ec.EllipticCurvePrivateKey,
    extensions: list[x509.ExtensionType],
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(by).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(by_key, hashes.SHA256())


# Git over ssh.


@dataclass(frozen=True)
class KeyPair:
    private: str
    public: str


def key_pair() -> KeyPair:
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return KeyPair(private, key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())


@dataclass
class Sshd:
    port: int
    user: str
    known_hosts: str
    authorized: Path

    def url(self, path: Path) -> str:
        return f"ssh://{self.user}@127.0.0.1:{self.port}{path}"

    def let_in(self, *keys: KeyPair) -> None:
        self.authorized.write_text("".join(f"{key.public} a key of tests\n" for key in keys))


@contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    """sshd run by whoever runs the tests, with a host key and a list of keys of its own."""
    program = need("sshd")
    need("ssh")
    folder.mkdir(parents=True, exist_ok=True)
    host_key, authorized = key_pair(), folder / "authorized_keys"
    (folder / "host_key").touch(0o600)
    (folder / "host_key").write_text(host_key.private)
    authorized.touch(0o600)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()

    def arguments(port: int) -> list[str]:
        options = {
            "Port": port,
            "ListenAddress": "127.0.0.1",
            "HostKey": folder / "host_key",
            "AuthorizedKeysFile": authorized,
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "PermitRootLogin": "prohibit-password",
            "PidFile": "none",
        }
        return [program, "-D", "-e", "-f", os.devnull, *(f"-o{name}={value}" for name, value in options.items())]

    with served(arguments) as port:
        yield Sshd(port, user, f"[127.0.0.1]:{port} {host_key.public}", authorized)


@contextmanager
def served(arguments: Callable[[int], list[str]]) -> Iterator[int]:
    """Run a server on a free port until the block ends. Another may take the port first: then one more is tried."""
    for _ in range(20):
        port = free_port()
        with subprocess.Popen(arguments(port), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                wait_for(lambda: process.poll() is not None or answers(port), "the server to answer")  # noqa: B023
                if process.poll() is None:
                    yield port
                    return
                said = process.stdout.read().decode() if process.stdout else ""
            finally:
                process.terminate()
    pytest.fail(f"the server does not start: {said}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


# Subversion.


@dataclass
class Svnserve:
    """A repository with `trunk` behind svnserve; only those on its list may read it."""

    folder: Path
    port: int = 0
    users: tuple[tuple[str, str], ...] = (("ada", "hush-3"),)

    @property
    def repository(self) -> Path:
        return self.folder / "repo"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def url(self, path: str = "trunk") -> str:
        return f"svn://127.0.0.1:{self.port}/{path}"

    @property
    def site(self) -> str:
        return f"svn://127.0.0.1:{self.port}"

    def svn(self, *args: str, cwd: Path | None = None) -> str:
        """Past the server, as an administrator of its machine."""
        words = ["svn", *args, "--non-interactive", "--username=ada", "--config-dir", str(self.folder / "config")]
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, env=_plain())
        assert done.returncode == 0, f"svn {args}: {done.stderr}"
        return done.stdout

    def create(self) -> None:
        subprocess.run(["svnadmin", "create", str(self.repository)], check=True)
        conf = self.repository / "conf"
        conf.joinpath("svnserve.conf").write_text("[general]\nanon-access = none\npassword-db = passwd\nrealm = test\n")
        conf.joinpath("passwd").write_text("[users]\n" + "".join(f"{name} = {word}\n" for name, word in self.users))
        self.svn("mkdir", "--quiet", "-m", "Layout", *(f"{self.root}/{name}" for name in ("trunk", "branches")))
        self.svn("checkout", "--quiet", f"{self.root}/trunk", str(self.work))

    @property
    def root(self) -> str:
        return self.repository.as_uri()

    def commit(self, message: str, **files: str) -> int:
        """Write files below trunk and commit them; the revision. `__` in a name is a folder's end."""
        for name, text in files.items():
            path = self.work / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.svn("add", "--quiet", "--force", "--no-ignore", ".", cwd=self.work)
        self.svn("commit", "--quiet", "-m", message, cwd=self.work)
        return int(self.svn("info", "--show-item=revision", "--no-newline", self.root))


def _plain() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8"}


@contextmanager
def svnserve(folder: Path) -> Iterator[Svnserve]:
    program = need("svnserve")
    need("svn")
    made = Svnserve(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made.create()

    def arguments(port: int) -> list[str]:
        return [program, "--daemon", "--foreground", f"--listen-port={port}", "--listen-host=127.0.0.1",
                f"--root={made.repository}"]  # fmt: skip

    with served(arguments) as port:
        made.port = port
        yield made
