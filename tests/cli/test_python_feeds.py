"""PipAuthenticate and TwineAuthenticate with an index that asks for a password, on this machine."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import DRIVETRAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Workplace

PASSWORD = "p@ss word/17"
WHEEL = "feed_demo-1.0-py3-none-any.whl"


def wheel() -> bytes:
    """A package that says hello."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("feed_demo.py", "print('hello from the feed')\n")
        info = "feed_demo-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: feed-demo\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"feed_demo.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return made.getvalue()


class Index(ThreadingHTTPServer):
    """A package index that lets nobody in without the password; it keeps what is uploaded."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.uploads: list[bytes] = []
        self.refused = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Index

    def let_in(self) -> bool:
        wanted = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {wanted}":
            return True
        self.server.refused += 1
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def answer(self, body: bytes, kind: str = "text/html") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.let_in():
            if self.path.endswith(".whl"):
                self.answer(wheel(), "application/octet-stream")
            else:
                self.answer(f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.let_in():
            self.server.uploads.append(body)
            self.answer(b"")

    def log_message(self, *_: object) -> None:
        """Quietly."""


@contextmanager
def served() -> Iterator[Index]:
    with Index() as index:
        thread = threading.Thread(target=index.serve_forever, daemon=True)
        thread.start()
        try:
            yield index
        finally:
            index.shutdown()


@pytest.fixture
def index() -> Iterator[Index]:
    with served() as made:
        yield made


def connect(workplace: Workplace, name: str, kind: str, url: str) -> None:
    words = ["connection", "add", name, "--type", kind, "--scheme", "UsernamePassword", "--url", url]
    words += ["--parameter", "username=ada", "--secret", "password"]
    subprocess.run([DRIVETRAIN, *words], env=workplace.env, input=PASSWORD, text=True, check=True)


INSTALL = """
steps:
- checkout: none
- task: PipAuthenticate@1
  inputs: {pythonDownloadServiceConnections: feed}
- bash: |
    pip install --no-deps feed-demo
    python -m feed_demo
    uv pip install --no-deps --reinstall feed-demo
"""


def test_pip_and_uv_are_let_in(workplace: Workplace, index: Index) -> None:
    connect(workplace, "feed", "externalpythondownloadfeed", f"{index.url}/simple")
    workplace.write(INSTALL)
    out = workplace.call("run").stdout
    assert "hello from the feed" in out
    assert PASSWORD not in out
    assert "p%40ss" not in out


def test_without_the_task_they_are_not(workplace: Workplace, index: Index) -> None:
    connect(workplace, "feed", "externalpythondownloadfeed", f"{index.url}/simple")
    workplace.write(
        f"steps:\n- checkout: none\n- bash: pip install --no-deps --index-url {index.url}/simple feed-demo\n"
    )
    workplace.call("run", code=1)
    assert index.refused


UPLOAD = """
steps:
- checkout: none
- task: TwineAuthenticate@1
  inputs: {pythonUploadServiceConnection: releases}
- bash: |
    $TWINE upload --disable-progress-bar --non-interactive -r releases --config-file $(PYPIRC_PATH) "$WHEEL"
"""
AS_TWINE_READS_IT = """
import base64, configparser, sys, urllib.request
config = configparser.RawConfigParser()
config.read(sys.argv[sys.argv.index("--config-file") + 1])
name = sys.argv[sys.argv.index("-r") + 1]
assert name in config.get("distutils", "index-servers").split()
section = config[name]
who = base64.b64encode(f"{section['username']}:{section['password']}".encode()).decode()
request = urllib.request.Request(section["repository"], open(sys.argv[-1], "rb").read())
request.add_header("Authorization", f"Basic {who}")
urllib.request.urlopen(request)
"""
"""Stands in for twine, which is no dependency of ours; DRIVETRAIN_TEST_TWINE names a real one."""


def test_twine_is_let_in(workplace: Workplace, index: Index) -> None:
    stand_in = workplace.repo.parent / "twine.py"
    stand_in.write_text(AS_TWINE_READS_IT, "utf-8")
    twine = os.environ.get("DRIVETRAIN_TEST_TWINE") or f"{sys.executable} {stand_in}"
    (workplace.repo / WHEEL).write_bytes(wheel())
    connect(workplace, "releases", "externalpythonuploadfeed", f"{index.url}/legacy/")
    workplace.write(UPLOAD)
    workplace.env.update(TWINE=twine, WHEEL=str(workplace.repo / WHEEL))
    assert PASSWORD not in workplace.call("run").stdout
    (uploaded,) = index.uploads
    assert b"feed_demo.py" in uploaded
