"""Subversion behind a real Apache on loopback: TLS by an authority of its own, and a password for whoever asks.

Its own configuration, in a folder of its own: nothing of a server that this machine has takes part.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

from tests.sources.servers import Svnserve, certificates, missing, need, served

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = Path("/usr/lib/apache2/modules")
_LOADED = ("mpm_event", "authn_core", "authn_file", "auth_basic", "authz_core", "authz_user", "alias", "ssl", "dav")
_CONFIG = """
ServerRoot "{folder}"
ServerName localhost
DefaultRuntimeDir "{folder}"
PidFile "{folder}/pid"
ErrorLog "{folder}/error.log"
CustomLog "{folder}/access.log" "%u %m %U %>s"
Listen 127.0.0.1:{port}
StartServers 1
{modules}
SSLEngine on
SSLSessionCache none
SSLCertificateFile "{chain}"
SSLCertificateKeyFile "{key}"
Redirect permanent /elsewhere http://localhost:{elsewhere}/code
<Location /code>
  DAV svn
  SVNPath "{repository}"
  AuthType Basic
  AuthName test
  AuthBasicProvider file
  AuthUserFile "{folder}/users"
  Require user ada
  AuthzSendForbiddenOnFailure on
</Location>
"""


@dataclass
class Apache(Svnserve):
    """A repository with `trunk` behind Apache; `eve` can sign in, and may read nothing."""

    users: tuple[tuple[str, str], ...] = (("ada", "hush-3"), ("eve", "hush-4"))
    authority: Path = Path()

    def url(self, path: str = "code/trunk") -> str:
        return f"svn+https://localhost:{self.port}/{path}"

    @property
    def site(self) -> str:
        return f"https://localhost:{self.port}"

    def log(self) -> str:
        """Who asked for what."""
        return (self.folder / "access.log").read_text()


@dataclass
class Elsewhere:
    """A server that asks whoever comes for a password, by http."""

    port: int
    came: list[str] = field(default_factory=list)
    """The Authorization headers that came, empty where there was none."""


class _Elsewhere(BaseHTTPRequestHandler):
    came: ClassVar[list[str]]

    def do_OPTIONS(self) -> None:
        self.came.append(self.headers.get("Authorization", ""))
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the test's own output."""


@contextmanager
def elsewhere_server() -> Iterator[Elsewhere]:
    came: list[str] = []
    with HTTPServer(("127.0.0.1", 0), type("Handler", (_Elsewhere,), {"came": came})) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield Elsewhere(server.server_address[1], came)
        server.shutdown()


@contextmanager
def apache(elsewhere: Elsewhere) -> Iterator[Apache]:
    """`/elsewhere` leads to another server. Where root runs the tests, it is run by `nobody`, who reads a folder that
    is not below those of root.
    """
    program = need("apache2")
    need("svn")
    if not (MODULES / "mod_dav_svn.so").is_file():
        missing("mod_dav_svn")
    with tempfile.TemporaryDirectory(prefix="drivetrain-apache-") as name:
        folder = Path(name)
        made = Apache(folder)
        made.create()
        made.authority, chain, key = certificates(folder / "certificates")
        hashed = [f"{user}:{{SHA}}{_sha1(password)}\n" for user, password in made.users]
        (folder / "users").write_text("".join(hashed))
        modules = [f"LoadModule {each}_module {MODULES}/mod_{each}.so" for each in (*_LOADED, "dav_svn")]

        def arguments(port: int) -> list[str]:
            text = _CONFIG.format(
                folder=folder,
                port=port,
                elsewhere=elsewhere.port,
                modules="\n".join(modules),
                chain=chain,
                key=key,
                repository=made.repository,
            )
            (folder / "apache.conf").write_text(text)
            return [*_as_nobody(folder), program, "-D", "FOREGROUND", "-f", str(folder / "apache.conf")]

        with served(arguments) as port:
            made.port = port
            yield made


def _sha1(password: str) -> str:
    """https://httpd.apache.org/docs/2.4/misc/password_encryptions.html"""
    return base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest()).decode()


def _as_nobody(folder: Path) -> list[str]:
    """Apache serves nothing as root. The repository is the tests' own, only to be read."""
    if os.geteuid() != 0:
        return []
    folder.chmod(0o755)
    for path in (folder / "certificates", *(folder / "certificates").iterdir(), folder):
        shutil.chown(path, "nobody")
    return [need("setpriv"), "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
