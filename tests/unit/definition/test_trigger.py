from __future__ import annotations

import pytest

from drivetrain.definition.read import read_pipeline
from drivetrain.source.model import CiTrigger, Patterns


def trigger(text: str) -> CiTrigger:
    return read_pipeline(f"{text}\nsteps:\n- script: a\n", file="f.yml", tasks={}).checked().trigger


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", CiTrigger()),
        ("trigger:", CiTrigger()),
        ("trigger: none", CiTrigger(enabled=False)),
        ("trigger: None", CiTrigger(enabled=False)),
        ("trigger: [main, releases/*]", CiTrigger(branches=Patterns(("main", "releases/*")))),
        ("trigger:\n- main", CiTrigger(branches=Patterns(("main",)))),
        ("trigger: {batch: true}", CiTrigger(batch=True)),
        ("trigger: {branches: [main]}", CiTrigger(branches=Patterns(("main",)))),
        (
            "trigger:\n  branches:\n    include: [main]\n    exclude: [old/*]",
            CiTrigger(branches=Patterns(("main",), ("old/*",))),
        ),
        ("trigger: {paths: {exclude: [docs]}}", CiTrigger(paths=Patterns((), ("docs",)))),
        ("trigger: {tags: {include: [v*]}}", CiTrigger(tags=Patterns(("v*",)))),
        ("trigger: {branches: {include: main}}", CiTrigger(branches=Patterns(("main",)))),
    ],
)
def test_every_form_of_trigger(text: str, expected: CiTrigger) -> None:
    assert trigger(text) == expected


@pytest.mark.parametrize("text", ["pr: none", "pr:", "schedules:"])
def test_nothing_is_said_about_what_is_off(text: str) -> None:
    assert read_pipeline(f"{text}\nsteps:\n- script: a\n", file="f.yml", tasks={}).problems == ()


@pytest.mark.parametrize("text", ["pr: [main]", "pr: {drafts: false}", "schedules: [{cron: 0 0 * * *}]"])
def test_what_does_not_start_runs_yet_is_a_warning_not_an_error(text: str) -> None:
    definition = read_pipeline(f"{text}\nsteps:\n- script: a\n", file="f.yml", tasks={})
    assert definition.ok
    assert [problem.code for problem in definition.problems] == ["no-effect-yet"]
