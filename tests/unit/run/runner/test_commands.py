from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.run.runner.commands import LoggingCommand, parse_command, unescape


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("##vso[task.setvariable variable=a]b", LoggingCommand("task", "setvariable", {"variable": "a"}, "b")),
        (
            "##vso[Task.SetVariable Variable=A;IsSecret=True]b",
            LoggingCommand("task", "setvariable", {"variable": "A", "issecret": "True"}, "b"),
        ),
        ("text before ##vso[task.debug]b", LoggingCommand("task", "debug", {}, "b")),
        ("##vso[task.debug]a]b", LoggingCommand("task", "debug", {}, "a]b")),
        ("##vso[task.x p=1;q=;=2;r]", LoggingCommand("task", "x", {"p": "1"}, "")),
        ("##vso[task.x p=a=b]", LoggingCommand("task", "x", {"p": "a=b"}, "")),
        ("##vso[task.x p=%3B%5D%0D%0A%AZP25]%AZP253B", LoggingCommand("task", "x", {"p": ";]\r\n%"}, "%3B")),
        ("##vso[task.x a==b=;=c=d]", LoggingCommand("task", "x", {"a": "b=", "c": "d"}, "")),
        ("##vso[task.x a=1; b=2]", LoggingCommand("task", "x", {"a": "1", " b": "2"}, "")),
        ("##VSO[task.debug]b", None),
        ("##vso[task.debug", None),
        ("##vso[task]x", None),
        ("##vso[a.b.c]x", None),
        ("##vso[]x", None),
        ("no command", None),
    ],
)
def test_commands_are_read_as_the_agent_reads_them(line: str, expected: LoggingCommand | None) -> None:
    assert parse_command(line) == expected


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    parse_command(text)
    parse_command("##vso[" + text)


@given(st.text())
def test_what_is_escaped_comes_back(text: str) -> None:
    escaped = text.replace("%", "%AZP25")
    for sign, code in ((";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D")):
        escaped = escaped.replace(sign, code)
    assert unescape(escaped) == text


def test_percents_stay_escaped_when_that_is_wanted() -> None:
    command = parse_command("##vso[task.x p=%AZP25%3B]%AZP25", percents=False)
    assert command == LoggingCommand("task", "x", {"p": "%AZP25;"}, "%AZP25")


def test_flags_are_true_in_any_case() -> None:
    command = LoggingCommand("a", "b", {"x": "TRUE", "y": "1", "z": "false"}, "")
    assert [command.flag(name) for name in ("x", "y", "z", "w")] == [True, False, False, False]
