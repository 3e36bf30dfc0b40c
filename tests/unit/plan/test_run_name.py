from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.definition.read import read_pipeline
from drivetrain.errors import UserError
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.names.model import LONGEST_RUN_NAME
from drivetrain.plan.run_name import RunName, name_problem, root_values, run_name

NOW = datetime(2024, 5, 6, 21, 7, 3, tzinfo=UTC)


def name(form: str, branch: str = "refs/heads/main", **variables: str) -> RunName:
    """The example of the documentation page: project Fabrikam, pipeline CIBuild, May 6 2024, 9:07:03 PM."""
    return run_name(form, now=NOW, pipeline="CIBuild", branch=branch, project="Fabrikam", variables=variables)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            "$(TeamProject)_$(Build.DefinitionName)_$(SourceBranchName)_$(Date:yyyyMMdd).$(Rev:r)",
            "Fabrikam_CIBuild_main_20240506.2",
        ),
        ("$(Date:yyyyMMdd)$(Rev:.r)", "20240506.2"),
        ("$(Date:yyyyMMdd).$(Rev:rr)", "20240506.02"),
        ("$(date:yyyyMMdd)$(rev:-rrr)", "20240506-002"),
        ("$(Rev)", "2"),
        ("$(BuildDefinitionName)", "CIBuild"),
        ("$(BuildID)", "752"),
        ("$(Build.BuildId)", "752"),
        ("$(DayOfMonth)", "6"),
        ("$(DayOfYear)", "127"),
        ("$(Hours)", "21"),
        ("$(Minutes)", "7"),
        ("$(Month)", "5"),
        ("$(Seconds)", "3"),
        ("$(SourceBranchName)", "main"),
        ("$(TeamProject)", "Fabrikam"),
        ("$(Year:yy)", "24"),
        ("$(Year:yyyy)", "2024"),
        ("$(Date:MMddyy)", "050624"),
        ("$(Date:yyyy-MM-dd HH.mm.ss)", "2024-05-06 21.07.03"),
        ("$(version)", "1.2"),
        ("$(VERSION)-$(unknown)", "1.2-$(unknown)"),
        ("$(nested)", "v1.2.2"),
        ("plain", "plain"),
    ],
)  # fmt: skip
def test_tokens_and_variables(form: str, expected: str) -> None:
    assert name(form, version="1.2", nested="v$(version)$(Rev:.r)").render(752, 2) == expected


def test_revisions_are_counted_by_the_name_without_them() -> None:
    assert name("$(Date:yyyyMMdd)$(Rev:.r)").key == name("$(Date:yyyyMMdd)").key == "20240506"
    assert name("1.0.$(Rev:r)").key != name("1.1.$(Rev:r)").key


def test_a_name_with_the_id_in_it_begins_its_revisions_anew() -> None:
    assert name("$(BuildID).$(Rev:r)").render(7, 12) == "7.1"


def test_slashes_of_a_branch_become_underscores() -> None:
    assert name("$(SourceBranchName)", branch="refs/heads/feature/x").render(1, 1) == "x"
    assert name("$(Build.SourceBranch)", branch="refs/heads/feature/x").render(1, 1) == "refs_heads_feature_x"


@pytest.mark.parametrize("letter", [*'"/:<>\\|?@*', "\n", "\x1b"])
def test_letters_that_azure_refuses_are_refused(letter: str) -> None:
    with pytest.raises(UserError, match="invalid characters"):
        name(f"a{letter}b")


@pytest.mark.parametrize("form", ["$(x)", "a.", "x" * (LONGEST_RUN_NAME + 1), "$(Rev:.r)$(dot)"])
def test_empty_long_and_dotted_names_are_refused(form: str) -> None:
    with pytest.raises(UserError, match="contains invalid characters, is empty or too long, or ends with"):
        name(form, x="", dot=".")


def test_the_longest_name_is_accepted_until_its_revision_makes_it_longer() -> None:
    longest = name("x" * (LONGEST_RUN_NAME - 1) + "$(Rev:r)")
    assert len(longest.render(1, 9)) == LONGEST_RUN_NAME
    with pytest.raises(UserError):
        longest.render(1, 10)


@pytest.mark.parametrize("form", ["$(Rev:x)", "$(Rev:r.)"])
def test_a_wrong_revision_says_how_to_write_it(form: str) -> None:
    with pytest.raises(UserError) as error:
        name(form)
    assert "$(Rev:r)" in error.value.hint


def test_a_wrong_date_format_is_a_users_error() -> None:
    with pytest.raises(UserError, match="date format"):
        name("$(Date:q)")


def test_lint_finds_a_wrong_name_in_the_file() -> None:
    pipeline = read_pipeline("name: a:$(Rev:r)\nsteps:\n- script: a\n", file="f.yml", tasks={}).checked()
    problem = name_problem(pipeline)
    assert problem is not None
    assert str(problem.position) == "f.yml:1:7"
    assert name_problem(read_pipeline("steps:\n- script: a\n", file="f.yml", tasks={}).checked()) is None


def test_root_variables_of_the_plan_are_known_and_win_over_queued_ones() -> None:
    text = "variables:\n  A: 1\n  b: $[ counter() ]\n  c: 3\nsteps:\n- script: a\n"
    plan = compile_plan(read_pipeline(text, file="f.yml", tasks={}).checked(), name="p", tasks={})
    assert root_values(plan, {"C": "queued", "D": "queued"}) == {"a": "1", "c": "3", "d": "queued"}


@given(st.text(max_size=30), st.text(max_size=20))
def test_any_format_gives_a_legal_name_or_a_users_error(form: str, value: str) -> None:
    try:
        rendered = name(form + "$(v)$(Rev:r)", v=value).render(1, 2)
    except UserError:
        return
    assert 0 < len(rendered) <= LONGEST_RUN_NAME
    assert not set(rendered) & set('"/:<>\\|?@*')


def test_a_variable_called_rev_is_not_the_revision() -> None:
    name = run_name("$(rev)$(Rev:.r)", now=NOW, pipeline="p", branch="refs/heads/main", variables={"rev": "b"})
    assert name.render(1, 3) == "b.3"
