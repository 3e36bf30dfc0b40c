from __future__ import annotations

import pytest

from drivetrain.serve.front.agreeing import MOST_BYTES, agree


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("[1]", "[1.0]", True),
        ("[1.0]", "[1.00001]", True),
        ("[1.0]", "[1.001]", False),
        ("[0.0]", "[1e-9]", True),
        ("[0.0]", "[1e-3]", False),
        ("[1]", "[true]", False),
        ("[1]", "[1, 1]", False),
        ('{"a": [1], "b": "x"}', '{"b": "x", "a": [1.0000001]}', True),
        ('{"a": 1}', '{"b": 1}', False),
        ('["yes"]', '["no"]', False),
        ("[null]", "[0]", False),
        ("no JSON", "no JSON", True),
        ("no JSON", "no json", False),
        ("[" * 100_000, "[" * 100_001, False),
        ("[1e400]", "[1e401]", False),
        (f"[{'1' * 400}]", "[1]", False),
        ("1" + " " * MOST_BYTES, "1", False),
    ],
)
def test_answers_agree(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - a column of the table
    assert agree(one.encode(), other.encode()) is same
    assert agree(other.encode(), one.encode()) is same
