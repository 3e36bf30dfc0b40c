"""Replicas and deployments that come, go, die, hang and sleep, while callers never rest: no request fails."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.serve.model import InstanceState, RequestSettings
from tests.serving.live import SETTINGS, frames, load, quick, speaks_http, until

if TYPE_CHECKING:
    from tests.serving.live import Live


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_killed_replicas_cost_no_caller_anything(live: Live) -> None:
    live.deploy("blue", frames("blue"), instances=2)
    live.traffic(blue=100)
    first = {each.pid for each in live.ready(count=2)}

    async def scene() -> None:
        async with load(live) as seen:
            await seen.more()
            for pid in first:
                os.kill(pid, signal.SIGKILL)
            await seen.more()
            await asyncio.to_thread(live.ready, "blue", 2)
            await seen.more()

    asyncio.run(scene())
    instances = live.ready(count=2)
    assert not first & {each.pid for each in instances}
    assert all(each.restarts == 1 and each.problem.startswith("SIGKILL") for each in instances)


def test_a_killed_server_of_the_users_costs_no_caller_anything(live: Live) -> None:
    live.deploy("blue", speaks_http("own"))
    live.traffic(blue=100)
    (first,) = live.ready()

    async def scene() -> None:
        async with load(live) as seen:
            await seen.more()
            os.kill(first.pid, signal.SIGKILL)
            await seen.more()

    asyncio.run(scene())
    assert live.ready()[0].pid != first.pid


def test_a_request_that_kills_its_replica_takes_no_others_with_it(live: Live) -> None:
    live.deploy("blue", frames("blue"), instances=2)
    live.traffic(blue=100)
    live.ready(count=2)

    async def scene() -> None:
        async with load(live) as seen:
            await seen.more()
            poison = await asyncio.to_thread(live.ask, "/score", {"do": {"exit": 3}})
            assert (poison.status, poison.headers["ms-azureml-model-error-statuscode"]) == (424, "502")
            await seen.more()

    asyncio.run(scene())
    assert sum(each.restarts for each in live.ready(count=2)) == 2  # once tried, and once more alone


def test_traffic_and_deployments_change_while_callers_ask(live: Live) -> None:
    live.deploy("blue", frames("one"))
    live.traffic(blue=100)
    live.ready()

    async def scene() -> None:
        async with load(live) as seen:
            await seen.more()
            live.deploy("green", frames("two"))
            await asyncio.to_thread(live.apply)
            await asyncio.to_thread(live.traffic, blue=50, green=50)
            await seen.more(100)
            assert {word for word, _ in seen.answers[-50:]} == {"one", "two"}
            live.deploy("blue", frames("three"))  # other replicas for the same deployment
            await asyncio.to_thread(live.apply)
            async with asyncio.timeout(120):
                while not any(word == "three" for word, _ in seen.answers[-20:]):
                    await seen.more(1)
            await asyncio.to_thread(live.traffic, green=100)
            await asyncio.to_thread(live.endpoints.delete_deployment, "taxi", "blue", by="owner")
            await asyncio.to_thread(live.apply)
            await seen.more()
            assert {word for word, _ in seen.answers[-10:]} == {"two"}

    asyncio.run(scene())
    until(lambda: [each.deployment for each in live.instances()] == ["green"])


def test_a_split_is_exact(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    live.deploy("green", frames("green"))
    live.traffic(blue=91, green=9)
    words = [live.ask().json[0] for _ in range(100)]
    assert (words.count("blue"), words.count("green")) == (91, 9)


def test_a_generation_changes_only_what_changed(live: Live) -> None:
    live.deploy("blue", frames("blue"), instances=2)
    live.traffic(blue=100)
    first = {each.pid for each in live.ready(count=2)}
    live.deploy("blue", frames("blue"), instances=3, request=RequestSettings(timeout_ms=1234))
    live.deploy("green", frames("green"))
    live.apply()
    assert first < {each.pid for each in live.ready(count=3)}
    live.deploy("blue", frames("blue"), instances=1)
    live.apply()
    assert {each.pid for each in live.ready(count=1)} < first


def test_a_deployment_that_cannot_start_leaves_the_old_one(live: Live) -> None:
    live.deploy("blue", frames("good"))
    live.traffic(blue=100)
    live.ready()
    live.deploy("blue", frames("broken"))
    live.apply()
    failed = until(lambda: [each for each in live.instances() if each.restarts > 1])[0]
    assert failed.problem.startswith("exit code 1")
    assert "this one is broken" in failed.problem
    assert live.ask().json[0] == "good"
    assert "this one is broken" in live.fronts.log("taxi", "blue")
    live.deploy("blue", frames("good"))  # given up again: the replica that runs is the one that is wanted
    live.apply()
    assert len(live.ready()) == 1


def test_one_that_hangs_is_killed(live: Live) -> None:
    live.deploy("blue", frames("blue"), liveness=quick(initial_delay=4.0))
    live.traffic(blue=100)
    (first,) = live.ready()
    os.kill(first.pid, signal.SIGSTOP)
    until(lambda: not alive(first.pid))
    second = until(lambda: [each for each in live.instances() if each.pid not in {0, first.pid}])[0]
    assert second.problem.startswith("did not answer its liveness probe 3 times")
    assert live.ask().json == ["blue", second.pid]


def test_one_that_is_not_ready_gets_nothing_until_it_is(live: Live) -> None:
    live.deploy("blue", frames("blue"), instances=2, readiness=quick())
    live.traffic(blue=100)
    first, second = live.ready(count=2)
    os.kill(first.pid, signal.SIGSTOP)
    until(lambda: any(each.state is InstanceState.UNREADY for each in live.instances()))
    assert {live.ask().json[1] for _ in range(5)} == {second.pid}
    os.kill(first.pid, signal.SIGCONT)
    assert {each.pid for each in live.ready(count=2)} == {first.pid, second.pid}


def test_it_sleeps_and_the_first_caller_wakes_it(live: Live) -> None:
    settings = RequestSettings(timeout_ms=60_000, queue_ms=100)
    live.deploy("blue", frames("blue"), sleeps_after=0.2, request=settings)
    live.traffic(blue=100)
    first = live.ask().json[1]
    until(lambda: live.status.asleep == ("blue",) and not live.instances())
    assert not alive(first)
    assert live.ask().json[1] != first


def test_a_mirror_gets_copies_and_callers_never_know(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    live.deploy("green", frames("green"))
    live.deploy("red", frames("red"))
    live.traffic({"green": 50}, blue=100)
    live.ready("green")
    same = [live.ask(body={"do": {"answer": [1.0, 2.00000001]}}).json for _ in range(10)]
    assert same == [[1.0, 2.00000001]] * 10
    tally = until(lambda: (found := live.status.tallies["green"]).mirrored == 5 and found)
    assert (tally.disagreed, tally.requests) == (0, 0)
    assert [live.ask().json[0] for _ in range(10)] == ["blue"] * 10
    tally = until(lambda: (found := live.status.tallies["green"]).mirrored == 10 and found)
    assert tally.disagreed == 5
    live.traffic({"red": 50}, blue=100)
    live.deploy("red", frames("broken"))  # a mirror that is broken harms nobody
    live.apply()
    assert [live.ask().status for _ in range(10)] == [200] * 10


def test_logs_are_kept_and_told_apart(live: Live) -> None:
    live.deploy("blue", frames("blue"), instances=2)
    live.traffic(blue=100)
    live.ready(count=2)
    live.ask(body={"do": {"say": "hello there"}})
    lines = until(lambda: (text := live.fronts.log("taxi", "blue")) and "hello there" in text and text).splitlines()
    assert {"[0] replica blue begins", "[1] replica blue begins"} < set(lines)
    assert live.fronts.log("taxi", "blue", lines=1).count("\n") == 1
    assert live.fronts.log("taxi", "green") == ""


def test_replicas_have_the_deployments_variables_and_nothing_of_ours(live: Live) -> None:
    live.deploy("blue", frames("blue"), variables={"MINE": "secret"}, request=SETTINGS)
    live.traffic(blue=100)
    (instance,) = live.ready()
    found = Path(f"/proc/{instance.pid}/environ").read_bytes()
    assert b"MINE=secret" in found
    assert b"DRIVETRAIN" not in found
