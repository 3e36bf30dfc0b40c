"""https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout"""

from __future__ import annotations

import pytest

from drivetrain.definition.model import CompileContext, Pipeline
from drivetrain.definition.read import read_pipeline
from drivetrain.plan.checkouts import checked_out, needed
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.model import Plan, RepositoryPlan
from drivetrain.plan.names.model import checkout_folder
from drivetrain.plan.serialize import from_json, to_json
from drivetrain.run.tasks.catalog import CATALOG

RESOURCES = """\
resources:
  repositories:
  - repository: Tools
    type: github
    name: contoso/tools
    ref: refs/heads/features/x
    endpoint: hub
    fetchDepth: 5
    clean: true
  - repository: unused
    name: Project/unused
"""
CONTEXT = CompileContext(repository="shop", branch="refs/heads/main")
FOUND = RepositoryPlan("contoso/tools", "github", "refs/heads/features/x", "https://x", "1" * 40, "/mirrors/x.git")


def pipeline(steps: str, resources: str = RESOURCES) -> Pipeline:
    text = f"{resources}steps:\n{steps}"
    return read_pipeline(text, file="ci.yml", tasks=CATALOG, context=CONTEXT).checked()


def plan(steps: str, found: dict[str, RepositoryPlan] | None = None, resources: str = RESOURCES) -> Plan:
    return compile_plan(pipeline(steps, resources), name="shop", tasks=CATALOG, context=CONTEXT, repositories=found)


def titles(made: Plan) -> list[str]:
    return [step.display_name for step in made.stages[0].jobs[0].steps]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("- checkout: self\n", ["Checkout shop@main to s"]),
        ("- checkout: tools\n", ["Checkout contoso/tools@features/x to s"]),
        ("- checkout: tools\n  path: t\n", ["Checkout contoso/tools@features/x to t"]),
        ("- checkout: unused\n", ["Checkout Project/unused@main to s"]),
        (
            "- checkout: self\n- checkout: tools\n- checkout: unused\n  path: u\n",
            [
                "Checkout shop@main to s/shop",
                "Checkout contoso/tools@features/x to s/tools",
                "Checkout Project/unused@main to u",
            ],
        ),
        ("- checkout: git://P/r@refs/tags/v1\n", ["Checkout P/r@refs/tags/v1 to s"]),
        ("- checkout: none\n- checkout: self\n", ["Checkout shop@main to s"]),
    ],
)
def test_a_checkout_is_called_as_azure_calls_it(steps: str, expected: list[str]) -> None:
    assert titles(plan(steps)) == expected


def test_a_title_names_the_ref_that_was_found() -> None:
    found = {"unused": RepositoryPlan("Project/unused", "git", "refs/heads/develop", "", "2" * 40)}
    assert titles(plan("- checkout: unused\n", found)) == ["Checkout Project/unused@develop to s"]


def test_what_a_resource_says_holds_where_the_step_is_silent() -> None:
    (step,) = plan("- checkout: TOOLS\n  fetchDepth: 1\n").stages[0].jobs[0].steps
    assert step.inputs == {"repository": "Tools", "fetchDepth": "1", "clean": "true"}


def test_what_a_file_says_of_its_own_repository_holds_for_the_implicit_checkout_too() -> None:
    own = "resources:\n- repo: self\n  fetchDepth: 3\n"
    for steps in ("- script: ls\n", "- checkout: self\n"):
        step = plan(steps, resources=own).stages[0].jobs[0].steps[0]
        assert step.inputs == {"repository": "self", "fetchDepth": "3"}
    assert plan("- script: ls\n", resources=own).repositories == {}


def test_only_what_is_checked_out_must_be_found_and_each_once() -> None:
    steps = "- checkout: tools\n- checkout: TOOLS\n  path: t\n- checkout: self\n- checkout: git://P/r@refs/tags/v1\n"
    tools, inline = checked_out(pipeline(steps))
    assert (tools.alias, tools.type, tools.name, tools.ref) == (
        "Tools",
        "github",
        "contoso/tools",
        "refs/heads/features/x",
    )
    assert (inline.alias, inline.type, inline.name, inline.ref) == (
        "git://P/r@refs/tags/v1",
        "git",
        "P/r",
        "refs/tags/v1",
    )
    assert (inline.position.line, inline.position.column) == (17, 13)


@pytest.mark.parametrize(
    ("variables", "aliases"),
    [
        ("  v: $[ resources.repositories.unused.version ]\n", ["Tools", "unused"]),
        ("  v: $[ variables['x'] ]\n", ["Tools"]),
        ("  v: resources\n", ["Tools"]),
    ],
)
def test_a_variable_that_asks_for_what_was_found_needs_all_to_be_found(variables: str, aliases: list[str]) -> None:
    found = needed(pipeline("- checkout: tools\n", f"{RESOURCES}variables:\n{variables}"))
    assert sorted(resource.alias for resource in found) == aliases


def test_checkouts_of_every_hook_of_a_deployment_are_found() -> None:
    text = RESOURCES + (
        "jobs:\n- deployment: D\n  environment: e\n  strategy:\n    runOnce:\n"
        "      deploy:\n        steps:\n        - checkout: tools\n"
        "      on:\n        failure:\n          steps:\n          - checkout: unused\n"
    )
    found = checked_out(read_pipeline(text, file="ci.yml", tasks=CATALOG).checked())
    assert [resource.alias for resource in found] == ["Tools", "unused"]


def test_the_plan_keeps_every_repository_as_it_was_found() -> None:
    made = plan("- checkout: tools\n- checkout: git://P/r\n", {"tools": FOUND})
    assert made.repositories == {
        "Tools": FOUND,
        "unused": RepositoryPlan("Project/unused"),
        "git://P/r": RepositoryPlan("P/r"),
    }
    assert from_json(to_json(made)) == made


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("tools", "tools"),
        ("contoso/tools", "tools"),
        ("contoso/tools.git", "tools"),
        ("My Project/my tools", "my tools"),
        ("a/b/", "b"),
        ("a/b.git/", "b"),
    ],
)
def test_a_folder_is_the_last_part_of_the_name(name: str, folder: str) -> None:
    assert checkout_folder(name) == folder
