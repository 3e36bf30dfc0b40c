"""Badges and plots: XML that says what it should, whatever the names are."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest

from drivetrain.run.model import Result
from drivetrain.view.answers.plot import MOST, plot
from drivetrain.view.badges import badge
from tests.unit.view.answers.stories import results, story, training

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '</text><script>alert(1)</script>"&\x00\u202e'


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Result.SUCCEEDED, "succeeded"),
        (Result.SUCCEEDED_WITH_ISSUES, "partially succeeded"),
        (Result.FAILED, "failed"),
        (Result.CANCELED, "canceled"),
        (None, "never built"),
    ],
)
def test_a_badge_says_the_result_as_azure_does(result: Result | None, words: str) -> None:
    svg = badge("churn", result)
    assert texts(svg) == ["churn", words]
    assert ET.fromstring(svg).get("aria-label") == f"churn: {words}"


def test_a_hostile_label_stays_text() -> None:
    svg = badge(EVIL + "x" * 500, Result.FAILED)
    assert texts(svg)[0].startswith("</text><script>alert(1)</script>")
    assert {each.tag for each in ET.fromstring(svg).iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "clipPath", "rect", "g", "text")
    }
    assert int(ET.fromstring(svg).get("width", "")) < 500


def history(*values: float, name: str = "accuracy") -> list[object]:
    return [results(number, training=[training({name: value})]) for number, value in enumerate(values, 1)]


def test_a_plot_shows_earlier_runs_and_this_one() -> None:
    svg = plot(story(results=results(training=[training({"accuracy": 0.9})])), history(0.5, 0.7, 0.8))  # type: ignore[arg-type]
    assert texts(svg) == ["run 20261126.12 beside the last good runs of main", "accuracy", "0.9", "better", "was 0.8"]
    root = ET.fromstring(svg)
    circles = [(each.get("class"), float(each.get("cy", ""))) for each in root.iter(f"{SVG}circle")]
    assert [kind for kind, _ in circles] == ["then"] * 3 + ["dot"]
    assert [y for _, y in circles] == sorted((y for _, y in circles), reverse=True)
    assert root.get("aria-label") == "accuracy 0.9 better"


def test_nothing_is_drawn_without_anything_to_compare_with() -> None:
    now = story(results=results(training=[training({"accuracy": 0.9})]))
    assert plot(now, []) == ""
    assert plot(story(), history(0.5)) == ""  # type: ignore[arg-type]
    assert plot(now, history(0.5, name="other")) == ""  # type: ignore[arg-type]


def test_hostile_names_and_values_are_drawn_as_text() -> None:
    names = {EVIL: 1.0, "nan": math.nan, "inf": math.inf, **{f"m{number}": float(number) for number in range(9)}}
    now = story(results=results(run={"number": EVIL}, training=[training(names)]), target=EVIL)
    then = [
        results(1, training=[training({**names, EVIL: 1e308})]),
        results(2, training=[training({**names, EVIL: -1e308})]),
    ]
    svg = plot(now, then)
    root = ET.fromstring(svg)
    assert len(list(root.iter(f"{SVG}g"))) == MOST
    assert any(text.startswith("</text><script>") for text in texts(svg))
    assert "script" not in {each.tag.removeprefix(SVG) for each in root.iter()}
    places = [float(each.get(name, "")) for each in root.iter(f"{SVG}circle") for name in ("cx", "cy")]
    assert len(places) == 2 * MOST + 2 * 2 * MOST
    assert all(map(math.isfinite, places))
