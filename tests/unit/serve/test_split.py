"""How a deployment on its way up leaves traffic to the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.serve.rules.split import with_share


@pytest.mark.parametrize(
    ("before", "percent", "after"),
    [
        ({"blue": 100}, 10, {"blue": 90, "green": 10}),
        ({"blue": 100}, 100, {"green": 100}),
        ({}, 10, {"green": 100}),
        ({"blue": 0}, 10, {"green": 100}),
        ({"blue": 50, "red": 50}, 25, {"blue": 38, "red": 37, "green": 25}),
        ({"blue": 70, "green": 30}, 50, {"blue": 50, "green": 50}),
        ({"blue": 99, "red": 1}, 50, {"blue": 50, "green": 50}),
    ],
)
def test_the_others_share_the_rest(before: dict[str, int], percent: int, after: dict[str, int]) -> None:
    assert with_share(before, "green", percent) == after


@given(st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 100), max_size=7), st.integers(0, 100))
def test_it_is_always_a_hundred(before: dict[str, int], percent: int) -> None:
    after = with_share(before, "z", percent)
    assert sum(after.values()) == 100
    assert all(0 < share <= 100 for share in after.values())
    if any(before.values()):
        assert after.get("z", 0) == percent
        assert set(after) <= {name for name, share in before.items() if share} | {"z"}
