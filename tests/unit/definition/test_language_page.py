"""docs/language.md says what the tables in the code say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import drivetrain
from drivetrain.definition import schema
from drivetrain.definition.model import CompileContext
from drivetrain.definition.scope import compile_variables
from drivetrain.plan import not_here

SOURCE = Path(drivetrain.__file__).parent
PAGE = (Path(__file__).parents[3] / "docs" / "language.md").read_text("utf-8")
CODE = re.compile(r'code="([a-z-]+)"')


def row(title: str) -> list[set[str]]:
    """The words in backquotes of each column after the first."""
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {title} |"))
    return [set(re.findall(r"`([^`]+)`", column)) for column in line.split("|")[2:-1]]


TEMPLATE = frozenset({"template", "parameters"})


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("the root", schema.ANY_ROOT.keys),
        ("a stage", schema.STAGE.keys),
        ("a job", schema.JOBS["job"].keys),
        ("a deployment job", schema.JOBS["deployment"].keys),
        ("`strategy` of a job", schema.STRATEGY.keys),
        ("`strategy` of a deployment job", schema.DEPLOYMENT_STRATEGY.keys),
        *((f"`{name}`", place.keys) for name, place in schema.DEPLOYMENT_STRATEGIES.items()),
        ("`on`", schema.ON.keys),
        ("a hook", schema.HOOK.keys),
        ("`environment`", schema.ENVIRONMENT.keys),
        ("`pool`", schema.POOL.keys),
        ("`container`", schema.CONTAINER.keys),
        ("`mountReadOnly`", schema.MOUNT_READ_ONLY.keys),
        ("`workspace`", schema.WORKSPACE.keys),
        ("`uses`", schema.USES.keys),
        ("`trigger`", schema.TRIGGER.keys),
        ("`pr`", schema.PULL_REQUEST.keys),
        ("an item of `schedules`", schema.SCHEDULE.keys),
        ("`branches`, `paths`, `tags`", schema.FILTERS.keys),
        ("an item of `parameters`", schema.PARAMETER.keys),
        ("an item of `variables`", schema.VARIABLE.keys | TEMPLATE),
        ("`resources`", schema.RESOURCES.keys),
        ("an item of `repositories`", schema.REPOSITORY.keys),
        ("an item of `containers`", schema.CONTAINER_RESOURCE.keys),
        ("`trigger` of a container", schema.CONTAINER_TRIGGER.keys),
        ("an item of `pipelines`", schema.PIPELINE_RESOURCE.keys),
        ("`trigger` of a pipeline", schema.PIPELINE_TRIGGER.keys),
        ("an item of `builds`", schema.BUILD_RESOURCE.keys),
        ("an item of `packages`", schema.PACKAGE_RESOURCE.keys),
        ("an item of `webhooks`", schema.WEBHOOK_RESOURCE.keys),
        ("an item of `filters`", schema.WEBHOOK_FILTER.keys),
        ("a phase", schema.PHASE.keys),
        ("`queue`", schema.QUEUE.keys),
        ("`server`", schema.PHASE_SERVER.keys),
        ("an item of older `resources`", schema.LEGACY_RESOURCE.keys),
    ],
)
def test_the_keys_of_a_place(title: str, keys: frozenset[str]) -> None:
    assert row(title) == [keys]


@pytest.mark.parametrize("kind", schema.STEPS)
def test_the_keys_of_a_step(kind: str) -> None:
    assert row(f"`{kind}`") == [schema.STEPS[kind].keys - set(schema.STEP_COMMON.split()) - {kind}]


def test_every_word_of_the_other_tables_is_named() -> None:
    words = {*schema.ROOT, *schema.STEP_COMMON.split(), *schema.PARAMETER_TYPES, *not_here.KINDS}
    words |= schema.NO_EXPRESSIONS | compile_variables(CompileContext(*["refs/heads/x"] * 11)).keys()
    assert not {word for word in words if f"`{word}`" not in PAGE}


def test_every_code_of_a_problem_is_explained() -> None:
    files = [
        *(SOURCE / "definition").rglob("*.py"),
        *(SOURCE / "plan").rglob("*.py"),
        SOURCE / "view" / "cli" / "files.py",
    ]
    used = {code for path in files for code in CODE.findall(path.read_text("utf-8"))}
    explained = set(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \|$", PAGE.split("## Problems")[1], re.MULTILINE))
    assert used == explained
