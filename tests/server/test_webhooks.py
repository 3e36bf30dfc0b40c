from __future__ import annotations

import http.client
import json
import random
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from drivetrain.store.database import Database
from tests.server.conftest import wait_for
from tests.server.hooked import REPOSITORY, Hooked
from tests.walking import everything

if TYPE_CHECKING:
    from tests.server.conftest import World

NOTHING_RUNS = "trigger: none\nsteps:\n- bash: 'true'\n"
MAIN = "refs/heads/main"


@pytest.fixture
def hooked(world: World) -> Hooked:
    return Hooked(world)


def test_a_push_that_is_delivered_runs_once_and_is_shown_with_what_came_of_it(hooked: Hooked) -> None:
    world, base = hooked.world, hooked.start()
    hooked.link()
    world.up()
    sha = world.commit("Train")
    world.push()
    assert hooked.push("d-1", MAIN, base, sha) == 202
    (run,) = world.wait_for_runs(1)
    assert (run.result, run.source.commit.sha) == ("Succeeded", sha)
    assert f"code: {MAIN} moved" not in world.cli("hooks", "list")
    assert f"churn: {MAIN} moved from {base[:8]} to {sha[:8]}" in world.cli("hooks", "list", "--project", "churn")
    shown = world.cli("hooks", "show", "1")
    assert f"event 1: run {run.id}: branch main is in what trigger.branches includes" in shown
    assert "x-github-delivery: d-1" in shown
    assert "signature" not in shown
    assert "\nhandled: " in shown
    assert json.loads(world.cli("hooks", "show", "1", "--json"))["body"]["ref"] == MAIN
    (found,) = world.ask("GET", "/api/v1/hooks/deliveries?project=churn&state=done")
    assert (found["id"], found["tries"]) == (1, 1)
    assert world.ask("GET", "/api/v1/hooks/deliveries/1")["events"][0]["run"] == run.id
    assert "is looked at again" in world.cli("hooks", "replay", "1")
    wait_for(lambda: world.ask("GET", "/api/v1/hooks/deliveries/1")["tries"] == 2, "the delivery to be looked at again")
    assert world.ask("POST", "/api/v1/hooks/deliveries/1/replay")["state"] in {"new", "done"}
    wait_for(lambda: world.ask("GET", "/api/v1/hooks/deliveries/1")["tries"] == 3, "the delivery to be looked at again")
    assert "looked at 3 times" in world.cli("hooks", "show", "1")
    assert len(world.events()) == 1


def test_a_hundred_deliveries_of_one_push_at_once_are_one_run(hooked: Hooked) -> None:
    world, base = hooked.world, hooked.start()
    hooked.link()
    world.up()
    sha = world.commit("Train")
    world.push()
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(hooked.push("d-1", MAIN, base, sha))) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(answers) == [200] * 99 + [202]
    world.wait_for_runs(1)
    assert hooked.push("d-2", MAIN, base, sha) == 202  # another delivery of the same push, as by a second webhook
    wait_for(lambda: states(world) == ["done", "done"], "both deliveries to be done with")
    assert (len(world.events()), len(world.runs())) == (1, 1)


def states(world: World) -> list[str]:
    return [each["state"] for each in world.ask("GET", "/api/v1/hooks/deliveries?limit=1000")]


def test_a_thousand_deliveries_are_a_thousand_events(hooked: Hooked) -> None:
    """Branches that are deleted, since that asks git nothing: bench/hooks.py has as many that run."""
    world, sha = hooked.world, hooked.start()
    names = [f"refs/heads/b{number}" for number in range(1000)]
    packed = world.bare / "packed-refs"
    packed.write_text(
        "# pack-refs with: peeled fully-peeled sorted\n" + "".join(f"{sha} {name}\n" for name in sorted(names))
    )
    hooked.link()
    packed.unlink()
    world.up()
    connection = hooked.connection()
    answers = {hooked.push(f"d-{index}", name, sha, "", connection) for index, name in enumerate(names)}
    connection.close()
    assert answers == {202}
    wait_for(lambda: count(world) == 1000, "a thousand events")
    assert sorted(ref for ref, _, _ in world.events()) == sorted(names)


