from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.registry.gates.memory import MemoryVerdicts
from drivetrain.registry.gates.model import Finding, Outcome, Verdict
from drivetrain.store.database import Database
from drivetrain.store.verdicts import SqliteVerdicts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.registry.gates.ports import Verdicts

IMPLEMENTATIONS: dict[str, Callable[[Path], Verdicts]] = {
    "memory": lambda _: MemoryVerdicts(),
    "sqlite": lambda folder: SqliteVerdicts(Database(folder / "drivetrain.db")),
}

VERDICT = Verdict(
    id=0,
    at="2026-11-26T12:00:00.000Z",
    gate="diabetes",
    candidate="diabetes:2",
    champion="diabetes:1",
    passed=False,
    findings=(
        Finding("rmse", Outcome.FAILED, False, 1e300, -0.1, 5e-324, "↯ worse"),
        Finding("size", Outcome.NO_METRIC, passed=False),
    ),
    rules="sha256:cd",
    data_digest="sha256:ab",
    run_id=7,
    step="Ask the gate",
    by="ada",
)


@pytest.fixture(params=IMPLEMENTATIONS)
def verdicts(request: pytest.FixtureRequest, tmp_path: Path) -> Verdicts:
    return IMPLEMENTATIONS[request.param](tmp_path)


def test_a_verdict_comes_back_as_it_was(verdicts: Verdicts) -> None:
    kept = verdicts.add(VERDICT)
    assert kept == replace(VERDICT, id=kept.id)
    assert verdicts.get(kept.id) == kept


def test_there_are_no_others(verdicts: Verdicts) -> None:
    with pytest.raises(NotFoundError, match="no verdict 1"):
        verdicts.get(1)
    with pytest.raises(NotFoundError):
        verdicts.promoted(1, "champion")
    assert list(verdicts.of_run(7)) == list(verdicts.of_model("diabetes")) == list(verdicts.latest()) == []


def test_those_of_a_run_come_oldest_first(verdicts: Verdicts) -> None:
    first, second = verdicts.add(VERDICT), verdicts.add(VERDICT)
    verdicts.add(replace(VERDICT, run_id=8))
    verdicts.add(replace(VERDICT, run_id=None))
    assert list(verdicts.of_run(7)) == [first, second]


def test_those_of_a_model_come_newest_first(verdicts: Verdicts) -> None:
    first, second = verdicts.add(VERDICT), verdicts.add(replace(VERDICT, candidate="diabetes:10"))
    other = verdicts.add(replace(VERDICT, candidate="diabetes2:2"))
    odd = verdicts.add(replace(VERDICT, candidate="a:b:3"))
    assert list(verdicts.of_model("diabetes")) == [second, first]
    assert list(verdicts.of_model("diabetes", "10")) == [second]
    assert list(verdicts.of_model("diabetes", "1")) == []
    assert list(verdicts.of_model("a:b", "3")) == [odd]
    assert list(verdicts.latest()) == [odd, other, second, first]
    assert list(verdicts.latest(2)) == [odd, other]


def test_what_it_was_promoted_to_is_noted(verdicts: Verdicts) -> None:
    kept, other = verdicts.add(VERDICT), verdicts.add(VERDICT)
    assert verdicts.promoted(kept.id, "champion") == replace(kept, promoted="champion")
    assert verdicts.get(kept.id).promoted == "champion"
    assert verdicts.get(other.id) == other


def test_threads_do_not_lose_each_others(verdicts: Verdicts) -> None:
    threads = [threading.Thread(target=verdicts.add, args=(VERDICT,)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({each.id for each in verdicts.of_run(7)}) == 8
