from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from drivetrain.serve.front.split import Split, cycle, mirrored


@st.composite
def shares(draw: st.DrawFn) -> dict[str, int]:
    """Percents of some deployments, 100 together."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), max_size=4)))
    parts = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    return {f"d{index}": part for index, part in enumerate(parts)}


@given(shares(), st.integers(0, 300))
def test_of_any_hundred_requests_in_a_row_each_gets_its_percent(split: dict[str, int], first: int) -> None:
    dealing = Split(split)
    for _ in range(first):
        dealing.next()
    counted = Counter(dealing.next() for _ in range(100))
    assert counted == Counter({name: share for name, share in split.items() if share})


@given(shares())
def test_the_order_is_fair(split: dict[str, int]) -> None:
    """At no moment is anybody further from its share than one request for each that there is."""
    order = cycle(split)
    total = len(order)
    for name, share in split.items():
        seen = 0
        for at, each in enumerate(order, 1):
            seen += each == name
            assert abs(seen - at * share / 100) < len(split), (order, name)
    assert total <= 100


def test_it_is_spread() -> None:
    assert "".join(cycle({"a": 75, "b": 25})) == "aaba"
    assert list(cycle({"a": 100, "b": 0})) == ["a"]
    assert cycle({}) == ()
    assert Split({}).next() == ""


def test_a_mirror_gets_its_percent_and_nobody_the_rest() -> None:
    dealing = mirrored({"shadow": 10})
    assert Counter(dealing.next() for _ in range(100)) == {"shadow": 10, "": 90}
    assert mirrored({}).next() == ""
    assert mirrored({"shadow": 100}).next() == "shadow"
