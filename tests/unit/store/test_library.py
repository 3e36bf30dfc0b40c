"""The library in SQLite: what people may see of it, what changes it, and what never shows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from drivetrain.errors import ConflictError, CorruptError, NotFoundError
from drivetrain.home import Home
from drivetrain.run.library.model import Edit, GroupVariable, ItemKind
from drivetrain.source.model import Project
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

GROUP, FILE, VAULT = ItemKind.VARIABLE_GROUP, ItemKind.SECURE_FILE, ItemKind.KEY_VAULT
SECRET = "hunter-twelve"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    made = Storage(Home(tmp_path / "home"))
    made.projects.add(Project(0, "shop", "/shop.git", "main"), {})
    return made


def files(storage: Storage) -> list[Path]:
    return sorted(storage.home.secure_files.glob("*"))


def test_a_secret_is_nowhere_in_clear(storage: Storage) -> None:
    storage.library.add(GROUP, "keys", Edit(secret={"password": SECRET}))
    storage.library.add(FILE, "cert", Edit(content=SECRET.encode()))
    storage.database.connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    held = [path for path in storage.home.root.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert held == []
    assert SECRET not in msgspec.json.encode(list(storage.library.items())).decode()


def test_a_value_is_known_in_any_case_and_has_one_spelling(storage: Storage) -> None:
    storage.library.add(GROUP, "keys", Edit(plain={"Colour": "blue"}))
    item = storage.library.change(GROUP, "KEYS", Edit(secret={"COLOUR": "red"}))
    assert [(value.name, value.secret) for value in item.values] == [("COLOUR", True)]
    assert storage.library.group("", "keys").variables == {"COLOUR": GroupVariable("red", secret=True)}
    assert storage.library.change(GROUP, "keys", Edit(remove=("colour",))).values == ()


def test_what_is_not_there_to_be_removed_changes_nothing(storage: Storage) -> None:
    storage.library.add(GROUP, "keys", Edit(plain={"a": "1", "b": "2"}))
    with pytest.raises(NotFoundError, match="no 'c' in 'keys'"):
        storage.library.change(GROUP, "keys", Edit(remove=("a", "c"), plain={"b": "3"}))
    assert [value.value for value in storage.library.item(GROUP, "keys").values] == ["1", "2"]


def test_a_name_is_taken_once_in_a_project_in_any_case(storage: Storage) -> None:
    storage.library.add(GROUP, "keys", Edit())
    storage.library.add(GROUP, "keys", Edit(), project="shop")
    storage.library.add(VAULT, "keys", Edit())
    with pytest.raises(ConflictError, match="a variable group 'Keys' already"):
        storage.library.add(GROUP, "Keys", Edit())


def test_there_is_no_library_of_a_project_that_is_not_there(storage: Storage) -> None:
    with pytest.raises(NotFoundError, match="no project 'none'"):
        storage.library.add(GROUP, "keys", Edit(), project="none")


def test_a_linked_group_has_the_newest_secrets_of_its_vault(storage: Storage) -> None:
    storage.library.add(VAULT, "kv", Edit(secret={"a": "1", "b": "2"}))
    storage.library.add(GROUP, "some", Edit(data={"vault": "KV", "secrets": "A"}))
    storage.library.add(GROUP, "all", Edit(data={"vault": "kv", "secrets": "*"}))
    storage.library.change(VAULT, "kv", Edit(secret={"a": "3"}))
    assert storage.library.group("", "some").variables == {"A": GroupVariable("3", secret=True)}
    assert set(storage.library.group("", "all").variables) == {"a", "b"}
    storage.library.change(VAULT, "kv", Edit(remove=("a",)))
    with pytest.raises(NotFoundError, match="no secret 'A' in vault 'KV'"):
        storage.library.group("", "some")


def test_a_group_of_the_home_does_not_reach_into_a_projects_vault(storage: Storage) -> None:
    storage.library.add(VAULT, "kv", Edit(secret={"a": "1"}), project="shop")
    storage.library.add(GROUP, "keys", Edit(data={"vault": "kv", "secrets": "*"}))
    with pytest.raises(NotFoundError, match="no key vault 'kv'"):
        storage.library.group("shop", "keys")


def test_a_secure_files_bytes_come_back_and_go_with_it(storage: Storage) -> None:
    content = bytes(range(256)) * 10
    item = storage.library.add(FILE, "blob", Edit(content=content))
    assert item.data["size"] == str(len(content))
    assert storage.sealed_files.read(storage.library.secure_file("", "blob").ticket) == content
    (before,) = files(storage)
    storage.library.change(FILE, "blob", Edit(content=b"other"))
    (after,) = files(storage)
    assert before != after
    assert after.stat().st_mode & 0o777 == 0o600
    storage.library.remove(FILE, "blob")
    assert files(storage) == []


def test_left_over_files_are_swept_and_new_ones_left(storage: Storage) -> None:
    storage.library.add(FILE, "kept", Edit(content=b"x"))
    for name, age in (("old", 10_000), ("new", 0)):
        path = storage.home.secure_files / name
        path.write_text("sealed:?")
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    storage.library.sweep()
    assert "old" not in {path.name for path in files(storage)}
    assert len(files(storage)) == 2


@pytest.mark.parametrize("ticket", ["../secret.key", "", "a/b", "..", "a\0"])
def test_a_ticket_names_no_other_file(storage: Storage, ticket: str) -> None:
    with pytest.raises(CorruptError):
        storage.sealed_files.read(ticket)


def test_who_permitted_first_is_kept_and_a_permit_can_be_taken_away(storage: Storage) -> None:
    storage.library.add(GROUP, "keys", Edit())
    storage.library.permit(GROUP, "keys", "shop", by="ada")
    storage.library.permit(GROUP, "keys", "shop", by="bob")
    (permit,) = storage.library.item(GROUP, "keys").permits
    assert (permit.pipeline, permit.permitted_by) == ("shop", "ada")
    storage.library.revoke(GROUP, "keys", "shop")
    with pytest.raises(NotFoundError, match="has no permission"):
        storage.library.revoke(GROUP, "keys", "shop")


def test_a_removed_project_leaves_neither_secrets_nor_permits(storage: Storage) -> None:
    storage.library.add(GROUP, "own", Edit(secret={"a": "1"}), project="shop")
    storage.library.add(GROUP, "homes", Edit())
    storage.library.permit(GROUP, "homes", "shop")
    storage.projects.remove(storage.projects.named("shop").id, delete_runs=False)
    assert [item.name for item in storage.library.items()] == ["homes"]
    assert storage.library.item(GROUP, "homes").permits == ()
    rows = storage.database.connections.get().execute("SELECT * FROM library_values").fetchall()
    assert rows == []
