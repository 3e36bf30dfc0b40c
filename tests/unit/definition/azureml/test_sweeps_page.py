"""The page on sweeps names everything that a sweep may have."""

from __future__ import annotations

import re
from pathlib import Path

from drivetrain.definition.azureml.spelled import plain
from drivetrain.definition.azureml.sweep.model import MOST_TRIALS, Algorithm, PolicyKind, Shape

PAGE = (Path(__file__).parents[4] / "docs" / "azure" / "sweeps.md").read_text("utf-8")


def first_cells() -> set[str]:
    """The names in the first column of all tables."""
    rows = re.findall(r"^\|([^|]+)\|", PAGE, re.MULTILINE)
    return {plain(name) for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_the_tables_hold_the_shapes_the_algorithms_and_the_policies_and_nothing_else() -> None:
    assert first_cells() == {*Shape, *Algorithm, *PolicyKind}


def test_the_limit_is_that_of_the_code() -> None:
    assert f"{MOST_TRIALS:,} trials" in PAGE
