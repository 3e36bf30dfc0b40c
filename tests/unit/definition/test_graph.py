from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivetrain.definition.graph import find_cycle

EDGES = st.integers(0, 7).flatmap(
    lambda count: st.fixed_dictionaries(
        {
            str(node): st.lists(st.sampled_from([str(other) for other in range(count)]), max_size=3)
            for node in range(count)
        }
    )
)


def reaches_itself(edges: dict[str, list[str]], start: str) -> bool:
    """Slow and obvious: walk on until nothing new is found."""
    found = set(edges[start])
    while True:
        more = found | {target for name in found for target in edges[name]}
        if more == found:
            return start in found
        found = more


def test_a_cycle_is_told_as_a_path_that_ends_where_it_began() -> None:
    assert find_cycle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert find_cycle({"a": ["a"]}) == ["a", "a"]
    assert find_cycle({"a": ["b", "c"], "b": ["c"], "c": []}) == []


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    chain = {str(node): [str(node + 1)] for node in range(20_000)}
    assert find_cycle({**chain, "20000": []}) == []
    assert len(find_cycle({**chain, "20000": ["0"]})) == 20_002


@given(EDGES)
def test_a_cycle_is_found_exactly_when_there_is_one(edges: dict[str, list[str]]) -> None:
    cycle = find_cycle(edges)
    assert bool(cycle) == any(reaches_itself(edges, name) for name in edges)
    assert all(target in edges[name] for name, target in pairwise(cycle))
    assert not cycle or cycle[0] == cycle[-1]
