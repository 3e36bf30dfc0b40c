from __future__ import annotations

from msgspec.structs import replace

from drivetrain.run.model import Issue, JobRef, Result
from drivetrain.run.reports.model import CaseOutcome, CaseResult, Counts, Measure
from drivetrain.source.hosts.marks import marker
from drivetrain.source.hosts.model import Verdict
from drivetrain.view.answers.comment import LONGEST, comment, mark, without_run
from drivetrain.view.answers.markdown import NOTHING
from drivetrain.view.answers.model import Software
from drivetrain.view.reports.ports import Case, History
from tests.unit.view.answers.stories import BASE, HEAD, NOW, PULL, job, results, run, story, training

EVIL = "<img src=x> @everyone `x` | ![a](http://evil.example) \u202e"


def case(name: str, message: str = "assert 1 == 2") -> Case:
    result = CaseResult("tests.test_x", name, name, CaseOutcome.FAILED, message=message)
    return Case(1, 1, JobRef("Build", "Train"), 1, result, History())


def test_metrics_stand_beside_those_of_the_target_branch() -> None:
    now = results(training=[training({"accuracy": 0.912, "loss": 0.4, "epochs": 12.0, "new_one": 1.0})])
    then = results(9, training=[training({"accuracy": 0.904, "loss": 0.3, "epochs": 10.0})])
    text = comment(story(results=now, before=then, picture=f"{BASE}/answers/k/12.svg?v=1"), NOW)
    lines = text.splitlines()
    assert lines[0] == "<!-- drivetrain: drivetrain/churn/pr -->"
    assert lines[2] == "### ✅ `churn` succeeded"
    assert (
        f"[Run 12]({BASE}/runs/12) (`20261126.12`): commit `aaaaaaaa` of `feature/x`, merged with `main`, in 3m 05s."
        in text
    )
    assert f"| Metric | This run | `main`, [run 9]({BASE}/runs/9) (`20261126.9`) | Change |  |" in text
    rows = [line for line in lines if line.startswith("| `")]
    assert rows == [
        "| `loss` | **0.4** | 0.3 | +0.1 | 🔴 worse |",
        "| `accuracy` | **0.912** | 0.904 | +0.008 | 🟢 better |",
        "| `epochs` | **12** | 10 | +2 |  |",
        f"| `new_one` | 1 | {NOTHING} | {NOTHING} | new |",
    ]
    assert f"![Metrics over the last runs]({BASE}/answers/k/12.svg?v=1)" in text


def test_what_changed_of_parameters_and_environment() -> None:
    now = results(
        run={"parameters": {"size": "big"}},
        training=[training({}, {"lr": "0.1", "depth": "3"})],
        software=Software(("3.12.1",), {"numpy": "2.1", "torch": "2.5", "same": "1"}),
    )
    then = results(
        9,
        run={"parameters": {"size": "small"}},
        training=[training({}, {"lr": "0.2", "depth": "3"})],
        software=Software(("3.11.9",), {"numpy": "2.0", "same": "1", "gone": "1"}),
    )
    text = comment(story(results=now, before=then), NOW)
    for row in (
        "| `size` | `big` | `small` |",
        "| `lr` | `0.1` | `0.2` |",
        "| `Python` | `3.12.1` | `3.11.9` |",
        "| `numpy` | `2.1` | `2.0` |",
        f"| `torch` | `2.5` | {NOTHING} |",
        f"| `gone` | {NOTHING} | `1` |",
    ):
        assert row in text
    assert "depth" not in text
    assert "same" not in text


def test_tests_and_coverage_beside_those_of_the_target() -> None:
    now = results(
        tests=Counts(passed=10, failed=2), failed=[case("test_new"), case("test_old")], lines=Measure(83, 100)
    )
    then = results(9, tests=Counts(passed=11, failed=1), failed=[case("test_old")], lines=Measure(80, 100))
    text = comment(story(results=now, before=then), NOW)
    assert "- 12 tests: 2 failed, 10 passed (before: 12 tests: 1 failed, 11 passed)" in text
    assert "  - ❌ **new** `test_new`: `assert 1 == 2`" in text
    assert "  - ❌ `test_old`: `assert 1 == 2`" in text
    assert "- 83.0% of the lines are covered (+3.00%)" in text


