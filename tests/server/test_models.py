"""A real server: what MLflow's own client promotes, and what is posted to a webhook, starts pipelines, each once."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from drivetrain.source.model import Reason
from drivetrain.wire.server_process import find
from tests.registry_home import registry_home
from tests.server.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import Run
    from tests.server.conftest import World

pytestmark = pytest.mark.filterwarnings("ignore")
"""MLflow's own, which are its makers' business."""
FILE = """\
trigger: none
resources:
  webhooks:
  - webhook: promoted
    connection: drivetrain-models
    filters:
    - {path: alias, value: champion}
  - webhook: hook
    connection: incoming
steps:
- checkout: none
- bash: echo "it is ${{ parameters.promoted.model }} ${{ parameters.promoted.version }}${{ parameters.hook.title }}"
"""


def started(world: World) -> Sequence[Run]:
    return [run for run in world.runs() if run.reason is Reason.RESOURCE_TRIGGER]


def post(world: World, name: str, body: bytes) -> int:
    info = find(world.home)
    assert info is not None
    url = f"{info.url}/org/_apis/public/distributedtask/webhooks/{name}?api-version=6.0-preview"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, method="POST")) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def promote_by_mlflow(world: World, alias: dict[str, str]) -> None:
    """MLflow's server is started for it, which may take its time."""
    info = find(world.home)
    assert info is not None
    headers = {"Authorization": f"Bearer {world.home.token.read_text().strip()}", "Content-Type": "application/json"}
    url = f"{info.url}/mlflow/api/2.0/mlflow/registered-models/alias"
    request = urllib.request.Request(url, json.dumps(alias).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def log_of(world: World, run: Run) -> str:
    return "".join(path.read_text() for path in world.home.run(run.id).glob("*/logs/*.log"))


def test_promotions_and_posts_start_pipelines_once_also_across_a_kill(world: World) -> None:
    registry = registry_home(world.home.root)
    for _ in range(2):
        registry.model("fraud")
    world.repository(FILE)
    world.commit("base")
    world.push()
    world.cli("project", "add", str(world.bare), "--hook")
    world.cli(
        *[
            "connection",
            "add",
            "incoming",
            "--type",
            "incomingwebhook",
            "--parameter",
            "webhookname=WebHook",
            "--open",
            "--json",
        ]
    )
    world.up()
    alias = {"name": "fraud", "alias": "champion", "version": "1"}
    promote_by_mlflow(world, alias)
    world.kill()  # the client has its answer: nothing of it may be lost
    world.up()
    (run,) = world.wait_for_runs(1)
    assert "it is fraud 1" in log_of(world, run)
    told = world.cli("why", str(run.id))
    assert "the webhook resource promoted: model.promoted fraud:1 as champion" in told
    assert "(azure-pipelines.yml:4:5)" in told
    (promotion,) = json.loads(world.cli("models", "show", "fraud", "--json"))["promotions"]
    assert (promotion["by"], promotion["version"]) == ("owner", "1")

    bodies = (b'{"title": "posted"}', b"[]", b"x" * 1_000_001)
    assert [post(world, "WebHook", body) for body in bodies] == [200, 400, 413]
    assert [post(world, name, b"{}") for name in ("other", "drivetrain-models", "..%2F..", "x" * 300)] == [404] * 4
    wait_for(lambda: len(started(world)) == 2, "the run of the post")
    assert "posted" in log_of(world, world.wait_for_runs(2)[0])
    world.cli("promote", "fraud:2", "--reason", "better")
    wait_for(lambda: len(started(world)) == 3, "the run of the promotion")
    assert "it is fraud 2" in log_of(world, world.wait_for_runs(3)[0])
    found = world.ask("GET", "/api/v1/models/fraud/promotions")["promotions"]
    assert [(each["version"], each["before"], each["reason"]) for each in found] == [
        ("2", "1", "better"),
        ("1", "", ""),
    ]
    tree = world.ask("GET", "/api/v1/lineage?of=fraud:2")["trees"][0]
    assert tree["children"][0]["children"][0]["children"][0]["title"] == "fraud:2 @champion"
    beside = world.ask("GET", "/api/v1/models/fraud/compare?one=1&two=@champion")
    assert [(each["name"], each["mark"]) for each in beside["metrics"]] == [("rmse", "same")]
