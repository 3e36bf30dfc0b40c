"""Endpoints for the storybook, in real stores; the processes that answer for them are made up."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Never

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.serve.measures.model import Minute
from drivetrain.serve.model import (
    Deployment,
    DeploymentSpec,
    DeploymentState,
    Endpoint,
    Instance,
    InstanceState,
    Launch,
    Speaks,
    Status,
    Tally,
)
from drivetrain.serve.parts import ServingParts
from drivetrain.serve.ports import Change
from drivetrain.serve.release.model import Release, ReleasePlan, ReleaseState, Step
from drivetrain.serve.verbs import ServingVerbs
from drivetrain.store.endpoints import SqliteEndpoints
from drivetrain.store.minutes import SqliteMinutes
from drivetrain.store.releases import SqliteReleases
from drivetrain.view.serving.ports import Answered, Serves
from drivetrain.wire.serving.locks import FileLocks
from tests.browser.story_models import COLUMNS, MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.ports import Vault
    from drivetrain.store.database import Database

ENDPOINT, SMALL, BROKEN, NEW = "turbofan", "wine", "odd-one", "nobody-asks"
PLAIN = "canary"
"""The one that tests change."""
ROW = [112, 642.15, 1591.82, 1403.14, 553.75, 47.49, 8.4052, True, "north"]
EXAMPLE = json.dumps({"input_data": {"columns": [name for name, _ in COLUMNS], "index": [0], "data": [ROW]}})
LAUNCH = Launch(
    ("python", "replica.py", "{socket}"), "/models/1", Speaks.FRAMES, runtime="onnxruntime 1.23",
    note="its answers for the example are the same as scikit-learn's", example=EXAMPLE,
)  # fmt: skip


@dataclass
class StoryFronts:
    """The Fronts port: says what it was told to say."""

    says: dict[str, Status] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)

    def apply(self, name: str, *, seconds: float = 30.0) -> Status:
        del seconds
        self.applied.append(name)
        return self.says[name]

    def status(self, name: str) -> Status | None:
        return self.says.get(name)

    def stop(self, name: str) -> None:
        self.says.pop(name, None)

    def log(self, name: str, deployment: str, *, lines: int = 100) -> str:
        text = (
            f"{name}/{deployment}: loaded in 0.4 s\n"
            + "<script>document.title='owned'</script> \x1b[31mwarning\x1b[0m\n" * 3
        )
        return "\n".join(text.splitlines()[-lines:])


@dataclass
class StoryAsk:
    """The Try port: answers at once."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, endpoint: str, body: bytes, deployment: str = "") -> Answered:
        self.asked.append((endpoint, body.decode(), deployment))
        if endpoint == BROKEN:
            return Answered(0, "", 5.0, problem="it did not answer within 5 s")
        return Answered(200, "[112.4]", 0.00183, deployment or "green", "c0ffee00-1111-2222-3333-444444444444")


class Told:
    """A clock that goes on by a minute with every look at it: so histories have an order that can be seen."""

    def __init__(self) -> None:
        self.at = SystemClock().now() - timedelta(hours=9)

    def now(self) -> object:
        self.at += timedelta(minutes=1)
        return self.at


def serves(database: Database, vault: Vault, folder: Path, hostile: str, long: str) -> Serves:
    """All of it."""
    clock = Told()
    endpoints = SqliteEndpoints(database, vault, clock, check_name=lambda _kind, _name: None)  # type: ignore[arg-type]
    releases = SqliteReleases(database, vault, endpoints, clock)  # type: ignore[arg-type]
    fronts, minutes = StoryFronts(), SqliteMinutes(database)
    _turbofan(endpoints, releases, fronts)
    _others(endpoints, fronts, hostile, long)
    _measure(minutes)
    locks = FileLocks(folder / "serving")
    parts = ServingParts(
        endpoints, releases, fronts, locks, _refuse, _refuse, _refuse, SystemClock(), _refuse, lambda *_: ""
    )
    said = ["resolved 31 packages", "converting to ONNX"]
    return Serves(endpoints, releases, fronts, ServingVerbs(parts), StoryAsk(), minutes, lambda _endpoint, _name: said)


def _refuse(*_what: object, **_more: object) -> Never:
    raise NotImplementedError


def _deploy(
    endpoints: SqliteEndpoints, endpoint: str, name: str, model: str, run_id: int | None = None, **more: object
) -> None:
    spec = DeploymentSpec(model=model, instances=2)
    values: dict[str, object] = {
        "state": DeploymentState.READY,
        "launch": LAUNCH,
        "run_id": run_id,
        "created_by": "Mira Lindqvist",
        **more,
    }
    endpoints.put_deployment(Deployment(endpoint, name, spec, **values), by="Mira Lindqvist")  # type: ignore[arg-type]