def test_a_failed_run_shows_its_jobs_and_issues() -> None:
    failed = results(run={"result": Result.FAILED})
    issues = (Issue("warning", "w"), Issue("error", "it broke", file="a.py", line=3))
    text = comment(story(results=failed, jobs=(job(), job("Test", Result.FAILED)), issues=issues), NOW)
    assert "### ❌ `churn` failed" in text
    assert "- ❌ `a.py:3`: `it broke`" in text
    assert "| `Test` | ❌ Failed | 3m 04s |" in text


def test_without_an_address_the_command_is_named() -> None:
    text = comment(story(results=replace(results(), page="")), NOW)
    assert "Run 12 (`20261126.12`): commit" in text
    assert "`drivetrain show 12` shows it." in text
    assert "](" not in text


def test_strangers_write_nothing_but_code() -> None:
    pull = replace(PULL, title=EVIL, source=f"refs/heads/{EVIL}", author=EVIL)
    now = results(
        run={"number": EVIL, "pipeline": EVIL, "result": Result.FAILED, "parameters": {EVIL: EVIL}},
        training=[training({EVIL: 1.0}, {EVIL: EVIL}, name=EVIL, experiment=EVIL), training({EVIL: 1.0}, name=EVIL)],
        tests=Counts(failed=1),
        failed=[case(EVIL, EVIL)],
    )
    then = results(9, training=[training({EVIL: 2.0}, {EVIL: "other"}, experiment=EVIL)], software=Software())
    jobs = (job(EVIL, Result.FAILED),)
    text = comment(
        story(results=now, before=then, jobs=jobs, pull_request=pull, target=EVIL, issues=(Issue("error", EVIL),)), NOW
    )
    outside = _outside_code(text)
    for part in ("<img", "@everyone", "evil.example", "\u202e"):
        assert part not in outside


def _outside_code(text: str) -> str:
    """What a reader of Markdown sees that is no code."""
    kept, at = "", 0
    while at < len(text):
        if text[at] != "`":
            kept, at = kept + text[at], at + 1
            continue
        fence = text[at : at + len(text[at:]) - len(text[at:].lstrip("`"))]
        end = at + len(fence)
        while True:
            end = text.index(fence, end)
            run = len(text[end:]) - len(text[end:].lstrip("`"))
            if run == len(fence):
                break
            end += run
        at = end + len(fence)
    return kept


def test_a_long_comment_ends_whole() -> None:
    trained = [
        training({f"m{number}_{'x' * 80}": 1.0 for number in range(500)}, {f"p{n}": "v" * 200 for n in range(500)})
    ]
    many = tuple(Issue("error", "e" * 2000) for _ in range(1000))
    failed = results(
        run={"result": Result.FAILED},
        training=trained,
        tests=Counts(failed=500),
        failed=[case("t" * 900, "m" * 4000)] * 100,
    )
    before = results(9, training=[training({}, {f"p{n}": "w" * 200 for n in range(500)})])
    text = comment(story(results=failed, before=before, issues=many, jobs=(job("j" * 500, Result.FAILED),) * 200), NOW)
    assert len(text) <= LONGEST
    assert text.endswith("comment up to date.</sub>")
    assert marker(text)


def test_a_pull_request_without_a_run() -> None:
    waits = without_run(
        "drivetrain/churn/pr", "churn", PULL, Verdict.NEUTRAL, f"it waits for a collaborator's word {EVIL}"
    )
    assert "### 🟡 `churn` waits" in waits
    assert "comment `/azp run`" in waits
    assert "@everyone" not in _outside_code(waits)
    conflict = without_run("drivetrain/churn/pr", "churn", PULL, Verdict.ERROR, "the merge has conflicts in a.py")
    assert "### ❌ `churn` has no run" in conflict
    assert f"commit `{HEAD[:8]}`: `the merge has conflicts in a.py`." in conflict


def test_the_mark_is_found_again() -> None:
    text = comment(story(), NOW)
    assert marker(text) == mark("drivetrain/churn/pr")
    for odd in ("a --> b", "<x>", "a\nb", ""):
        assert "-->" not in mark(odd).removesuffix(" -->")
    assert run().id == 12
