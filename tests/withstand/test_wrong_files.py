"""A wrong pipeline file says what is wrong at which line and column: when linted, run and pushed."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from tests.withstand.looking import page

if TYPE_CHECKING:
    from tests.cli.conftest import Workplace
    from tests.server.conftest import World

FILE = "azure-pipelines.yml"
TRIGGER = "trigger: [main]\n"


class Wrong(NamedTuple):
    """A file, where its problem is, and a part of what is said."""

    text: str
    place: str
    words: str


WRONG = {
    "bad YAML": Wrong("steps:\n- bash: echo\n   more: [x\n", "3:8", "Mapping values are not allowed in this context."),
    "a tab": Wrong("steps:\n- bash: echo\n\tname: x\n", "3:1", "tab"),
    "a cycle": Wrong(
        "jobs:\n- job: A\n  dependsOn: B\n  steps: [{bash: echo}]\n- job: B\n  dependsOn: A\n  steps: [{bash: echo}]\n",
        "3:14",
        "A -> B -> A",
    ),
    "an unknown dependency": Wrong(
        "jobs:\n- job: A\n  steps: [{bash: echo}]\n- job: B\n  dependsOn: Nobody\n  steps: [{bash: echo}]\n",
        "5:14",
        "unknown job Nobody",
    ),
    "an unknown function": Wrong("steps:\n- bash: echo ${{ nothing(1) }}\n", "2:9", "Unrecognized value: 'nothing'"),
    "an unfinished condition": Wrong(
        "jobs:\n- job: A\n  condition: eq(1\n  steps: [{bash: echo}]\n", "3:14", "Unclosed function"
    ),
    "an unfinished run-time value": Wrong(
        "variables:\n  v: $[ trim() ]\nsteps:\n- bash: echo\n", "2:14", "Unexpected symbol"
    ),
}
LATE = """\
jobs:
- job: Variable
  variables:
    v: $[ format('{1}', 'x') ]
  steps: [{checkout: none}]
- job: Condition
  dependsOn: []
  condition: eq(format('{2}', 'x'), 'x')
  steps: [{checkout: none}]
- job: Step
  dependsOn: []
  steps:
  - checkout: none
  - bash: echo never
    condition: eq(format('{3}', 'x'), 'x')
- job: Limit
  dependsOn: []
  timeoutInMinutes: $(text)
  variables: {text: long}
  steps: [{checkout: none}]
"""
MORE = "The following format string references more arguments than were supplied:"
LATE_PLACES = {
    (f"{FILE}:2", f"variable 'v': {MORE} {{1}}"),
    (f"{FILE}:6", f"Its condition cannot be evaluated: {MORE} {{2}}"),
    (f"{FILE}:14", f"The condition cannot be evaluated: {MORE} {{3}}"),
    (f"{FILE}:16", "timeoutInMinutes is 'long', which is not a number of at least 0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_its_place(workplace: Workplace, name: str) -> None:
    wrong = WRONG[name]
    workplace.write(wrong.text)
    for command, code in (("run", 1), ("lint", 1), ("plan", 1)):
        done = workplace.call(command, code=code)
        said = done.stdout + done.stderr
        assert f"{FILE}:{wrong.place}: error: " in said, command
        assert wrong.words in said, command
    problems = msgspec.json.decode(workplace.call("lint", "--format", "json", code=1).stdout)
    (problem,) = (problem for problem in problems if problem["severity"] == "error")
    assert f"{problem['line']}:{problem['column']}" == wrong.place
    assert workplace.json("runs") == []


def places(issues: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(f"{issue['file']}:{issue['line']}", issue["message"]) for issue in issues}


def test_what_goes_wrong_only_at_run_time_names_the_line_of_its_stage_job_or_step(workplace: Workplace) -> None:
    workplace.write(LATE)
    workplace.call("lint")
    workplace.call("run", code=1)
    timeline = workplace.json("show")["timeline"]
    assert places(timeline["issues"]) == LATE_PLACES
    assert {str(job["result"]) for job in timeline["jobs"]} == {"Failed"}
    shown = workplace.call("show").stdout
    assert all(f"{place}:" in shown for place, _ in LATE_PLACES)


def test_a_missing_file_is_named(workplace: Workplace) -> None:
    for command in ("run", "lint"):
        assert "elsewhere.yml" in workplace.call(command, "elsewhere.yml", code=2).stderr
        workplace.write("steps: [{bash: exit}]\n", "folder/other.yml")
        assert "folder" in workplace.call(command, "folder/nothing.yml", code=2).stderr


def test_a_file_that_is_no_text_is_refused_with_its_place(workplace: Workplace) -> None:
    (workplace.repo / FILE).write_bytes(b"steps:\n- bash: caf\xe9\n")
    for command in ("run", "lint", "plan"):
        done = workplace.call(command, code=1)
        assert f"{FILE}:2:12: error: the file is not UTF-8: byte 0xe9" in done.stdout + done.stderr


@pytest.fixture
def pushed(world: World) -> World:
    world.repository()
    world.cli("project", "add", str(world.bare), "--hook")
    world.up()
    return world


def test_a_push_of_a_wrong_file_is_a_failed_run_that_shows_the_place_everywhere(pushed: World) -> None:
    for number, wrong in enumerate(WRONG.values(), 1):
        pushed.commit(**{"azure-pipelines.yml": TRIGGER + wrong.text})
        pushed.push()
        (run, *_) = sorted(pushed.wait_for_runs(number), key=lambda run: -run.id)
        line, column = map(int, wrong.place.split(":"))
        place = f"{FILE}:{line + 1}:{column}"
        assert run.result == "Failed", place
        issues = pushed.ask("GET", f"/api/v1/runs/{run.id}/timeline")["issues"]
        assert place in [f"{issue['file']}:{issue['line']}:{issue['column']}" for issue in issues]
        assert place in pushed.cli("show", str(run.id))
        assert json.loads(pushed.cli("show", str(run.id), "--json"))["timeline"]["issues"][0]["line"] == line + 1
        shown = page(pushed, f"/runs/{run.id}")
        assert place in shown
        assert html.escape(wrong.words, quote=True) in shown or wrong.words in html.unescape(shown)


def test_a_push_of_what_fails_at_run_time_shows_the_lines_on_the_page(pushed: World) -> None:
    pushed.commit(**{"azure-pipelines.yml": LATE})
    pushed.push()
    (run,) = pushed.wait_for_runs(1)
    assert places(pushed.ask("GET", f"/api/v1/runs/{run.id}/timeline")["issues"]) == LATE_PLACES
    shown = page(pushed, f"/runs/{run.id}")
    assert all(f"{place}:" in shown for place, _ in LATE_PLACES)


def test_a_push_without_the_file_starts_nothing_and_says_so(pushed: World) -> None:
    (pushed.work / FILE).unlink()
    sha = pushed.commit(readme="x")
    pushed.push()
    ((_, _, outcome),) = pushed.wait_for_events(1)
    assert FILE in outcome
    assert sha[:8] in outcome
    assert not pushed.runs()
