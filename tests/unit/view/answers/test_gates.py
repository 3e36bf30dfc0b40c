from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from drivetrain.registry.gates.model import Finding, Outcome, Verdict
from drivetrain.run.model import Result
from drivetrain.view.answers import gates, words
from drivetrain.view.answers.comment import LONGEST, comment
from drivetrain.view.answers.report import report
from tests.unit.view.answers.stories import NOW, job, results, story

EVIL = "<img src=x> @everyone `x` | ![a](http://evil.example) \u202e"
PASSED = Finding(
    "size (bytes), at most", Outcome.PASSED, True, 12_345_678.0, None, 2e7, "12345678 is no worse than 2e7"
)
FAILED = Finding("rmse", Outcome.FAILED, False, 0.6, 0.5, 0.51, "0.6 is worse than the champion's 0.5 + 0.01")
MISSING = Finding("f1", Outcome.NO_METRIC, passed=False, reason="it was not logged")


def verdict(number: int = 1, /, **more: Any) -> Verdict:
    found = Verdict(
        number, "2026-11-26T09:00:00.000Z", "quality", "fraud:2", "fraud:1", False, (PASSED, FAILED, MISSING)
    )
    return replace(found, **more)


def test_a_pull_request_is_told_what_the_gate_said() -> None:
    text = comment(story(gate=gates.told([verdict()])), NOW)
    assert "#### Gates" in text
    assert "`fraud:2` ❌ did not pass `quality`, against `fraud:1`." in text
    assert "|  | Rule | Candidate | Champion | Limit | Why |" in text
    assert "| ✅ | `size (bytes), at most` | 12345678 |  | 20000000 | `12345678 is no worse than 2e7` |" in text
    assert "| ❌ | `rmse` | 0.6 | 0.5 | 0.51 | `0.6 is worse than the champion's 0.5 + 0.01` |" in text
    assert "| ❌ | `f1` |  |  |  | `not known of the candidate: it was not logged` |" in text


def test_so_is_the_commit() -> None:
    made = story(gate=gates.told([verdict()]), gate_line=gates.line([verdict()]), jobs=(job(result=Result.FAILED),))
    made = replace(made, results=results(run={"result": Result.FAILED}))
    found = report(made, NOW)
    assert found.title == "Failed: Train; gate quality stopped fraud:2"
    assert "did not pass `quality`" in found.summary


def test_a_promotion_is_told() -> None:
    text = gates.told([verdict(passed=True, champion="", promoted="champion", findings=(PASSED,))])
    head = "`fraud:2` ✅ passed `quality`, without a champion to compare with. It is now `champion`."
    assert text.splitlines()[2] == head


def test_the_last_verdict_of_a_gate_on_a_candidate_counts() -> None:
    found = [verdict(1), verdict(2, passed=True), verdict(3, gate="speed")]
    assert gates.told(found).count("did not pass") == 1
    assert gates.line(found) == "gate speed stopped fraud:2"
    assert gates.line(found[:2]) == "gate quality passed fraud:2"
    assert gates.line([verdict(1), verdict(2, gate="speed")]) == "gate quality stopped fraud:2 and 1 more"


def test_nothing_is_said_where_nobody_was_asked() -> None:
    assert gates.told([]) == gates.line([]) == ""
    assert "Gates" not in comment(story(), NOW)
    assert words.title(story(), NOW) == "Succeeded in 3m 05s: 1 job"


def test_strangers_words_stay_words() -> None:
    evil = Finding(EVIL, Outcome.FAILED, passed=False, reason=EVIL)
    found = [verdict(gate=EVIL, candidate=f"{EVIL}:1", champion=f"{EVIL}:0", promoted=EVIL, findings=(evil,))]
    text = gates.told(found)
    outside = "".join(part for number, part in enumerate(text.replace("`` ", "``").split("``")) if number % 2 == 0)
    assert "<img" not in outside
    assert "@everyone" not in outside
    assert "](http" not in outside
    assert "\u202e" not in text
    assert "\u202e" not in gates.line(found)
    rows = [line for line in text.splitlines() if line.startswith("| ❌")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 7


def test_a_comment_holds_what_failed_of_many_rules_and_does_not_grow_without_end() -> None:
    many = tuple(replace(PASSED, rule=f"rule {number} {'x' * 500}") for number in range(500))
    text = gates.told([verdict(number, gate=f"gate {number}", findings=(*many, FAILED)) for number in range(1, 60)])
    assert text.count("| ❌ | `rmse` |") == gates.MOST_VERDICTS
    assert "and 54 more verdicts" in text
    assert "and 471 more rules" in text
    assert len(text) < LONGEST
    assert len(comment(story(gate=text), NOW)) < LONGEST
