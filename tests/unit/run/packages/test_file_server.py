from __future__ import annotations

import base64
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import msgspec
import pytest

from drivetrain.run.packages.file_server import FileServer, Handed

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = "0d1f0c9e-5d0c-4c6e-9b0e-000000000002"
BASIC = "Basic " + base64.b64encode(b"PAT:token-of-the-job").decode()
FILE = f"my%20project/_apis/distributedtask/securefiles/{ID}?ticket=the-ticket&download=false"


@pytest.fixture
def url() -> Iterator[str]:
    server = FileServer("token-of-the-job", [Handed(ID.upper(), "the-ticket", b"\x00secret\xff")])
    yield server.url
    server.close()


def ask(url: str, authorization: str = BASIC, method: str = "GET") -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"Authorization": authorization}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_file_is_given_for_the_jobs_token_and_its_ticket(url: str) -> None:
    assert ask(url + FILE) == (200, b"\x00secret\xff")
    assert ask(url + FILE, "Bearer token-of-the-job") == (200, b"\x00secret\xff")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic !", "Basic " + "dG9rZW4=", "Digest x"])
def test_nobody_else_gets_anything(url: str, authorization: str) -> None:
    for path, method in ((FILE, "GET"), ("_apis/distributedtask", "OPTIONS"), ("_apis/ResourceAreas", "GET")):
        status, body = ask(url + path, authorization, method)
        assert (status, b"secret" in body) == (401, False)


@pytest.mark.parametrize(
    "path",
    [
        FILE.replace("the-ticket", "another"),
        FILE.partition("?")[0],
        FILE.replace("0002", "0003"),
        "_apis/distributedtask/securefiles/../../../etc/passwd?ticket=the-ticket",
        "",
    ],
)
def test_what_the_step_may_not_have_is_not_there(url: str, path: str) -> None:
    assert ask(url + path)[0] == 404


def test_clients_find_where_to_ask(url: str) -> None:
    status, body = ask(url + "_apis/distributedtask", method="OPTIONS")
    (found,) = msgspec.json.decode(body)["value"]
    assert (status, found["resourceName"]) == (200, "securefiles")
    assert msgspec.json.decode(ask(url + "_apis/ResourceAreas")[1]) == {"count": 0, "value": []}
