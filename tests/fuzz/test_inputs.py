"""Inputs that fuzzing found: each once ended in a crash, a hang, or an error without a place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

INPUTS = sorted(path for path in (Path(__file__).parent / "inputs").glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_an_input_that_was_found_once_comes_to_a_value_or_an_error_with_its_place(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_inputs(target: str) -> None:
    assert [path for path in INPUTS if path.parent.name == target]