def _turbofan(endpoints: SqliteEndpoints, releases: SqliteReleases, fronts: StoryFronts) -> None:
    """A release is under way."""
    endpoints.put(Endpoint(ENDPOINT, port=8701), by="Mira Lindqvist")
    _deploy(endpoints, ENDPOINT, "blue", f"{MODEL}:5", 45)
    endpoints.set_traffic(ENDPOINT, {"blue": 100}, by="20261123.45", run_id=45)
    _deploy(endpoints, ENDPOINT, "green", f"{MODEL}:7", 47)
    done = releases.start(
        Release(0, ENDPOINT, "green", ReleasePlan(), {"blue": 100}, run_id=47, created_by="20261123.47")
    )
    done = releases.update(
        replace(done, state=ReleaseState.SHIFTING, step=1), Change("release.step", {"blue": 50, "green": 50})
    )
    done = releases.update(replace(done, step=2), Change("release.step", {"green": 100}))
    releases.update(replace(done, state=ReleaseState.FINISHED), Change("release.finished", {"green": 100}))
    _deploy(endpoints, ENDPOINT, "blue", f"{MODEL}:9", 49)
    plan = ReleasePlan(mirror=Step(20, 30.0))
    going = releases.start(Release(0, ENDPOINT, "blue", plan, {"green": 100}, run_id=49, created_by="Mira Lindqvist"))
    since = timestamp(SystemClock().now() - timedelta(seconds=4))
    state = replace(going, state=ReleaseState.SHIFTING, step=1, since=since, baseline={"green": Tally(20_000, 40)})
    releases.update(state, Change("release.step", {"green": 50, "blue": 50}))
    instances = (
        Instance("green", 1, InstanceState.READY, 4711, since),
        Instance("green", 2, InstanceState.WAITING, 0, since, 3, "exit code 1\nMemoryError: cannot allocate 2.1 GiB"),
        Instance("blue", 1, InstanceState.READY, 4713, since),
        Instance("blue", 2, InstanceState.STARTING, 4714, since),
    )
    tallies = {"green": _tally(20_480, 41, 1.0), "blue": replace(_tally(470, 2, 1.4), mirrored=90, disagreed=3)}
    begun = timestamp(SystemClock().now() - timedelta(hours=3))
    fronts.says[ENDPOINT] = Status(900, 9, "http://127.0.0.1:8701", begun, instances=instances, tallies=tallies)


def _others(endpoints: SqliteEndpoints, fronts: StoryFronts, hostile: str, long: str) -> None:
    endpoints.put(Endpoint(SMALL, port=8702), by="Mira Lindqvist")
    _deploy(endpoints, SMALL, "blue", "wine-quality:1")
    endpoints.set_traffic(SMALL, {"blue": 100}, by="Mira Lindqvist")
    fronts.says[SMALL] = Status(901, 2, "http://127.0.0.1:8702", timestamp(SystemClock().now()), asleep=("blue",))
    endpoints.put(Endpoint(PLAIN, port=8704), by="Mira Lindqvist")
    for name, version in (("blue", 5), ("green", 7)):
        _deploy(endpoints, PLAIN, name, f"{MODEL}:{version}", 40 + version)
    endpoints.set_traffic(PLAIN, {"blue": 100}, by="Mira Lindqvist")
    ready = tuple(Instance(name, 1, InstanceState.READY, 4720) for name in ("blue", "green"))
    begun = timestamp(SystemClock().now() - timedelta(minutes=3))
    fronts.says[PLAIN] = Status(
        902, 99, "http://127.0.0.1:8704", begun, instances=ready, tallies={"blue": _tally(100, 0, 1.0)}
    )
    endpoints.put(Endpoint(BROKEN, port=8703), by=hostile)
    launch = replace(LAUNCH, runtime=hostile, note=hostile, example=hostile)
    _deploy(
        endpoints,
        BROKEN,
        "blue",
        f"{hostile}:1",
        launch=launch,
        problem=f"{hostile} {long}",
        state=DeploymentState.READY,
    )
    _deploy(endpoints, BROKEN, "green", hostile, launch=None, problem=f"{hostile} {long}", state=DeploymentState.FAILED)
    endpoints.set_traffic(BROKEN, {"blue": 100}, by=hostile, data={"reason": hostile})
    endpoints.put(Endpoint(NEW), by="Mira Lindqvist")


def _tally(requests: int, errors: int, slower: float) -> Tally:
    shares = (0.01, 0.42, 0.37, 0.12, 0.05, 0.02, 0.01)
    counts = [int(requests * share) for share in shares]
    return Tally(requests, errors, requests * 0.003 * slower, (*counts, *[0] * 7))


def _measure(minutes: SqliteMinutes) -> None:
    """Three hours, the release in the last of them."""
    now = SystemClock().now().replace(second=0, microsecond=0)
    found = []
    for ago in range(180, 0, -1):
        at = timestamp(now - timedelta(minutes=ago))
        total = int(4000 + 1500 * math.sin(ago / 9) + 350 * math.sin(ago * 1.7))
        share = 0.0 if ago > 12 else 0.1 if ago > 6 else 0.5
        found.append(Minute(ENDPOINT, "green", at, _tally(int(total * (1 - share)), 8 if ago % 37 == 0 else 0, 1.0)))
        if share:
            found.append(Minute(ENDPOINT, "blue", at, _tally(int(total * share), 2 if ago == 5 else 0, 1.2)))
    minutes.add(found)
