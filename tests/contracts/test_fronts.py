"""What whoever keeps fronts must do. The one implementation starts processes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import NotFoundError, UnavailableError
from drivetrain.wire.serving import fronts as module
from drivetrain.wire.serving.places import front_log, is_held, read_info
from tests.serving.live import Live, frames, load, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with closing(Live(tmp_path)) as live:
        yield live


def gone(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


def test_apply_starts_a_front_and_says_what_it_routes_by(live: Live) -> None:
    assert live.fronts.status("taxi") is None
    live.fronts.stop("taxi")  # nothing to stop is no error
    live.deploy("blue", frames("blue"))
    status = live.apply()
    assert status.generation == live.endpoints.get("taxi").generation
    assert status.url == f"http://127.0.0.1:{live.endpoints.get('taxi').port}"
    assert live.status.pid == status.pid
    live.endpoints.set_traffic("taxi", {"blue": 100}, by="owner")
    again = live.apply()
    assert (again.pid, again.generation) == (status.pid, live.endpoints.get("taxi").generation)


def test_a_change_that_nobody_told_of_is_carried_out_too(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    live.apply()
    live.endpoints.set_traffic("taxi", {"blue": 100}, by="owner")
    assert until(lambda: live.ask().status == 200)


def test_stop_lets_callers_have_their_answers_and_ends_all(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    live.traffic(blue=100)
    (replica,) = live.ready()
    pid = live.status.pid

    async def scene() -> None:
        asked = asyncio.create_task(asyncio.to_thread(live.ask, "/score", {"do": {"say": "begun", "sleep": 1}}))
        await asyncio.to_thread(until, lambda: "begun" in live.fronts.log("taxi", "blue"))
        await asyncio.to_thread(live.fronts.stop, "taxi")
        assert (await asked).status == 200

    asyncio.run(scene())
    assert live.fronts.status("taxi") is None
    assert until(lambda: gone(pid) or gone(replica.pid))
    assert not list((live.home.endpoint("taxi") / "replicas").iterdir())


def test_a_front_that_was_killed_comes_back_with_its_port_and_its_replicas_are_gone(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    live.traffic(blue=100)
    (replica,) = live.ready()
    before = live.status
    os.kill(before.pid, signal.SIGKILL)  # and nobody is asked to start it again
    after = until(lambda: (now := live.fronts.status("taxi")) and now.pid != before.pid and now)
    assert after.url == before.url
    assert live.ready()[0].pid != replica.pid
    assert until(lambda: gone(replica.pid))
    assert live.ask().status == 200
    assert "ended with signal 9: started again" in front_log(live.home, "taxi").read_text()


def test_a_front_that_hangs_is_killed_and_stays_so(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.deploy("blue", frames("blue"))
    live.apply()
    info = read_info(live.home, "taxi")
    assert info is not None
    os.kill(info.pid, signal.SIGSTOP)
    monkeypatch.setattr(module, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(module, "STATUS_SECONDS", 0.5)
    live.fronts.stop("taxi")
    assert until(lambda: gone(info.guard))
    assert not is_held(live.home, "taxi")


def test_where_its_guard_was_killed_too_apply_starts_another(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    before = live.apply()
    info = read_info(live.home, "taxi")
    assert info is not None
    os.kill(info.guard, signal.SIGKILL)
    assert live.status.pid == before.pid
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: not is_held(live.home, "taxi"))
    after = live.apply()
    assert (after.url, after.pid != before.pid) == (before.url, True)


def test_a_front_of_another_version_is_replaced_and_no_caller_sees_it(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.deploy("blue", frames("blue"))
    live.traffic(blue=100)
    live.ready()
    before = live.status

    async def scene() -> None:
        async with load(live) as seen:
            await seen.more()
            monkeypatch.setattr(module, "__version__", "another")
            await asyncio.to_thread(live.apply)
            monkeypatch.undo()
            await seen.more()

    asyncio.run(scene())
    after = live.status
    assert (after.url, after.pid != before.pid) == (before.url, True)
    assert until(lambda: gone(before.pid))


def test_there_is_one_front_at_most(live: Live) -> None:
    live.deploy("blue", frames("blue"))

    async def scene() -> list[int]:
        found = await asyncio.gather(*(asyncio.to_thread(live.apply) for _ in range(3)))
        return [status.pid for status in found]

    assert len(set(asyncio.run(scene()))) == 1


def test_a_port_that_is_taken_is_said(live: Live) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        live.endpoints.set_port("taxi", taken.getsockname()[1])
        with pytest.raises(UnavailableError, match=f"cannot listen on 127.0.0.1:{taken.getsockname()[1]}"):
            live.apply()


def test_an_endpoint_that_is_deleted_takes_its_front_with_it(live: Live) -> None:
    live.deploy("blue", frames("blue"))
    live.apply()
    live.endpoints.delete("taxi", by="owner")
    until(lambda: live.fronts.status("taxi") is None)
    with pytest.raises(UnavailableError, match="no endpoint 'taxi'"):
        live.apply()


def test_the_path_of_a_home_may_be_long_and_no_name_leaves_it(tmp_path: Path) -> None:
    with closing(Live(tmp_path / ("long" * 30))) as live:
        live.deploy("blue", frames("blue"))
        live.traffic(blue=100)
        assert live.ask().status == 200
        with pytest.raises(NotFoundError):
            live.fronts.log("taxi", "../../secret")
