from __future__ import annotations

import pytest

from drivetrain.source.webhooks.commands import (
    Command,
    Verb,
    called,
    command,
    helped,
    listed,
    no_such,
    started,
    where,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/azp run", Command(Verb.RUN)),
        ("  /AZP   Run\r\nplease", Command(Verb.RUN)),
        ("/AzurePipelines run", Command(Verb.RUN)),
        ("/azp run churn model ", Command(Verb.RUN, "churn model")),
        ("/azp run a\nb", Command(Verb.RUN, "a")),
        ("/azp list", Command(Verb.LIST)),
        ("/azp where", Command(Verb.WHERE)),
        ("/azp help run", Command(Verb.HELP, "run")),
        ("/azp", Command(Verb.HELP)),
        ("/azp frobnicate", Command(Verb.HELP, unknown="frobnicate")),
        ("/azp run" + " x" * 1000, Command(Verb.RUN, ("x " * 100))),
    ],
)
def test_a_comment_that_begins_with_a_command(text: str, wanted: Command) -> None:
    assert command(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "run", "please /azp run", "/azprun", "/azp-run", "> /azp run", "`/azp run`", "a\n/azp run", "/azure run"],
)
def test_a_comment_for_people(text: str) -> None:
    assert command(text) is None


def test_a_name_means_one_pipeline_in_any_case_and_none_means_all() -> None:
    assert called(["Train", "test"], "") == ["Train", "test"]
    assert called(["Train", "test"], "TRAIN") == ["Train"]
    assert called(["Train", "test"], "other") == []


def test_answers_hold_the_names_and_nothing_of_them_marks_up() -> None:
    hostile = "`@everyone` <img src=x>\n# big\x1b[2J"
    shown = "`'@everyone' <img src=x>\N{REPLACEMENT CHARACTER}# big\N{REPLACEMENT CHARACTER}[2J`"
    assert listed(["train", hostile]).splitlines()[2:] == ["- `train`", f"- {shown}"]
    assert no_such(hostile, ["train"]).startswith(f"There is no pipeline {shown} for this repository.")
    assert helped(hostile).startswith(f"`/azp {shown[1:]} is no command.")
    assert started(["a"]) == "Asked for a run of `a`."
    assert started(["a", "b"]) == "Asked for runs of `a`, `b`."
    assert "https://ci.example" in where(["a"], "https://ci.example")
    assert "no public address" in where(["a"], "")
    assert all(f"/azp {verb}" in helped() for verb in Verb)
