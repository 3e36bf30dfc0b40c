from __future__ import annotations

from drivetrain.record.tracking.known import KnownRuns
from drivetrain.record.tracking.model import HotWrite


def param(value: str, run: str = "r") -> HotWrite:
    return HotWrite(run, params=(("p", value),))


def test_a_run_that_nobody_spoke_of_admits_nothing() -> None:
    assert not KnownRuns().admits(HotWrite("r"))


def test_a_parameter_may_be_said_again_but_not_changed() -> None:
    known = KnownRuns()
    known.learn("r", {}, known.generation)
    assert known.admits(param("1"))
    known.record(param("1"))
    assert known.admits(param("1"))
    assert not known.admits(param("2"))


def test_a_parameter_that_mlflow_holds_already_counts() -> None:
    known = KnownRuns()
    known.learn("r", {"p": "1"}, known.generation)
    assert not known.admits(param("2"))


def test_a_held_run_is_not_known_and_cannot_be_learned_meanwhile() -> None:
    known = KnownRuns()
    known.learn("r", {}, known.generation)
    known.learn("other", {}, known.generation)
    with known.hold("r"):
        assert not known.knows("r")
        known.learn("r", {}, known.generation)
        assert not known.knows("r")
        assert known.knows("other")
    assert not known.knows("r")


def test_holding_every_run_forgets_them_all_until_the_last_one_lets_go() -> None:
    known = KnownRuns()
    known.learn("r", {}, known.generation)
    with known.hold(None):
        with known.hold(None):
            pass
        known.learn("r", {}, known.generation)
        assert not known.knows("r")
    known.learn("r", {}, known.generation)
    assert known.knows("r")


def test_an_answer_from_before_a_change_teaches_nothing() -> None:
    known = KnownRuns()
    asked_at = known.generation
    with known.hold("r"):
        pass
    known.learn("r", {}, asked_at)
    assert not known.knows("r")


def test_learning_twice_keeps_what_was_acknowledged_between() -> None:
    known = KnownRuns()
    known.learn("r", {}, known.generation)
    known.record(param("1"))
    known.learn("r", {}, known.generation)
    assert not known.admits(param("2"))


def test_only_so_many_runs_are_remembered() -> None:
    known = KnownRuns(limit=2)
    for run in "abc":
        known.learn(run, {}, known.generation)
    assert [known.knows(run) for run in "abc"] == [False, True, True]
