from __future__ import annotations

import pytest

from drivetrain.definition.read import read_pipeline
from drivetrain.source.model import CiTrigger, Patterns, PrTrigger


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


def pr(text: str) -> PrTrigger:
    return read_pipeline(f"{text}\nsteps:\n- script: a\n", file="f.yml", tasks={}).checked().pr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", PrTrigger()),
        ("pr:", PrTrigger()),
        ("pr: None", PrTrigger(enabled=False)),
        ("pr: {enabled: false}", PrTrigger(enabled=False)),
        ("pr: [main, releases/*]", PrTrigger(branches=Patterns(("main", "releases/*")))),
        ("pr: {autoCancel: no, drafts: off}", PrTrigger(auto_cancel=False, drafts=False)),
        (
            "pr: {branches: {exclude: [old]}, paths: [src]}",
            PrTrigger(branches=Patterns((), ("old",)), paths=Patterns(("src",))),
        ),
    ],
)
def test_every_form_of_pr(text: str, expected: PrTrigger) -> None:
    assert pr(text) == expected


@pytest.mark.parametrize("text", ["pr: none", "pr: [main]", "schedules:", "schedules: [{cron: 0 0 * * *}]"])
def test_nothing_is_said_about_what_is_right(text: str) -> None:
    assert read_pipeline(f"{text}\nsteps:\n- script: a\n", file="f.yml", tasks={}).problems == ()


@pytest.mark.parametrize("key", ["trigger", "pr"])
def test_what_azure_prints_for_none_is_read_with_a_warning(key: str) -> None:
    definition = read_pipeline(f"{key}: {{enabled: false}}\nsteps:\n- script: a\n", file="f.yml", tasks={})
    assert [(problem.code, problem.severity) for problem in definition.problems] == [("not-on-azure", "warning")]
    assert definition.pipeline.trigger.enabled is (key != "trigger")


@pytest.mark.parametrize("name", ["a b", "a//b", "/a", "a/", "a~1", "a^", "a:b", "[a]", "a\\b"])
def test_what_no_branch_can_be_called_is_a_warning(name: str) -> None:
    text = f"trigger: {{branches: {{include: ['{name}']}}}}\nsteps:\n- script: a\n"
    (problem,) = read_pipeline(text, file="f.yml", tasks={}).problems
    assert (problem.code, problem.severity, str(problem.position)) == ("wrong-value", "warning", "f.yml:1:32")
