"""Everything but pushes that starts runs, by a real server and real repositories."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import timestamp
from drivetrain.source.events import PullRequest, PullRequestChanged
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.store.database import Database
from drivetrain.store.source_events import SqliteSourceEvents
from tests.server.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import Run
    from tests.server.conftest import World

WAITS = "trigger: none\nsteps:\n- checkout: none\n- bash: until [ -e {go} ]; do sleep 0.05; done; echo went on\n"


def happen(world: World, pull: PullRequest, action: str = "updated") -> None:
    """As a webhook's delivery does it."""
    events = SqliteSourceEvents(Database(world.home.database))
    update = RefUpdate(1, pull.ref, "", pull.head_sha)
    once = f"pr 1 {pull.number} {pull.head_sha} {action}"
    events.add(update, Reason.PULL_REQUEST, PullRequestChanged(pull, action=action), once)
    events.close()


def feature(world: World, name: str = "feature", **files: str) -> PullRequest:
    """A commit more of a branch, pushed, as pull request 1."""
    world.git("checkout", "--quiet", "-B", name)
    head = world.commit("Better", **files)
    world.push(f"{name}:refs/heads/{name}")
    return PullRequest(1, "Better", "eve", f"refs/heads/{name}", head, "refs/heads/main")


def runs_of(world: World, reason: Reason) -> Sequence[Run]:
    return [run for run in world.runs() if run.reason is reason]


def log_of(world: World, run: Run) -> str:
    return "".join(path.read_text() for path in world.home.run(run.id).glob("*/logs/*.log"))


def test_a_newer_commit_cancels_and_a_deleted_or_rewritten_branch_harms_no_run(world: World) -> None:
    go = world.root / "go"
    world.repository(WAITS.replace("{go}", str(go)))
    world.commit("base")
    world.push()
    world.cli("project", "add", str(world.bare), "--hook")
    world.up()
    happen(world, feature(world, "$(reboot)", a="1"))
    wait_for(lambda: [run for run in world.runs() if run.state == "running"], "the first run")
    world.git("commit", "--quiet", "--amend", "-m", "Rewritten")
    happen(world, feature(world, "$(reboot)", b="2"))
    wait_for(lambda: len(runs_of(world, Reason.PULL_REQUEST)) == 2, "the second run")
    world.push(":refs/heads/$(reboot)")
    (first,) = world.wait_for_runs(1)[1:]
    assert (first.result, first.cancel_by) == ("Canceled", "pull request 1")
    go.touch()
    second = world.wait_for_runs(2)[0]
    assert second.result == "Succeeded"
    assert "went on" in log_of(world, second)
    why = world.cli("why", str(second.id))
    assert "pull request 1 into main was updated" in why
    assert "rule: target main is in what pr.branches includes" in why
    assert "event" in world.ask("GET", f"/api/v1/runs/{second.id}/why")


def test_a_schedule_that_was_due_while_the_server_was_killed_runs_once(world: World) -> None:
    text = "trigger: none\nschedules:\n- {cron: '0 0 1 1 *', displayName: Yearly}\n"
    world.repository(text + 'steps:\n- checkout: none\n- bash: echo "$BUILD_CRONSCHEDULE_DISPLAYNAME"\n')
    world.commit("base")
    world.push()
    world.cli("project", "add", str(world.bare), "--hook")
    world.up()
    database = Database(world.home.database)
    connection = database.connect()

    def planned() -> list[str]:
        return [row["due_at"] for row in connection.execute("SELECT due_at FROM pipeline_schedules")]

    wait_for(planned, "the schedule to be read")
    assert planned()[0] > timestamp_now()
    world.kill()
    connection.execute("UPDATE pipeline_schedules SET due_at = '2020-01-01T00:00:00.000Z'")
    world.up()
    (run,) = world.wait_for_runs(1)
    assert (run.reason, run.result) == ("Schedule", "Succeeded")
    assert "Yearly" in log_of(world, run)
    world.kill()
    connection.execute("UPDATE pipeline_schedules SET due_at = '2020-01-01T00:00:00.000Z'")
    world.up()
    wait_for(lambda: planned()[0] > timestamp_now(), "the schedule to be looked at again")
    connection.close()
    assert len(world.wait_for_events(1)) == 1
    assert len(world.runs()) == 1


def timestamp_now() -> str:
    return timestamp(datetime.now(UTC))


def test_one_pipeline_starts_another_also_when_the_server_is_killed_between_them(world: World) -> None:
    world.repository("steps:\n- checkout: none\n- bash: echo first\n")
    after = (
        "trigger: none\nresources:\n  pipelines:\n  - {pipeline: data, source: CODE, trigger: {branches: [main]}}\n"
        'steps:\n- checkout: none\n- bash: echo "after $RESOURCES_TRIGGERINGALIAS $BUILD_TRIGGEREDBY_BUILDID"\n'
    )
    world.commit("base", **{"after.yml": after})
    world.push()
    world.cli("project", "add", str(world.bare), "--hook")
    world.cli("project", "add", str(world.bare), "--name", "train", "--file", "after.yml", "--hook")
    world.up()
    shas = []
    for number in range(3):
        shas.append(world.commit(str(number)))
        world.push()
        wait_for(lambda: len(runs_of(world, Reason.INDIVIDUAL_CI)) == number + 1, "the first pipeline")  # noqa: B023
        world.kill()
        world.up()
    wait_for(lambda: len(runs_of(world, Reason.RESOURCE_TRIGGER)) == 3, "the second pipeline")
    world.wait_for_runs(6)
    found = runs_of(world, Reason.RESOURCE_TRIGGER)
    assert sorted(run.source.commit.sha for run in found) == sorted(shas)
    assert {run.result for run in found} == {"Succeeded"}
    first = {run.source.commit.sha: run.id for run in runs_of(world, Reason.INDIVIDUAL_CI)}
    for run in found:
        assert f"after data {first[run.source.commit.sha]}" in log_of(world, run)


PARAMETERS = """
trigger: none
parameters:
- {name: rate, type: number, default: 1}
- {name: tags, type: object, default: []}
steps:
- checkout: none
- bash: echo "rate ${{ parameters.rate }} ${{ join('+', parameters.tags) }} $WHO"
"""


def test_somebody_outside_starts_a_run_with_parameters_by_a_token(world: World) -> None:
    world.repository(PARAMETERS)
    world.commit("base")
    world.push()
    world.cli("project", "add", str(world.bare), "--hook")
    info = world.up()
    token = re.search(r"dtp_\S+", world.cli("token", "create", "ci", "--scope", "manage"))
    assert token is not None
    body = {"parameters": {"rate": 0.5, "tags": ["a", "b"]}, "variables": {"WHO": "outside"}}

    def ask(bearer: str) -> int:
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        url = f"{info.url}/api/v1/projects/code/runs"
        with urllib.request.urlopen(
            urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=60
        ) as said:
            found: int = json.load(said)["id"]
        return found

    queued = ask(token[0])
    (run,) = world.wait_for_runs(1)
    assert (run.id, run.reason, run.result) == (queued, "Manual", "Succeeded")
    assert "rate 0.5 a+b outside" in log_of(world, run)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask("dtp_wrong")
    assert len(world.runs()) == 1
