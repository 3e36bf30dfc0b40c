"""A home that cannot be used: every command says what is wrong and what to do, and breaks nothing."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from drivetrain.home import Home
from drivetrain.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Workplace

FINE = "steps:\n- checkout: none\n- bash: echo all is well\n"
READ = (["runs"], ["show"], ["logs"], ["cancel", "1"], ["rerun", "1"], ["project", "list"])
WRITE = (["run"], ["up", "--port", "0"], ["project", "add", ".", "--no-hook"])


def newer(home: Home) -> None:
    with closing(Database(home.database).connect()) as connection:
        connection.execute("PRAGMA user_version = 999")


def garbage(home: Home) -> None:
    home.root.mkdir()
    home.database.write_bytes(b"this was a database once\n" * 1000)


def a_folder(home: Home) -> None:
    home.database.mkdir(parents=True)


def torn(home: Home) -> None:
    with closing(Database(home.database).connect()):
        pass
    size = home.database.stat().st_size
    with home.database.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (size - 100))


BROKEN: dict[str, tuple[Callable[[Home], None], str]] = {
    "of a newer version": (newer, "was written by a newer Drivetrain (schema 999"),
    "with garbage as database": (garbage, "is not a usable database"),
    "with a torn database": (torn, "is not a usable database"),
    "with a folder as database": (a_folder, "cannot"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_home_that_cannot_be_used_is_named_by_every_command(workplace: Workplace, tmp_path: Path, kind: str) -> None:
    make, words = BROKEN[kind]
    home = Home(tmp_path / "home")
    make(home)
    workplace.write(FINE)
    before = home.database.read_bytes() if home.database.is_file() else b""
    for command in (*READ, *WRITE):
        done = workplace.call(*command, code=1)
        assert words in done.stderr, (command, done.stderr)
        assert str(home.database) in done.stderr, command
        assert "hint:" in done.stderr, command
    assert "fail  database" in workplace.call("doctor", code=1).stdout
    workplace.call("lint")
    assert (home.database.read_bytes() if home.database.is_file() else b"") == before


def test_a_file_where_the_home_should_be_is_named(workplace: Workplace, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file stands here")
    workplace.write(FINE)
    for command in (["run"], ["up"], ["project", "add", ".", "--no-hook"]):
        done = workplace.call(*command, code=1)
        assert str(tmp_path / "home") in done.stderr, command
        assert "hint:" in done.stderr, command
    assert "fail  home" in workplace.call("doctor", code=1).stdout
    assert (tmp_path / "home").read_text() == "a file stands here"


def test_a_log_or_journal_that_was_deleted_breaks_no_page_or_command(workplace: Workplace, tmp_path: Path) -> None:
    workplace.write(FINE)
    workplace.call("run")
    for path in (tmp_path / "home/runs/1").glob("*/*"):
        if path.is_file():
            path.unlink()
    for path in (tmp_path / "home/runs/1").glob("*/logs/*"):
        path.unlink()
    assert "Succeeded" in workplace.call("show").stdout
    workplace.call("logs")
    assert "there is no such log" in workplace.call("logs", "--raw", code=2).stderr
    assert "all is well" in workplace.call("run").stdout
