"""Schedules, with every field of `cron` as Azure reads it.

https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#cron-syntax
"""

from __future__ import annotations

import pytest

from drivetrain.definition.convert.schedules import cron_problem
from drivetrain.definition.read import read_pipeline
from drivetrain.source.model import Patterns, Schedule


def test_every_key_of_a_schedule() -> None:
    text = (
        "schedules:\n- cron: 30 3 * * Mon-Fri\n  displayName: Nights\n  branches: {include: [main], exclude: [old/*]}\n"
        "  batch: true\n  always: yes\n- cron: '0 0 * * *'\nsteps:\n- script: a\n"
    )
    assert read_pipeline(text, file="f.yml", tasks={}).checked().schedules == (
        Schedule("30 3 * * Mon-Fri", "Nights", Patterns(("main",), ("old/*",)), batch=True, always=True),
        Schedule("0 0 * * *"),
    )


def test_a_schedule_that_cannot_be_read_is_left_out() -> None:
    text = "schedules:\n- cron: daily\n- cron: 0 0 * * *\nsteps:\n- script: a\n"
    definition = read_pipeline(text, file="f.yml", tasks={})
    assert definition.pipeline.schedules == (Schedule("0 0 * * *"),)
    (problem,) = definition.problems
    assert problem.message == "Error while validating cron input. Improperly formed cron syntax: 'daily'."
    assert str(problem.position) == "f.yml:2:9"


@pytest.mark.parametrize(
    "cron",
    [
        "* * * * *", "0 0 1 1 0", "59 23 31 12 6", "*/15 * * * *", "0 0,6,12,18 * * *", "0 2-4 * * *", "1-5/2 * * * *",
        "0 0 * JAN,jul Sun", "0 0 * january-March monday-Fri", "5/10 * * * *", "0  3   * * *",
    ],
)  # fmt: skip
def test_these_are_right(cron: str) -> None:
    assert cron_problem(cron) == ""


@pytest.mark.parametrize(
    ("cron", "field"),
    [
        ("60 * * * *", "minute"), ("* 24 * * *", "hour"), ("* * 0 * *", "day of the month"),
        ("* * 32 * *", "day of the month"), ("* * * 13 *", "month"), ("* * * 0 *", "month"),
        ("* * * * 7", "day of the week"), ("*/0 * * * *", "minute"), ("1- * * * *", "minute"), ("-1 * * * *", "minute"),
        ("a * * * *", "minute"), ("* * * Ja *", "month"), ("* * * * Foo", "day of the week"),
        ("1,,2 * * * *", "minute"),
        ("*-5 * * * *", "minute"), ("1/x * * * *", "minute"), ("1-99 * * * *", "minute"), ("* mon * * *", "hour"),
    ],
)  # fmt: skip
def test_the_field_that_is_wrong_is_named(cron: str, field: str) -> None:
    assert cron_problem(cron).startswith(f"the {field} cannot be ")


@pytest.mark.parametrize("cron", ["", "* * * *", "* * * * * *", "@daily"])
def test_there_are_five_fields(cron: str) -> None:
    assert "not five" in cron_problem(cron)
