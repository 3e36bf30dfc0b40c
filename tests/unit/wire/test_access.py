from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.home import Home
from drivetrain.run.library.model import Connection, Edit, ItemKind
from drivetrain.source.access import Login, NoAccessError, SshKey
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Project
from drivetrain.wire.access import access
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://github.com/o/p.git"


def connection(kind: str, scheme: str = "Token", **parameters: str) -> Connection:
    return Connection("id", "c", kind, "https://host", scheme, parameters)


@pytest.mark.parametrize(
    ("given", "login"),
    [
        (connection("github", AccessToken="t"), Login("x-access-token", "t")),
        (connection("github", "PersonalAccessToken", accessToken="t"), Login("x-access-token", "t")),
        (connection("githubenterprise", apitoken="t"), Login("x-access-token", "t")),
        (connection("githubenterprise", "UsernamePassword", username="u", password="p"), Login("u", "p")),
        (connection("bitbucket", apitoken="t"), Login("x-token-auth", "t")),
        (connection("externaltfs", apitoken="t"), Login("token", "t")),
        (connection("git", "UsernamePassword", password="p"), Login("oauth2", "p")),
        (connection("git", "UsernamePassword", username="t"), Login("t", "x-oauth-basic")),
        (connection("subversion", "UsernamePassword", username="u", password="p"), Login("u", "p")),
    ],
)
def test_each_type_signs_in_as_its_host_wants_it(given: Connection, login: Login) -> None:
    found = access(given)
    assert (found.login, found.key, found.connection) == (login, None, "c")
    assert found.needs
    assert "p" not in repr(found.login)[6:]


def test_an_ssh_connection_is_a_key_and_one_for_nobody_signs_nobody_in() -> None:
    given = connection("ssh", "UsernamePassword", privateKey="k", knownHosts="h", password="p")
    assert access(given).key == SshKey("k", "h")
    nobody = access(connection("git", "None"))
    assert (nobody.login, nobody.key) == (None, None)
    with pytest.raises(NoAccessError, match="connection 'c' has neither token nor password"):
        access(connection("github"))


def test_the_link_of_a_project_comes_before_its_own_connection(tmp_path: Path) -> None:
    storage = Storage(Home(tmp_path))
    book = LibraryBook(storage.library, "ada")
    for name in ("own", "linked"):
        data = {"type": "github", "url": "https://github.com"}
        book.add(ItemKind.SERVICE_CONNECTION, name, Edit(data=data, secret={"accessToken": name}))
    assert storage.accesses.of_url(URL) is None
    project = storage.projects.add(Project(0, "p", URL, "main", connection="own"), {})
    assert storage.projects.named("p").connection == "own"
    assert storage.accesses.of_url(URL) == access(storage.library.connection("", "own"))
    link = Link(project.id, HostKind.GITHUB, "https://api.github.com", "o/p", "linked", key="k")
    storage.links.put(link, "s")
    assert storage.accesses.of_url(URL) == access(storage.library.connection("", "linked"))
    book.remove(ItemKind.SERVICE_CONNECTION, "linked")
    with pytest.raises(NoAccessError, match="linked"):
        storage.accesses.of_url(URL)
    storage.projects.remove(project.id, delete_runs=False)
    assert storage.accesses.of_url(URL) is None


def test_an_app_of_github_signs_in_by_a_token_of_its_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Storage(Home(tmp_path))
    given = connection("github", "App", appId="1", privateKey="PEM")
    monkeypatch.setattr(storage.library, "connection", lambda _project, _name: given)
    monkeypatch.setattr("drivetrain.wire.access.is_for", lambda _connection, _url: True)
    asked: list[tuple[str, str]] = []

    class Tokens:
        def __init__(self, api: str, repository: str, *_: object) -> None:
            asked.append((api, repository))

        def token(self) -> str:
            return f"ghs_{len(asked)}"

    monkeypatch.setattr("drivetrain.wire.hosts.app_tokens.AppTokens", Tokens)
    monkeypatch.setattr("drivetrain.wire.hosts.app_tokens.api_of", lambda _kind, _url: "https://api.github.com")
    for _ in range(2):
        found = storage.accesses.of_connection("c", "", URL)
        assert found.login == Login("x-access-token", "ghs_1")
    assert asked == [("https://api.github.com", "o/p")]
