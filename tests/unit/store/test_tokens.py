from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.events import RunEvent
from drivetrain.run.model import JobRecord, JobRef, RepositorySource, State
from drivetrain.run.ports import Changes, NewRun
from drivetrain.source.model import Commit, Reason
from drivetrain.store.database import Database
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.tokens import SqliteTokenStore

if TYPE_CHECKING:
    from pathlib import Path

JOB = JobRef("S", "A", "leg")


@pytest.fixture
def runs(tmp_path: Path) -> SqliteRunStore:
    runs = SqliteRunStore(Database(tmp_path / "drivetrain.db"))
    source = RepositorySource("r", "/r", "/r", "refs/heads/main", Commit("a" * 40))
    runs.create(NewRun("p", "f", Reason.MANUAL, source, "Ada"), None, number_key="", number=lambda *_: "1")
    return runs


@pytest.fixture
def tokens(tmp_path: Path, runs: SqliteRunStore) -> SqliteTokenStore:
    assert runs.unfinished() == [1]
    return SqliteTokenStore(Database(tmp_path / "drivetrain.db"))


def test_a_token_says_whose_it_is_until_it_is_revoked(tokens: SqliteTokenStore) -> None:
    first, second, other = tokens.issue(1, JOB, 1), tokens.issue(1, JOB, 1), tokens.issue(1, JOB, 2)
    assert len({first, second, other}) == 3
    assert [tokens.lookup(token) for token in (first, second, other)] == [(1, JOB, 1), (1, JOB, 1), (1, JOB, 2)]
    tokens.revoke(1, JOB, 1)
    assert [tokens.lookup(token) for token in (first, second, other)] == [None, None, (1, JOB, 2)]


def test_a_token_is_nobodys_from_the_moment_its_job_is_written_as_ended(
    tokens: SqliteTokenStore, runs: SqliteRunStore
) -> None:
    first, second = tokens.issue(1, JOB, 1), tokens.issue(1, JOB, 2)
    for seq, state in enumerate((State.RUNNING, State.COMPLETED), 2):
        assert tokens.lookup(first) == (1, JOB, 1)
        change = Changes(jobs=[JobRecord(JOB, 1, "A", state)])
        runs.record(1, [RunEvent(seq, "2026-01-01T00:00:00.000Z", "x", {})], change)
    assert (tokens.lookup(first), tokens.lookup(second)) == (None, (1, JOB, 2))


@pytest.mark.parametrize("token", ["", "nobody's", "\udcff"])
def test_any_other_text_is_nobodys(tokens: SqliteTokenStore, token: str) -> None:
    tokens.issue(1, JOB, 1)
    assert tokens.lookup(token) is None


def test_a_token_is_kept_nowhere(tokens: SqliteTokenStore, tmp_path: Path) -> None:
    token = tokens.issue(1, JOB, 1)
    assert not [path for path in tmp_path.iterdir() if token.encode() in path.read_bytes()]
