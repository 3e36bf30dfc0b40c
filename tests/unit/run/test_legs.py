"""What a matrix, a number of slices and a limit come to that only the run knows: a table."""

from __future__ import annotations

import json

import pytest

from drivetrain.errors import UserError
from drivetrain.plan.model import JobPlan, LegPlan, RuntimeText, StrategyPlan
from drivetrain.run.legs import Decided, Undecided, decide_legs
from drivetrain.run.model import LONGEST_FOLDER, JobRef
from tests.unit.run.engine_bench import job

HERE = "f.yml:3:5"


def matrix(text: str, secrets: tuple[str, ...] = ()) -> Decided | Undecided:
    strategy = StrategyPlan(matrix=RuntimeText("the matrix", HERE))
    return decide_legs(job("A", strategy=strategy), lambda _: text, secrets)


def of(strategy: StrategyPlan, **texts: str) -> Decided | Undecided:
    return decide_legs(job("A", strategy=strategy), texts.__getitem__, ())


@pytest.mark.parametrize(
    ("text", "legs"),
    [
        ('{"a": {"x": "1"}, "b": {}}', [("a", {"x": "1"}), ("b", {})]),
        ("{'a': {'x': 'it''s'}}", [("a", {"x": "it's"})]),
        ('{"python/3.11": {}}', [("python/3.11", {})]),
        ("  {'a':{'x':'1'},'b':{'x':'2'}}  ", [("a", {"x": "1"}), ("b", {"x": "2"})]),
        ('{"a": {"n": 1.50, "big": 12345678901234567890, "yes": true, "no": false, "nothing": null}}',
         [("a", {"n": "1.50", "big": "12345678901234567890", "yes": "true", "no": "false", "nothing": ""})]),
        ("{'a': {'n': 1.50, 'yes': true}}", [("a", {"n": "1.50", "yes": "true"})]),
        ('{"python 3.11": {"tail": "\\ud83d\\ude00"}}', [("python 3.11", {"tail": "😀"})]),
    ],
)  # fmt: skip
def test_json_becomes_legs_and_words_stay_as_they_are_written(text: str, legs: list[tuple[str, object]]) -> None:
    found = matrix(text)
    assert isinstance(found, Decided)
    assert [(leg.name, leg.variables) for leg in found.legs] == legs


MANY = json.dumps({f"leg{number}": {} for number in range(257)})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "comes to '', which is not JSON, such as {"),
        ("nonsense", "comes to 'nonsense', which is not JSON"),
        ("{'a': ", "which is not JSON: "),
        ("{'a': {'x': &b 1}}", "which is not JSON: "),
        ("[" * 100_000, "which is not JSON"),
        ("{" * 100_000, "which is not JSON"),
        ('["a"]', "which is not an object of legs"),
        ("null", "which is not an object of legs"),
        ("{}", "the matrix comes to no legs; a condition of the job can say"),
        ('{"a": "x"}', "matrix leg 'a' is not an object of variables"),
        ('{"a": {"x": ["y"]}}', "variable 'x' of matrix leg 'a' is not a text"),
        ("{'a': {'x': {'y': 'z'}}}", "variable 'x' of matrix leg 'a' is not a text"),
        ('{"": {}}', "matrix leg name '' is not valid (letters, digits and _, at most 100)"),
        ('{" ": {}}', "matrix leg name '' is not valid"),
        ('{"a\\nb": {}}', "matrix leg name 'a b' is not valid"),
        (json.dumps({"x" * 101: {}}), "is not valid"),
        ('{"a": {}, "A": {}}', "matrix leg 'A' is there twice (names ignore case)"),
        (MANY, "The matrix expansion resulted in 257 jobs which exceeds the maximum allowable job count of 256."),
    ],
)  # fmt: skip
def test_what_is_no_matrix_is_told_with_its_place(text: str, reason: str) -> None:
    found = matrix(text)
    assert isinstance(found, Undecided)
    assert reason in found.reason
    assert found.position == HERE
    assert len(found.reason) < 250


def test_a_matrix_may_not_hold_a_secret_because_legs_are_shown() -> None:
    found = matrix('{"a": {"x": "hunter2"}}', ("hunter2",))
    assert isinstance(found, Undecided)
    assert "holds a secret" in found.reason
    assert "hunter2" not in found.reason
    assert isinstance(matrix('{"a": {"x": "y"}}', ("hunter2", "")), Decided)


def test_slices_and_a_limit_are_numbers() -> None:
    strategy = StrategyPlan(parallel=RuntimeText("p"), max_parallel=RuntimeText("m"))
    found = of(strategy, p=" 3 ", m="2")
    assert found == Decided((LegPlan("Job1"), LegPlan("Job2"), LegPlan("Job3")), 2)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "²", "$(undefined)"])
def test_a_limit_that_is_no_number_is_told_with_its_place(text: str) -> None:
    found = of(StrategyPlan(max_parallel=RuntimeText("m", HERE)), m=text)
    assert isinstance(found, Undecided)
    assert found.reason == f"maxParallel comes to '{text}', which is not a whole number of at least 0"
    assert found.position == HERE


@pytest.mark.parametrize("text", ["257", "9" * 5000])
def test_too_many_slices_are_refused(text: str) -> None:
    found = of(StrategyPlan(parallel=RuntimeText("p")), p=text)
    assert isinstance(found, Undecided)
    assert found.reason.startswith("The slicing expansion resulted in ")


def test_an_expression_that_is_wrong_has_the_place_of_its_text() -> None:
    def evaluate(_: str) -> str:
        raise UserError("no such thing")

    strategy = StrategyPlan(matrix=RuntimeText("m", HERE))
    assert decide_legs(job("A", strategy=strategy), evaluate, ()) == Undecided("no such thing", HERE)


def test_what_the_plan_knows_stays_as_it_is() -> None:
    known = JobPlan("A", "A", (), legs=(LegPlan("a"), LegPlan("b")), max_parallel=1)
    assert decide_legs(known, str, ()) == Decided(known.legs, 1)


def test_the_folder_of_a_job_is_short_and_plain_whatever_its_leg_is_called() -> None:
    assert JobRef("S", "Job", "Python 3.8 / Linux").folder(2) == "S.Job.Python~203.8~20~2F~20Linux.2"
    folders = [JobRef("S", "Job", f"{'ü' * 90}{end}").folder(1) for end in "ab"]
    assert len(set(folders)) == 2
    assert max(map(len, folders)) <= LONGEST_FOLDER + 2
