"""A library for the storybook: a real one, in a real file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.home import Home
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.source.model import Project
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SECRET = "s3cret-of-the-storybook"
GROUP, FILE = ItemKind.VARIABLE_GROUP, ItemKind.SECURE_FILE
CONNECTION, VAULT = ItemKind.SERVICE_CONNECTION, ItemKind.KEY_VAULT


def filled(folder: Path, hostile: str, long: str, projects: Iterable[str]) -> LibraryBook:
    """Something of every kind, hostile names and values among it."""
    storage = Storage(Home(folder / "home"))
    for name in projects:
        storage.projects.add(Project(0, name, f"/srv/git/{name[:20]}.git", "main"), {})
    book = LibraryBook(storage.library, "Mira Lindqvist")
    book.add(GROUP, "production", Edit(description="What every deployment to production needs"))
    book.change(
        GROUP,
        "production",
        Edit(plain={"region": "westeurope", "replicas": "3", "note": long}, secret={"databasePassword": SECRET}),
    )
    book.permit(GROUP, "production", "turbofan")
    book.add(GROUP, hostile, Edit(description=hostile, plain={"value": hostile}, open=True))
    book.set_secret("contoso-kv", "db-password", SECRET)
    book.set_secret("contoso-kv", "api-key", SECRET)
    book.add(GROUP, "from-the-vault", Edit(data={"vault": "contoso-kv", "secrets": "*"}))
    book.add(FILE, "signing.pem", Edit(content=b"-----BEGIN" + SECRET.encode(), description="Signs the models"))
    azure: dict[str, str | None] = {"type": "azurerm", "data.subscriptionId": "11111111-2222-3333-4444-555555555555"}
    book.add(
        CONNECTION,
        "azure-production",
        Edit(data=azure, plain={"serviceprincipalid": "app", "tenantid": "contoso", "serviceprincipalkey": SECRET}),
        "turbofan",
    )
    feed: dict[str, str | None] = {"type": "externalpythondownloadfeed", "url": "https://feed.example.com/simple"}
    book.add(CONNECTION, "contoso/python", Edit(data=feed, secret={"apitoken": SECRET}))
    return book