def count(world: World) -> int:
    connection = Database(world.home.database).connect()
    try:
        return int(connection.execute("SELECT count(*) FROM source_events").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.slow
def test_a_server_killed_between_receiving_and_answering_loses_none_and_doubles_none(hooked: Hooked) -> None:
    """A host that got no answer delivers again; what was answered is not delivered again, and so must not be lost."""
    world, sha = hooked.world, hooked.start(NOTHING_RUNS)
    hooked.link()
    refs = [f"refs/heads/b{number}" for number in range(30)]
    world.git("push", "--quiet", "origin", *(f"{sha}:{ref}" for ref in refs))
    world.up()
    chance, over = random.Random(20261126), threading.Event()

    def deliver(mine: list[str]) -> None:
        for ref in mine:
            while not over.is_set():
                with suppress(OSError, http.client.HTTPException):
                    if hooked.push(f"d-{ref}", ref, "", sha) in {200, 202}:
                        break
                over.wait(0.01)

    senders = [threading.Thread(target=deliver, args=(refs[number::3],)) for number in range(3)]
    try:
        for sender in senders:
            sender.start()
        for _ in range(3):
            over.wait(chance.uniform(0.02, 0.2))  # a random moment, not a wait for something
            world.kill()
            world.up()
        for sender in senders:
            sender.join(120)
            assert not sender.is_alive()
    finally:
        over.set()
    wait_for(lambda: states(world) == ["done"] * len(refs), f"every delivery to be done with; {world.log()}")
    wait_for(lambda: count(world) == len(refs), "as many events as pushes")
    assert sorted(ref for ref, _, _ in world.events()) == sorted(refs)


def test_a_branch_with_a_hostile_name_and_a_delivery_for_another_repository(hooked: Hooked) -> None:
    world, sha = hooked.world, hooked.start()
    hooked.link()
    world.up()
    ref = "refs/heads/$(touch${IFS}pwned)"
    world.push(f"{sha}:{ref}")
    assert hooked.push("d-1", ref, "", sha) == 202
    other = {"ref": MAIN, "before": sha, "after": "1" * 40, "repository": {"full_name": "evil/churn"}}
    assert hooked.deliver("d-2", "push", other) == 202
    (run,) = world.wait_for_runs(1)
    assert (run.source.ref, run.result) == (ref, "Succeeded")
    wait_for(lambda: states(world) == ["done", "done"], "both deliveries to be done with")
    assert "ignored: it is about evil/churn; this webhook is that of lab/churn" in world.cli("hooks", "list")
    assert len(world.events()) == 1
    assert not [path for path in everything(world.root) if path.name.startswith("pwned")]


def test_a_pull_request_that_is_delivered_runs_as_its_merge_and_ends_with_it(hooked: Hooked) -> None:
    world, base = hooked.world, hooked.start()
    hooked.link()
    world.up()
    world.git("checkout", "--quiet", "-b", "deeper")
    head = world.commit("Try a deeper tree", tree="deeper")
    world.push("deeper")
    ours = {"full_name": REPOSITORY}
    pull = {
        "number": 7,
        "state": "open",
        "title": "$(reboot)",
        "user": {"login": "mona"},
        "head": {"ref": "deeper", "sha": head, "repo": ours},
        "base": {"ref": "main", "sha": base, "repo": ours},
    }
    for guid in ("d-1", "d-2"):  # as by two webhooks
        told = {"action": "opened", "pull_request": pull, "repository": ours}
        assert hooked.deliver(guid, "pull_request", told) == 202
    (run,) = world.wait_for_runs(1)
    assert (run.reason, run.source.ref, run.requested_for) == ("PullRequest", "refs/pull/7/merge", "mona")
    assert run.source.commit.sha not in {head, base}
    merged = {"action": "closed", "pull_request": {**pull, "state": "closed", "merged": True}, "repository": ours}
    assert hooked.deliver("d-3", "pull_request", merged) == 202
    assert world.wait_for_events(2)[1] == ("refs/pull/7/merge", "done", "pull request 7 was merged")
    assert len(world.runs()) == 1
