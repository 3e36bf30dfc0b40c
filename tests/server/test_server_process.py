from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import urllib.error
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import ConflictError, UnavailableError
from drivetrain.store.database import Database
from drivetrain.wire.server_process import ServerInfo, ask, command, find, is_held, start, stop, write_info
from tests.server.conftest import wait_for

if TYPE_CHECKING:
    from tests.server.conftest import World


def status_of(info: ServerInfo, path: str, headers: dict[str, str] | None = None) -> int:
    with closing(http.client.HTTPConnection(info.host, info.port, timeout=30)) as connection:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status


def test_up_prints_a_link_that_signs_in_once_and_down_stops_it(world: World) -> None:
    output = world.cli("up", "--port", "0")
    found = re.search(r"http://127\.0\.0\.1:\d+/login\?once=\S+", output)
    assert found
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(found[0], timeout=30) as page:
        assert page.status == 200
        assert "text/html" in page.headers["Content-Type"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(found[0], timeout=30)
    status = json.loads(world.cli("status", "--json"))
    assert status["server"]["pid"] == find(world.home).pid  # type: ignore[union-attr]
    assert "already up" in world.cli("up")
    assert "down" in world.cli("down")
    assert "was not running" in world.cli("down")
    assert json.loads(world.cli("status", "--json", status=3))["server"] is None


def test_a_stranger_gets_nothing_but_the_health_word(world: World) -> None:
    info = world.up()
    assert status_of(info, "/healthz") == 200
    for path in ("/", "/runs", "/api/v1/runs", "/api/v1/openapi.json", "/mlflow/", "/projects", "/about"):
        assert status_of(info, path) == 401, path
    assert status_of(info, "/runs", {"Host": "evil.org"}) == 421
    token = world.home.token.read_text().strip()
    assert status_of(info, "/runs", {"Authorization": f"Bearer {token}"}) == 200
    for private in (world.home.token, world.home.root):
        assert not stat.S_IMODE(private.stat().st_mode) & 0o077, private


def test_a_second_server_of_the_same_home_is_refused(world: World) -> None:
    world.up()
    with pytest.raises(ConflictError, match="already runs"):
        world.up()
    done = subprocess.run(command(world.home, 0), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "already runs" in done.stdout


def test_a_port_in_use_says_who_has_it_and_what_to_do(world: World) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        output = world.cli("up", "--port", str(port), status=1)
    assert f"cannot listen on 127.0.0.1:{port}" in output
    assert f"process {os.getpid()}" in output
    assert "--port 0" in output
    assert not is_held(world.home)


def test_a_restart_takes_the_port_again_so_that_jobs_find_it(world: World) -> None:
    first = world.up()
    stop(world.home)
    assert start(world.home).port == first.port
    world.kill()
    assert start(world.home).port == first.port


def test_a_home_of_a_newer_version_is_a_clear_error(world: World) -> None:
    with closing(Database(world.home.database).connect()) as connection:
        connection.execute("PRAGMA user_version = 999")
    output = world.cli("up", "--port", "0", status=1)
    assert "was written by a newer Drivetrain (schema 999" in output
    assert "fail  database" in world.cli("doctor", status=1)


def test_wrong_settings_are_said_with_their_place(world: World) -> None:
    world.home.root.mkdir(parents=True)
    world.home.config.write_text("prot = 1\n")
    for words in (["up"], ["doctor"]):
        output = world.cli(*words, status=1)
        assert f"{world.home.config}:1:1" in output
        assert "did you mean 'port'?" in output


def test_a_stale_server_file_stops_nothing(world: World) -> None:
    world.home.root.mkdir(parents=True)
    write_info(world.home, ServerInfo(os.getpid(), "http://127.0.0.1:1", "127.0.0.1", 1, ""))
    assert find(world.home) is None
    assert stop(world.home) is None, "it must not end the process that has the number now"
    world.home.server_file.write_text("{not json")
    assert world.up().pid != os.getpid()


def test_a_home_that_cannot_be_made_is_a_clear_error(world: World) -> None:
    world.home.root.write_text("a file stands here")
    assert "cannot write" in world.cli("up", status=1)
    assert "fail  home" in world.cli("doctor", status=1)


def test_the_server_ends_on_interrupt_too_and_in_the_foreground_prints_where_it_is(world: World) -> None:
    words = command(world.home, 0)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=world.environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert not is_held(world.home)


def test_a_server_that_is_stuck_is_named(world: World) -> None:
    info = world.up()
    os.kill(info.pid, signal.SIGSTOP)
    try:
        with pytest.raises(UnavailableError, match=f"process {info.pid}"):
            stop(world.home, seconds=0.2)
    finally:
        os.kill(info.pid, signal.SIGCONT)
    wait_for(lambda: not is_held(world.home), "the server to end")


def test_a_server_that_does_not_answer_is_said_to(world: World) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=r"process 7\) does not answer"):
            ask(world.home, ServerInfo(7, "", "127.0.0.1", port, ""), "GET", "/healthz")


def test_doctor_finds_and_mends(world: World) -> None:
    world.repository()
    world.cli("up", "--port", "0")
    world.cli("project", "add", str(world.bare), "--poll", "0", "--hook")
    assert "fail" not in world.cli("doctor")
    (world.bare / "hooks/post-receive").unlink()
    world.home.token.chmod(0o644)
    findings = {found["name"]: found for found in json.loads(world.cli("doctor", "--json", status=1))}
    assert findings["token"]["verdict"] == "fail"
    assert "chmod 600" in findings["token"]["mend"]
    assert "nothing tells of a push" in findings["project code"]["words"]
    assert "fail" not in world.cli("doctor", "--fix")
    assert not stat.S_IMODE(world.home.token.stat().st_mode) & 0o077


def test_projects_are_added_listed_and_removed(world: World) -> None:
    assert "no projects yet" in world.cli("project", "list")
    assert not world.home.database.exists(), "looking makes nothing"
    world.repository()
    output = world.cli("project", "add", str(world.bare), "--yes")
    assert "added code:" in output
    assert "drivetrain up starts it" in output
    assert "already" in world.cli("project", "add", str(world.bare), status=2)
    world.cli("project", "add", str(world.work), "--name", "mine", "--no-hook", "--branch", "dev", "--file", "ci.yml")
    listed = {found["name"]: found for found in json.loads(world.cli("project", "list", "--json"))}
    assert (listed["mine"]["branch"], listed["mine"]["file"]) == ("dev", "ci.yml")
    assert "projects: code, mine" in world.cli("project", "remove", "nobody", status=2)
    world.cli("project", "remove", "code")
    assert not (world.bare / "hooks/post-receive").exists()
    assert "neither a folder nor a git URL" in world.cli("project", "add", "nowhere", status=2)
    assert "is no name for a project" in world.cli("project", "add", str(world.bare), "--name", "a/b", status=2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(world: World, shell: str) -> None:
    assert "_DRIVETRAIN_COMPLETE" in world.cli("completion", shell)
