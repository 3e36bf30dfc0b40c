from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import CorruptError
from drivetrain.store.vault import FileVault

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = ["hunter2", "", "ünï ↯\nsecond line", "x" * 100_000, "\udcff not text"]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_sealed_opens_again_with_the_same_key_file(tmp_path: Path, secret: str) -> None:
    sealed = FileVault(tmp_path / "key").seal(secret)
    assert FileVault(tmp_path / "key").open(sealed) == secret
    assert "\n" not in sealed
    assert sealed.isprintable()
    assert not secret or secret not in sealed


def test_the_key_is_its_owners_only(tmp_path: Path) -> None:
    FileVault(tmp_path / "new" / "key").seal("x")
    assert stat.S_IMODE((tmp_path / "new" / "key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["key"]


def test_many_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda n: FileVault(tmp_path / "key").seal(str(n)), range(16)))
    assert [FileVault(tmp_path / "key").open(each) for each in sealed] == [str(n) for n in range(16)]


@pytest.mark.parametrize("change", [lambda s: s[:-4] + "AAAA", lambda s: s[7:], lambda _: "", lambda _: "sealed:↯"])
def test_what_was_not_sealed_here_is_refused(tmp_path: Path, change: object) -> None:
    vault = FileVault(tmp_path / "key")
    sealed = vault.seal("secret")
    with pytest.raises(CorruptError, match="cannot be opened"):
        vault.open(change(sealed))  # type: ignore[operator]


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    sealed = FileVault(tmp_path / "a").seal("x")
    FileVault(tmp_path / "b").seal("y")
    with pytest.raises(CorruptError, match="was not sealed by the key"):
        FileVault(tmp_path / "b").open(sealed)


def test_a_missing_or_broken_key_is_said_so(tmp_path: Path) -> None:
    sealed = FileVault(tmp_path / "key").seal("x")
    (tmp_path / "key").write_text("not a key")
    with pytest.raises(CorruptError, match="is not a key"):
        FileVault(tmp_path / "key").open(sealed)
    (tmp_path / "key").unlink()
    with pytest.raises(CorruptError, match="is missing"):
        FileVault(tmp_path / "key").open(sealed)
