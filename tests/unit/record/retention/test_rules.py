from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.record.retention.model import Past, Policy, What
from drivetrain.record.retention.rules import fates

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MAIN = "refs/heads/main"
STRICT = Policy(recent=0)


def past(run_id: int = 1, days: float = 31, branch: str = MAIN, **fields: object) -> Past:
    run = Past(run_id, str(run_id), "shop", branch, "Manual", timestamp(NOW - timedelta(days=days)))
    return replace(run, **fields)


def due(runs: list[Past], policy: Policy = STRICT) -> list[tuple[int, str]]:
    return [(fate.run.id, str(fate.what)) for fate in fates(runs, policy) if fate.due(NOW)]


def test_a_run_goes_when_its_days_are_over() -> None:
    assert due([past(1, 30.01), past(2, 29.99)]) == [(1, "run")]
    assert due([past(1, 1000)], replace(STRICT, days=0)) == []


def test_runs_of_pull_requests_go_sooner() -> None:
    pull = past(1, 11, "refs/pull/7/merge")
    assert due([pull, past(2, 11), past(3, 11, reason="PullRequest")]) == [(1, "run"), (3, "run")]


def test_the_table_of_the_documentation_comes_out() -> None:
    """https://learn.microsoft.com/azure/devops/pipelines/policies/retention#pipeline-runs-retention-policies"""
    branches = ["main", "release", "branch1", "main", "main", "main", "main", "branch2", "branch1", "main"]
    runs = [
        past(number, 400 - number, f"refs/heads/{name}", default_branch=MAIN) for number, name in enumerate(branches, 1)
    ]
    policy = Policy(days=30, recent=3, branches={"release": 30})
    assert [run_id for run_id, what in due(runs, policy) if what == "run"] == [1, 3, 4, 5]


def test_branches_have_rules_of_their_own_the_first_that_matches() -> None:
    policy = replace(STRICT, branches={"release/*": 0, "main": 100, "*": 5})
    runs = [past(1, 3000, "refs/heads/release/1/2"), past(2, 99), past(3, 101), past(4, 6, "refs/heads/topic")]
    assert due(runs, policy) == [(3, "run"), (4, "run")]


def test_what_somebody_keeps_stays_with_its_artifacts() -> None:
    assert due([past(1, 4000, leased=True, artifacts=True, work=True)]) == [(1, "work")]


def test_artifacts_may_go_before_their_run() -> None:
    policy = replace(STRICT, days=90, artifact_days=10)
    assert due([past(1, 11, artifacts=True), past(2, 11)], policy) == [(1, "artifacts")]
    assert due([past(1, 91, artifacts=True)], policy) == [(1, "run"), (1, "artifacts")]
    assert due([past(1, 11, artifacts=True)], replace(policy, recent=1)) == []
    assert due([past(1, 11, artifacts=True)], replace(policy, branches={"main": 90})) == []


def test_the_newest_are_kept_by_when_they_ended_for_each_pipeline() -> None:
    runs = [past(1, 40), past(2, 50), past(3, 60, pipeline="other")]
    assert due(runs, Policy(recent=1)) == [(2, "run")]


@given(
    st.lists(
        st.builds(
            past,
            st.integers(1, 10**6),
            st.floats(0, 5000),
            st.sampled_from([MAIN, "refs/heads/topic", "refs/pull/1/merge", "refs/heads/[x", ""]),
            leased=st.booleans(),
            artifacts=st.booleans(),
            work=st.booleans(),
        ),
        max_size=30,
        unique_by=lambda run: run.id,
    ),
    st.builds(
        Policy,
        *(st.integers(0, 100) for _ in range(5)),
        st.dictionaries(st.sampled_from(["*", "main", "[", "top?c"]), st.integers(0, 9)),
    ),
)
def test_whatever_the_rules_nothing_that_is_kept_goes(runs: list[Past], policy: Policy) -> None:
    found = fates(runs, policy)
    assert [fate.run.id for fate in found if fate.what is What.RUN] == [run.id for run in runs]
    newest = sorted(runs, key=lambda run: (run.finished_at, run.id), reverse=True)[: policy.recent]
    for fate in found:
        if fate.what is not What.WORK:
            assert not (fate.due(NOW) and (fate.run.leased or fate.run in newest))
