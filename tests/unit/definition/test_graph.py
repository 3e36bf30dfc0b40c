from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.definition.graph import find_cycle
from drivetrain.definition.read import read_pipeline

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


def messages(stages: dict[str, str]) -> list[str]:
    """What is said of stages with these `dependsOn`; an empty one is left out."""
    items = [
        f"- stage: {name}\n  jobs: [{{job: j, steps: [{{script: a}}]}}]\n{f'  dependsOn: {on}' if on else ''}\n"
        for name, on in stages.items()
    ]
    problems = read_pipeline("stages:\n" + "".join(items), file="f.yml", tasks={}).problems
    return [problem.message for problem in problems]


NONE = "The pipeline must contain at least one stage with no dependencies."


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ({"A": "", "B": "", "C": "[]"}, []),
        ({"A": "", "B": "[A, a]"}, []),
        ({"A": "B", "B": ""}, [NONE]),
        ({"A": "A"}, [NONE]),
        ({"A": "Z"}, ["Stage A depends on unknown stage Z.", NONE]),
        ({"A": "", "B": "Z"}, ["Stage B depends on unknown stage Z."]),
        ({"A": "", "B": "B"}, ["Stage B depends on stage B which creates a cycle in the dependency graph."]),
        (
            {"A": "", "B": "[A, C]", "C": "B"},
            [
                "Stage B depends on stage C which creates a cycle in the dependency graph.",
                "Stage C depends on stage B which creates a cycle in the dependency graph.",
            ],
        ),
        (
            {"R": "", "A": "B", "B": ""},
            [
                "Stage A depends on stage B which creates a cycle in the dependency graph.",
                "Stage B depends on stage A which creates a cycle in the dependency graph.",
            ],
        ),
        (
            {"R": "", "A": "A", "B": "B"},
            [
                "Stage A depends on stage A which creates a cycle in the dependency graph.",
                "Stage B depends on stage B which creates a cycle in the dependency graph.",
            ],
        ),
        (
            {"A": "", "a": ""},
            ["The stage name a appears more than once. Stage names must be unique within a pipeline."],
        ),
    ],
)
def test_dependencies_of_stages_in_azures_words(stages: dict[str, str], expected: list[str]) -> None:
    assert messages(stages) == expected


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ("[{job: A}, {job: B, dependsOn: C}]", ["Job B depends on unknown job C."]),
        ("[{job: A, dependsOn: A}]", ["The pipeline must contain at least one job with no dependencies."]),
        (
            "[{job: A}, {job: a}]",
            ["The job name a appears more than once. Job names must be unique within a pipeline."],
        ),
        ("[{job: A}, {job: , dependsOn: C}]", ["Job Job2 depends on unknown job C."]),
    ],
)
def test_jobs_of_a_file_without_stages_are_named_without_one(jobs: str, expected: list[str]) -> None:
    problems = read_pipeline(f"jobs: {jobs}", file="f.yml", tasks={}).problems
    assert [problem.message for problem in problems if problem.severity == "error"] == expected


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
