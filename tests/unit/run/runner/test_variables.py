from __future__ import annotations

import pytest

from drivetrain.errors import UserError
from drivetrain.run.model import Result
from drivetrain.run.runner.condition import judge
from drivetrain.run.runner.mask import Masker
from drivetrain.run.runner.results import merged, parse_result
from drivetrain.run.runner.variables import Variables, environment_name

OK, ISSUES, FAILED, CANCELED, SKIPPED = (
    Result.SUCCEEDED,
    Result.SUCCEEDED_WITH_ISSUES,
    Result.FAILED,
    Result.CANCELED,
    Result.SKIPPED,
)


@pytest.fixture
def variables() -> Variables:
    found = Variables(Masker())
    found.define("Plain", "1")
    found.define("nested", "<$(plain)>")
    found.define("secret", "hidden-1", secret=True)
    found.define("with secret", "$(nested) $(secret)")
    found.define("fixed", "x", readonly=True)
    return found


def test_names_have_any_case(variables: Variables) -> None:
    assert variables.get("PLAIN") == "1"
    variables.set("pLaIn", "2")
    assert variables.expand("$(plain) $(NESTED) $(none)") == "2 <2> $(none)"


def test_secrets_and_what_holds_them_are_not_in_the_environment(variables: Variables) -> None:
    assert variables.environment() == {"PLAIN": "1", "NESTED": "<1>", "FIXED": "x"}


def test_a_secret_stays_one(variables: Variables) -> None:
    variables.set("SECRET", "hidden-2")
    assert "SECRET" not in variables.environment()


def test_a_readonly_variable_is_not_set(variables: Variables) -> None:
    with pytest.raises(UserError, match="Overwriting readonly variable 'fixed' is not permitted"):
        variables.set("Fixed", "y")
    assert variables.value("fixed") == "x"


def test_a_variable_that_holds_itself_stays_as_it_is(variables: Variables) -> None:
    variables.define("loop", "a$(loop)")
    assert variables.environment()["LOOP"].startswith("a")


@pytest.mark.parametrize(("name", "expected"), [("a.b c-d", "A_B_C-D"), ("Build.BuildId", "BUILD_BUILDID"), ("x", "X")])
def test_environment_names_are_the_agents(name: str, expected: str) -> None:
    assert environment_name(name) == expected


def test_names_that_the_environment_cannot_hold_are_left_out() -> None:
    variables = Variables(Masker())
    variables.define("a=b", "1")
    variables.define("c", "x\0y")
    assert variables.environment() == {"C": "xy"}


@pytest.mark.parametrize(
    ("condition", "holds_at"),
    [
        ("", {OK, ISSUES}),
        ("succeeded()", {OK, ISSUES}),
        (" Always() ", {OK, ISSUES, FAILED, CANCELED}),
        ("failed()", {FAILED}),
        ("canceled()", {CANCELED}),
        ("succeededOrFailed()", {OK, ISSUES, FAILED}),
        ("and(succeeded(), eq(variables['plain'], '1'))", {OK, ISSUES}),
        ("or(failed(), eq(variables.Plain, 2))", {FAILED}),
        ("not(canceled())", {OK, ISSUES, FAILED}),
        ("false", set()),
    ],
)
def test_conditions_hold_when_they_should(variables: Variables, condition: str, holds_at: set[Result]) -> None:
    for status in (OK, ISSUES, FAILED, CANCELED):
        assert judge(condition, status, variables, Masker()).runs is (status in holds_at), status


@pytest.mark.parametrize("condition", ["eq(1", "nope()", "eq(dependencies.a, 1)", "succeeded('job')", "'"])
def test_what_a_step_may_not_say_is_an_error(variables: Variables, condition: str) -> None:
    verdict = judge(condition, OK, variables, Masker())
    assert not verdict.runs
    assert verdict.error.startswith("The condition cannot be evaluated: ")


def test_the_trace_of_a_condition_is_masked(variables: Variables) -> None:
    masker = Masker()
    masker.add("hidden-1")
    verdict = judge("eq(variables.secret, 'other')", OK, variables, masker)
    assert "hidden-1" not in "\n".join(verdict.trace)


@pytest.mark.parametrize(
    ("current", "coming", "result"),
    [
        (OK, ISSUES, ISSUES),
        (ISSUES, OK, ISSUES),
        (ISSUES, FAILED, FAILED),
        (FAILED, ISSUES, FAILED),
        (FAILED, CANCELED, CANCELED),
        (CANCELED, FAILED, CANCELED),
        (SKIPPED, FAILED, SKIPPED),
    ],
)
def test_results_merge_as_the_agent_merges_them(current: Result, coming: Result, result: Result) -> None:
    assert merged(current, coming) is result


def test_results_are_read_in_any_case() -> None:
    assert parse_result(" succeededwithissues") is ISSUES
    assert parse_result("nope") is None
