"""Which client a project's host is spoken to by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.source.hosts.gitlab import GitLab
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Project
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(Home(tmp_path))
    storage.projects.add(Project(0, "churn", "https://gitlab.example.com/acme/churn.git", "main"), {})
    return storage


def link(connection: str = "gl") -> Link:
    return Link(1, HostKind.GITLAB, "https://gitlab.example.com/api/v4", "acme/churn", connection, "key")


def token(storage: Storage, value: str) -> None:
    book, secret = LibraryBook(storage.library, "ada"), {"password": value}
    if storage.library.items(ItemKind.SERVICE_CONNECTION, "churn"):
        book.change(ItemKind.SERVICE_CONNECTION, "gl", Edit(secret=secret), "churn")
    else:
        data = {"type": "externalgit", "scheme": "UsernamePassword", "url": "https://gitlab.example.com"}
        book.add(ItemKind.SERVICE_CONNECTION, "gl", Edit(data=data, secret=secret), "churn")


def test_a_project_without_link_or_credentials_has_none(storage: Storage) -> None:
    assert storage.hosts.of(1) is None
    storage.links.put(link(""), "hush")
    assert storage.hosts.of(1) is None


def test_a_connection_that_is_gone_is_told(storage: Storage) -> None:
    storage.links.put(link(), "hush")
    with pytest.raises(NotFoundError, match="no service connection 'gl'"):
        storage.hosts.of(1)


def test_a_client_is_kept_until_link_or_token_change(storage: Storage) -> None:
    storage.links.put(link(), "hush")
    token(storage, "first-token")
    first = storage.hosts.of(1)
    assert isinstance(first, GitLab)
    assert storage.hosts.of(1) is first
    token(storage, "second-token")
    second = storage.hosts.of(1)
    assert second is not first
    storage.links.put(replace(link(), repository="acme/other"), "")
    assert storage.hosts.of(1) is not second
