from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.checks.calls import Calls
from drivetrain.run.checks.gatekeeper import StoreGatekeeper
from drivetrain.run.checks.model import GateWord
from drivetrain.run.model import Result
from tests.unit.run.checks.checks_bench import ChecksBench

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PASSED = GateWord(1, "quality", "fraud", "fraud:2", passed=True, rules="sha256:a")
FAILED = replace(PASSED, id=2, passed=False, reason="rmse: 2 is worse than 1")


class Words:
    """The GateWords port, of one run."""

    def __init__(self) -> None:
        self.said: list[GateWord] = []

    def of_run(self, run_id: int) -> Sequence[GateWord]:
        assert run_id
        return self.said


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def bench(tmp_path: Path, words: Words) -> ChecksBench:
    made = ChecksBench(tmp_path)
    made.gates = StoreGatekeeper(made.checks, made.clock, Calls(made.checks, made.clock, made.vault.open), words=words)
    return made


@pytest.mark.parametrize(
    ("settings", "said", "result"),
    [
        ({}, [PASSED], "open"),
        ({}, [FAILED], "failed"),
        ({}, [PASSED, FAILED], "failed"),
        ({}, [replace(FAILED, id=1), replace(PASSED, id=2)], "open"),
        ({}, [], "waits"),
        ({}, [replace(PASSED, gate="other")], "waits"),
        ({"model": "fraud"}, [PASSED], "open"),
        ({"model": "risk"}, [PASSED], "waits"),
        ({}, [PASSED, replace(FAILED, model="risk")], "failed"),
        ({"model": "fraud"}, [PASSED, replace(FAILED, model="risk")], "open"),
        ({"rules": "sha256:a"}, [PASSED], "open"),
        ({"rules": "sha256:b"}, [PASSED], "waits"),
        ({"rules": "sha256:b"}, [FAILED], "waits"),
        ({"rules": "sha256:a"}, [replace(FAILED, id=1), replace(PASSED, id=2, rules="sha256:b")], "failed"),
    ],
)
def test_the_newest_verdict_on_each_model_counts(
    bench: ChecksBench, words: Words, settings: dict[str, str], said: list[GateWord], result: str
) -> None:
    bench.add("modelGate", gate="quality", **settings)
    words.said = said
    gate = bench.look(*bench.run())
    assert (gate.open, gate.result) == (result == "open", Result.FAILED if result == "failed" else None)
    assert bool(gate.look_again) == (result == "waits")


def test_it_waits_until_the_gate_is_asked(bench: ChecksBench, words: Words) -> None:
    bench.add("modelGate", gate="quality")
    run, plan = bench.run()
    assert "gate quality has not been asked yet" in bench.look(run, plan).reason
    words.said = [PASSED]
    bench.later(seconds=6)
    assert bench.look(run, plan).open


def test_why_it_failed_is_told(bench: ChecksBench, words: Words) -> None:
    bench.add("modelGate", gate="quality")
    words.said = [FAILED]
    reason = bench.look(*bench.run()).reason
    assert reason.endswith("fraud:2 has not passed gate quality (verdict 2): rmse: 2 is worse than 1")


def test_other_rules_are_told_apart(bench: ChecksBench, words: Words) -> None:
    bench.add("modelGate", gate="quality", rules="sha256:b")
    words.said = [PASSED]
    assert "it was asked with other rules" in bench.look(*bench.run()).reason


def test_it_does_not_wait_for_ever(bench: ChecksBench) -> None:
    bench.add("modelGate", gate="quality", timeout=5)
    run, plan = bench.run()
    bench.look(run, plan)
    bench.later(minutes=6)
    assert bench.look(run, plan).result is Result.FAILED


@pytest.mark.parametrize("settings", [{}, {"gate": " "}, {"gate": "a", "file": "b"}, {"gate": "a", "timeout": 0}])
def test_it_is_checked_when_it_is_set(bench: ChecksBench, settings: dict[str, object]) -> None:
    with pytest.raises(UserError):
        bench.add("modelGate", **settings)
