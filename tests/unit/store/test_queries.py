from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import NotFoundError
from drivetrain.run.events import RunEvent
from drivetrain.run.model import Artifact, Issue, JobRecord, JobRef, RepositorySource, Result, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.source.model import Commit, Reason
from drivetrain.store.database import Database
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.store.runs import SqliteRunStore
from drivetrain.view.ports import RunFilter

if TYPE_CHECKING:
    from pathlib import Path

RUNS = [
    ("train", "refs/heads/main", Commit("a" * 40, "Add 100% more", "Ada")),
    ("train", "refs/heads/next", Commit("ab" + "c" * 38, "Tune it", "Bob_B")),
    ("test", "refs/tags/v1", Commit("d" * 40, "Release", "Ada")),
]


@pytest.fixture
def store(tmp_path: Path) -> SqliteRunStore:
    store = SqliteRunStore(Database(tmp_path / "drivetrain.db"))
    for pipeline, ref, commit in RUNS:
        source = RepositorySource("r", "/r", "/r", ref, commit)
        new = NewRun(pipeline, "f", Reason.MANUAL, source, commit.author_name)
        store.create(new, None, number_key="", number=lambda run_id, *_: f"n{run_id}")
    store.record(2, [], Changes(RunChange(state=State.COMPLETED, result=Result.FAILED)))
    return store


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (RunFilter(), [3, 2, 1]),
        (RunFilter(limit=2), [3, 2]),
        (RunFilter(before=3), [2, 1]),
        (RunFilter(pipeline="train"), [2, 1]),
        (RunFilter(project="nobody"), []),
        (RunFilter(branch="main"), [1]),
        (RunFilter(branch="refs/heads/next"), [2]),
        (RunFilter(branch="v1"), [3]),
        (RunFilter(commit="a"), [2, 1]),
        (RunFilter(commit="ab"), [2]),
        (RunFilter(state=State.COMPLETED), [2]),
        (RunFilter(result=Result.FAILED), [2]),
        (RunFilter(text="ADA"), [3, 1]),
        (RunFilter(text="tune"), [2]),
        (RunFilter(text="n3"), [3]),
        (RunFilter(text="100%"), [1]),
        (RunFilter(text="%"), [1]),
        (RunFilter(text="_"), [2]),
        (RunFilter(text="\\"), []),
        (RunFilter(text="' OR 1=1 --"), []),
    ],
)
def test_runs_are_found_by_what_a_filter_says(store: SqliteRunStore, wanted: RunFilter, ids: list[int]) -> None:
    assert [run.id for run in SqliteRunQueries(store).runs(wanted)] == ids


def test_choices_are_what_there_is(store: SqliteRunStore) -> None:
    choices = SqliteRunQueries(store).choices()
    assert list(choices.pipelines) == ["test", "train"]
    assert list(choices.branches) == ["refs/heads/main", "refs/heads/next", "refs/tags/v1"]


def test_a_timeline_has_everything_of_its_run_and_nothing_of_others(store: SqliteRunStore) -> None:
    ref = JobRef("S", "A")
    artifact = Artifact("model", "pipeline", ref)
    issue = {
        "type_": "warning",
        "message": "slow",
        "stage": "S",
        "job": "A",
        "leg": "",
        "attempt": 2,
        "step": 3,
        "line": 7,
    }
    for run_id in (1, 3):
        event = RunEvent(2, "t", "issue", {**issue, "message": f"slow {run_id}"})
        store.record(run_id, [event], Changes(jobs=[JobRecord(ref, 2, "A")], artifacts=[artifact]))
    timeline = SqliteRunQueries(store).timeline(3)
    assert timeline.run == store.get(3)
    assert timeline.issues == (Issue("warning", "slow 3", ref, 2, 3, line=7, stage="S"),)
    assert timeline.artifacts == (artifact,)
    assert [record.ref for record in timeline.jobs] == [ref]


def test_a_run_that_is_not_there_leaves_no_transaction_open(store: SqliteRunStore) -> None:
    queries = SqliteRunQueries(store)
    with pytest.raises(NotFoundError):
        queries.timeline(9)
    assert queries.timeline(1).run.id == 1
