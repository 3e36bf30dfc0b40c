"""Releases with a real server, real fronts and real replicas, under load: no caller is failed, whatever is killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from drivetrain.home import Home
from drivetrain.serve.release.model import ReleaseState
from drivetrain.wire.server_process import find, is_held
from drivetrain.wire.serving.serving import fronts_of, serving_of
from drivetrain.wire.storage import Storage
from tests.server.conftest import PATIENCE, World, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

SCORER = Path(__file__).with_name("scorer.py")
AT_ONCE = 1.0
"""Seconds: what a rollback may take."""


@dataclass
class Load:
    """Callers that ask one after the other, each on a connection of its own that is kept."""

    port: int
    key: str
    callers: int = 2
    answers: Counter[tuple[int, str]] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(self.callers)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._over.is_set():
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            try:
                connection.request("POST", "/score", b"[]", headers)
                answer = connection.getresponse()
                told = (answer.status, answer.read().decode())
            except (OSError, http.client.HTTPException) as error:
                told = (0, repr(error))
            with self._lock:
                self.answers[told] += 1
            time.sleep(0.005)  # callers with a life of their own: two processors do all of this
        connection.close()

    def of(self, says: str) -> int:
        return self.answers[200, json.dumps(says)]

    @property
    def failed(self) -> dict[tuple[int, str], int]:
        return {told: count for told, count in self.answers.items() if told[0] != 200}


@dataclass
class Shop:
    """A home with an endpoint `shop`."""

    world: World

    @property
    def storage(self) -> Storage:
        return Storage(Home(self.world.home.root))

    def deploy(self, says: str, *more: str, most: str = "", status: int = 0) -> str:
        command = f"{sys.executable} {SCORER} {{port}} {says} {most}".strip()
        words = ["deploy", "--endpoint", "shop", "--command", command]
        return self.world.cli(*words, *more, status=status)

    def load(self) -> Load:
        endpoint = self.storage.endpoints.get("shop")
        return Load(endpoint.port, self.storage.endpoints.keys("shop")[0])

    @property
    def traffic(self) -> dict[str, int]:
        return dict(self.storage.endpoints.get("shop").traffic)

    def release(self) -> Any:
        return self.storage.releases.of("shop")[0]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    world = World(tmp_path)
    world.home.root.mkdir()
    (world.home.root / "config.toml").write_text("port = 0\nazure_port = 0\nendpoint_port = 0\n")
    made = Shop(world)
    yield made
    for endpoint in made.storage.endpoints.all():
        with suppress(Exception):
            serving_of(made.storage).delete_endpoint(endpoint.name, by="test")
    world.cli("down", status=None)


def test_nobody_is_failed_by_a_release_a_killed_server_and_a_rollback(shop: Shop) -> None:
    _up(shop)
    shop.deploy("one", "--at-once")
    with shop.load() as load:
        wait_for(lambda: load.of("one") > 20, "answers of the first")
        shop.deploy("two", "--steps", "50,100", "--watch", "2", "--no-wait")
        wait_for(lambda: shop.release().state is ReleaseState.SHIFTING, "the first step")
        _kill_server(shop)
        answered = load.answers.total()
        wait_for(lambda: load.of("two") and load.answers.total() > answered + 20, "answers without a server")
        _up(shop)
        wait_for(lambda: not shop.release().under_way, "the end of the release")
        assert shop.release().state is ReleaseState.FINISHED, shop.release().reason
        assert shop.traffic == {"green": 100}
        began = time.perf_counter()
        serving_of(shop.storage).rollback("shop", by="ada")
        seconds = time.perf_counter() - began
        ones = load.of("one")
        wait_for(lambda: load.of("one") > ones + 20, "answers of the first again")
    assert not load.failed
    assert seconds < AT_ONCE
    assert "blue 100%" in shop.world.cli("traffic", "shop")
    kinds = [each.kind for each in shop.storage.endpoints.history("shop")]
    assert kinds[:2] == ["rollback", "release.finished"]


def test_a_bad_one_is_rolled_back_by_itself_without_any_server(shop: Shop) -> None:
    shop.deploy("one", "--at-once")
    with shop.load() as load:
        said = shop.deploy("two", "--steps", "20,100", "--watch", "30", most="1", status=1)
        assert shop.traffic == {"blue": 100}
        ones = load.of("one")
        wait_for(lambda: load.of("one") > ones + 20, "answers of the first again")
    assert "rolled back to blue 100%" in said
    assert "answers were errors" in said
    assert "endpoint logs shop green" in said
    assert not is_held(shop.world.home)
    # Its own only, and few of them. 424 is what Azure says of a model's own error.
    assert set(load.failed) <= {(424, '"two"')}
    assert sum(load.failed.values()) < load.answers.total() / 2
    assert "serving two" in shop.world.cli("endpoint", "logs", "shop", "green")


def test_one_that_does_not_start_changes_nothing_and_a_killed_front_comes_back(shop: Shop) -> None:
    _up(shop)
    shop.deploy("one", "--at-once")
    broken = f"{sys.executable} -c raise(SystemExit(3)) {{port}}"
    said = shop.world.cli("deploy", "--endpoint", "shop", "--command", broken, status=1)
    assert "a replica ended 3 times by itself" in said
    assert "nothing has changed for callers" in said
    status = fronts_of(shop.storage).status("shop")
    assert status is not None
    os.kill(status.pid, signal.SIGKILL)
    wait_for(lambda: _another_front(shop, status.pid), "another front")
    assert '"one"' in shop.world.cli("endpoint", "invoke", "shop", "--data", "[]")


def _another_front(shop: Shop, pid: int) -> bool:
    status = fronts_of(shop.storage).status("shop")
    ready = status is not None and any(each.deployment == "blue" and each.state == "ready" for each in status.instances)
    return status is not None and status.pid != pid and ready


def _up(shop: Shop) -> None:
    """A busy machine may need longer for the start than the command waits: whether it runs is what counts."""
    wait_for(lambda: shop.world.cli("up", status=None) and find(shop.world.home), "a server", 4 * PATIENCE)


def _kill_server(shop: Shop) -> None:
    info = find(shop.world.home)
    assert info is not None
    os.kill(info.pid, signal.SIGKILL)
    wait_for(lambda: not is_held(shop.world.home), "the server's end")
