"""Every `plan/NN_name.yml` compiles to `NN_name.json`; every `errors/NN_name.yml` has the problems of `NN_name.txt`;
every `final/NN_name.yml` is printed as `NN_name.txt`.

The JSON leaves out what has its default value. `GOLDEN=write` writes the expectations anew, to be read before they
are committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drivetrain.definition.final_yaml import final
from drivetrain.definition.model import CompileContext
from drivetrain.definition.read import read_pipeline
from drivetrain.errors import DefinitionError
from drivetrain.lang.yaml import write
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.run_name import name_problem
from drivetrain.run.tasks.catalog import CATALOG

HERE = Path(__file__).parent
WRITE = os.environ.get("GOLDEN") == "write"
CONTEXT = CompileContext(pipeline="shop", repository="shop", branch="refs/heads/main", project="fabrikam")


def cases(folder: str) -> list[Path]:
    return sorted((HERE / folder).glob("*.yml"))


def without_defaults(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {
            field.name: without_defaults(getattr(value, field.name))
            for field in msgspec.structs.fields(value)
            if field.required or getattr(value, field.name) != default_of(field)
        }
    if isinstance(value, tuple | list):
        return [without_defaults(item) for item in value]
    return dict(value) if isinstance(value, dict) else value


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    if callable(field.default_factory):
        return field.default_factory()
    return field.default


def expectation(path: Path, actual: str) -> str:
    if WRITE:
        path.write_text(actual, "utf-8")
    return path.read_text("utf-8")


def test_there_are_cases() -> None:
    assert len(cases("plan")) >= 12
    assert len(cases("errors")) >= 9
    assert len(cases("final")) >= 5


@pytest.mark.parametrize("path", cases("plan"), ids=lambda path: path.stem)
def test_a_file_compiles_to_its_plan(path: Path) -> None:
    definition = read_pipeline(path.read_text("utf-8"), file=path.name, tasks=CATALOG, context=CONTEXT)
    plan = compile_plan(definition.checked(), name="shop", tasks=CATALOG, context=CONTEXT)
    actual = json.dumps(without_defaults(plan), indent=1) + "\n"
    assert actual == expectation(path.with_suffix(".json"), actual)


@pytest.mark.parametrize("path", cases("plan"), ids=lambda path: path.stem)
def test_expanding_what_was_expanded_changes_nothing(path: Path) -> None:
    first = read_pipeline(path.read_text("utf-8"), file=path.name, tasks=CATALOG, context=CONTEXT)
    text = write(first.node)
    assert write(read_pipeline(text, file=path.name, tasks=CATALOG, context=CONTEXT).node) == text


@pytest.mark.parametrize("path", cases("final"), ids=lambda path: path.stem)
def test_a_file_is_printed_in_azures_form(path: Path) -> None:
    definition = read_pipeline(path.read_text("utf-8"), file=path.name, tasks=CATALOG, context=CONTEXT)
    definition.checked()
    actual = write(final(definition.node))
    assert actual == expectation(path.with_suffix(".txt"), actual)


@pytest.mark.parametrize("path", [*cases("final"), *cases("plan")], ids=lambda path: f"{path.parent.name}_{path.stem}")
def test_azures_form_is_read_and_printed_unchanged(path: Path) -> None:
    first = read_pipeline(path.read_text("utf-8"), file=path.name, tasks=CATALOG, context=CONTEXT)
    text = write(final(first.node))
    again = read_pipeline(text, file=path.name, tasks=CATALOG, context=CONTEXT)
    again.checked()
    assert write(final(again.node)) == text


@pytest.mark.parametrize("path", cases("errors"), ids=lambda path: path.stem)
def test_a_wrong_file_has_exactly_these_problems(path: Path) -> None:
    try:
        definition = read_pipeline(path.read_text("utf-8"), file=path.name, tasks=CATALOG, context=CONTEXT)
        name = name_problem(definition.pipeline)
        problems = (*definition.problems, *([name] if name else []))
    except DefinitionError as error:
        problems = error.problems
    assert problems
    actual = "".join(f"{problem} [{problem.code}]\n" for problem in problems)
    assert actual == expectation(path.with_suffix(".txt"), actual)
