"""`batch: true`: pushes that come while a run of their branch is under way become one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.server.conftest import wait_for

if TYPE_CHECKING:
    from tests.server.conftest import World

BATCH = """
trigger:
  batch: true
  paths:
    exclude: [docs]
steps:
- checkout: none
- bash: |
    echo "reason $(Build.Reason)"
    while [ -e "{gate}" ]; do sleep 0.02; done
"""


def test_pushes_during_a_run_of_the_branch_become_one_run_of_the_newest_commit(world: World) -> None:
    gate = world.root / "gate"
    gate.touch()
    world.repository(BATCH.replace("{gate}", str(gate)))
    world.cli("project", "add", str(world.bare), "--hook", "--poll", "5")
    world.up()
    first = world.commit("first")
    world.push()
    wait_for(world.runs, "the first run")
    world.commit("second", model="2")
    world.push()
    newest = world.commit("third", model="3")
    world.push()
    other = world.commit("fourth", model="4")
    world.push("main:refs/heads/other")
    wait_for(lambda: len(world.runs()) == 2, "the run of the other branch, which waits for nobody")
    wait_for(lambda: world.log().count("trigger.batch: it waits for run 1") == 2, "both pushes to wait")
    gate.unlink()
    runs = sorted(world.wait_for_runs(3), key=lambda run: run.id)
    assert [(run.source.ref, run.source.commit.sha) for run in runs] == [
        ("refs/heads/main", first),
        ("refs/heads/other", other),
        ("refs/heads/main", newest),
    ]
    assert {str(run.reason) for run in runs} == {"BatchedCI"}
    assert [row[1] for row in world.wait_for_events(4)] == ["done"] * 4
    assert len(world.runs()) == 3
