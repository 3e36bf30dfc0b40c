"""What every implementation of `PersonalTokens` must do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import FixedClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.source.model import Project
from drivetrain.store.database import Database
from drivetrain.store.personal_tokens import SqlitePersonalTokens
from drivetrain.store.projects import SqliteProjects
from drivetrain.view.tokens.model import PREFIX, TokenScope

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.view.tokens.ports import PersonalTokens

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
READ, MANAGE = TokenScope.READ, TokenScope.MANAGE


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(tmp_path / "drivetrain.db")
    made.connect().close()
    return made


@pytest.fixture
def projects(database: Database, tmp_path: Path) -> SqliteProjects:
    projects = SqliteProjects(database)
    projects.add(Project(0, "Wine", str(tmp_path), "main"), {})
    return projects


@pytest.fixture(params=["sqlite"])
def tokens(database: Database, clock: FixedClock) -> PersonalTokens:
    return SqlitePersonalTokens(database, clock=clock)


def test_a_token_is_found_as_it_was_made(tokens: PersonalTokens, projects: SqliteProjects) -> None:
    del projects
    made = tokens.create("ci", MANAGE, days=30, by="ada", project="Wine")
    assert made.text.startswith(PREFIX)
    assert len(made.text) > 40
    found = tokens.find(made.text)
    assert found == made.about
    assert (found.name, found.scope, found.project, found.created_by) == ("ci", MANAGE, "Wine", "ada")
    assert found.expires_at == timestamp(NOW + timedelta(days=30))
    assert list(tokens.all()) == [made.about]


def test_nothing_else_is_found(tokens: PersonalTokens) -> None:
    text = tokens.create("ci", READ, days=1, by="ada").text
    for wrong in ("", PREFIX, text[:-1], f"{text}x", text.removeprefix(PREFIX), text.upper(), f"{PREFIX}\udcff"):
        assert tokens.find(wrong) is None


def test_a_token_ends(tokens: PersonalTokens, clock: FixedClock) -> None:
    text = tokens.create("ci", READ, days=1, by="ada").text
    clock.at = NOW + timedelta(days=1, microseconds=-1000)
    assert tokens.find(text)
    clock.at = NOW + timedelta(days=1)
    assert tokens.find(text) is None
    assert [each.expired for each in tokens.all()] == [True]


def test_a_revoked_token_is_gone_at_once_and_its_name_free(tokens: PersonalTokens) -> None:
    old = tokens.create("ci", READ, days=1, by="ada").text
    tokens.revoke("CI")
    assert tokens.find(old) is None
    assert list(tokens.all()) == []
    with pytest.raises(NotFoundError, match="no token 'ci'"):
        tokens.revoke("ci")
    new = tokens.create("ci", READ, days=1, by="ada").text
    assert tokens.find(old) is None
    assert tokens.find(new)


def test_a_token_ends_with_its_project(tokens: PersonalTokens, projects: SqliteProjects, tmp_path: Path) -> None:
    text = tokens.create("ci", READ, days=1, by="ada", project="Wine").text
    projects.remove(projects.named("Wine").id, delete_runs=False)
    assert tokens.find(text) is None
    projects.add(Project(0, "Wine", str(tmp_path), "main"), {})
    assert tokens.find(text) is None


def test_what_cannot_be_is_refused(tokens: PersonalTokens) -> None:
    tokens.create("ci", READ, days=1, by="ada")
    with pytest.raises(ConflictError, match="there is a token 'CI' already"):
        tokens.create("CI", READ, days=1, by="ada")
    with pytest.raises(NotFoundError, match="no project 'Nowhere'"):
        tokens.create("other", READ, days=1, by="ada", project="Nowhere")
    for name in ("", " ", " a", "a\n", "x" * 101, "\x1b[31m"):
        with pytest.raises(UserError, match="cannot be called"):
            tokens.create(name, READ, days=1, by="ada")
    for days in (0, -1, 367):
        with pytest.raises(UserError, match="cannot be good for"):
            tokens.create("other", READ, days=days, by="ada")


def test_the_token_itself_is_nowhere_in_the_file(tokens: PersonalTokens, database: Database) -> None:
    text = tokens.create("ci", READ, days=1, by="ada").text
    kept = b"".join(path.read_bytes() for path in database.path.parent.iterdir())
    assert b"ada" in kept
    assert text.encode() not in kept
    assert text.removeprefix(PREFIX).encode() not in kept
