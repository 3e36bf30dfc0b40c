"""The SARIF log has the shape of SARIF 2.1.0: unknown members and wrong types fail here.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from drivetrain.definition.lint import RULES
from drivetrain.errors import Position, Problem, Severity
from drivetrain.view.cli.sarif import sarif

if TYPE_CHECKING:
    from pathlib import Path

Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1)]
Level = Literal["error", "warning"]


class Shape(Struct, forbid_unknown_fields=True, rename="camel"):
    """An object of the log with all its members, none of them optional unless it says so."""


class Message(Shape):
    text: Text


class Help(Shape):
    text: Text
    markdown: Text | None = None


class Configuration(Shape):
    level: Level


class ReportingDescriptor(Shape):
    id: Annotated[str, Meta(pattern=r"^[a-z]+(-[a-z]+)*$")]
    name: Annotated[str, Meta(pattern=r"^[A-Z][A-Za-z]+$")]
    short_description: Message
    full_description: Message
    help: Help
    default_configuration: Configuration


class Driver(Shape):
    name: Literal["drivetrain"]
    version: Annotated[str, Meta(pattern=r"^\d+\.\d+\.\d+")]
    rules: list[ReportingDescriptor]


class Tool(Shape):
    driver: Driver


class ArtifactLocation(Shape):
    uri: Text


class Region(Shape):
    start_line: Count
    start_column: Count


class PhysicalLocation(Shape):
    artifact_location: ArtifactLocation
    region: Region


class Location(Shape):
    physical_location: PhysicalLocation


class Result(Shape):
    rule_id: Text
    rule_index: Annotated[int, Meta(ge=0)]
    level: Level
    message: Message
    locations: Annotated[list[Location], Meta(min_length=1, max_length=1)]


class Run(Shape):
    tool: Tool
    column_kind: Literal["unicodeCodePoints"]
    results: list[Result]


class Log(Struct, forbid_unknown_fields=True):
    schema: Text = msgspec.field(name="$schema")
    version: Literal["2.1.0"]
    runs: Annotated[list[Run], Meta(min_length=1, max_length=1)]


def problem(file: str = "f.yml", line: int = 3, column: int = 5, code: str = "unknown-key") -> Problem:
    return Problem(Position(file, line, column), "what is wrong", "what to do", Severity.ERROR, code)


def log(*problems: Problem) -> Log:
    """The log as a reader gets it: through JSON, held against the shape."""
    return msgspec.json.decode(json.dumps(sarif(problems)), type=Log)


def test_a_log_without_problems_is_well_formed() -> None:
    run = log().runs[0]
    assert run.results == []
    assert [rule.id for rule in run.tool.driver.rules] == sorted(rule.code for rule in RULES)


def test_a_result_names_its_rule_its_place_and_what_to_do() -> None:
    run = log(problem()).runs[0]
    (result,) = run.results
    assert (result.rule_id, result.level, result.message.text) == ("unknown-key", "error", "what is wrong\nwhat to do")
    place = result.locations[0].physical_location
    assert (place.artifact_location.uri, place.region.start_line, place.region.start_column) == ("f.yml", 3, 5)


def test_every_result_points_at_its_rule() -> None:
    problems = [problem(code=code) for code in ("zzz", "unused-variable", "aaa", "zzz", "")]
    run = log(*problems).runs[0]
    ids = [rule.id for rule in run.tool.driver.rules]
    assert ids == sorted(set(ids))
    assert [ids[result.rule_index] for result in run.results] == [result.rule_id for result in run.results]
    assert [result.rule_id for result in run.results] == ["zzz", "unused-variable", "aaa", "zzz", "problem"]


def test_rules_of_lint_explain_themselves() -> None:
    rules = {rule.id: rule for rule in log(problem()).runs[0].tool.driver.rules}
    for rule in RULES:
        told = rules[rule.code]
        assert told.short_description.text == rule.title
        assert told.help.markdown == rule.help
        assert "`" not in told.help.text
        assert told.default_configuration.level == rule.severity.value
    assert rules["unknown-key"].short_description.text == "Unknown key."
    assert rules["unknown-key"].help.markdown is None


def test_the_same_problems_give_the_same_log() -> None:
    problems = [problem(), problem(line=9, code="unused-parameter")]
    assert json.dumps(sarif(problems)) == json.dumps(sarif(list(problems)))


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("ci/f.yml", "ci/f.yml"),
        ("./ci/../f.yml", "f.yml"),
        ("my file#1%.yml", "my%20file%231%25.yml"),
        ("größe.yml", "gr%C3%B6%C3%9Fe.yml"),
        ("-", "-"),
    ],
)
def test_files_are_named_relative_to_the_folder(
    file: str, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in {file, str(tmp_path / file)}:
        found = log(problem(given)).runs[0].results[0].locations[0].physical_location.artifact_location.uri
        assert found == uri


def test_a_file_outside_the_folder_has_its_full_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    found = log(problem("../f.yml")).runs[0].results[0].locations[0].physical_location.artifact_location.uri
    assert found == (tmp_path / "f.yml").as_uri()


def test_a_place_that_is_none_is_the_beginning() -> None:
    region = log(problem(line=0, column=0)).runs[0].results[0].locations[0].physical_location.region
    assert (region.start_line, region.start_column) == (1, 1)
