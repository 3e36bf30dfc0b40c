"""The commands of serving on what is kept, without any front."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.home import Home
from drivetrain.registry.versions.model import ModelVersion, Promotion
from drivetrain.serve.model import Collection, DeploymentSpec, Runtime, Script, Server
from drivetrain.serve.release.model import ReleasePlan, Step
from drivetrain.view.cli import deploy, endpoint, promote, releases, releasing, rollback, status, traffic
from drivetrain.view.cli.deployment_words import TOGETHER, Words, plan_of, secrets, spec_of, variables
from drivetrain.wire.gating.asker import Asker
from drivetrain.wire.serving import serving as built
from tests.unit.serve.home import ServingHome

if TYPE_CHECKING:
    from pathlib import Path

    import click


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServingHome:
    """What the commands find; its fronts and preparations are the test's own."""
    made = ServingHome(tmp_path)
    monkeypatch.setenv("DRIVETRAIN_HOME", str(tmp_path))
    for module in (endpoint, deploy, rollback, traffic, releases):
        if hasattr(module, "serving_of"):
            monkeypatch.setattr(module, "serving_of", lambda _: made.verbs)
        if hasattr(module, "fronts_of"):
            monkeypatch.setattr(module, "fronts_of", lambda _: made.fronts)
    return made


def run(command: click.Command, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, words, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    assert (done.return_value or 0) == code, done.output
    return done.output


def test_nothing_yet_says_how_to_begin(home: ServingHome) -> None:
    del home
    assert "drivetrain deploy MODEL --endpoint NAME" in run(endpoint.command, "list")
    assert "drivetrain deploy MODEL --endpoint NAME" in run(releases.command, "list")
    assert run(endpoint.command, "history") == "nothing has been live yet\n"
    with pytest.raises(NotFoundError):
        run(rollback.command, "shop")


def test_what_is_live_is_listed_and_shown(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    lines = run(endpoint.command, "list").splitlines()
    assert lines[0].split() == ["endpoint", "traffic", "model", "front", "url", "changed"]
    assert lines[1].split()[:4] == ["shop", "green", "100%", "m:2"]
    shown = run(endpoint.command, "show", "SHOP")
    assert "blue        Succeeded  0%       1 of 1 ready" in shown
    assert "green       Succeeded  100%     1 of 1 ready" in shown
    document = json.loads(run(endpoint.command, "show", "shop", "--json"))
    assert [each["name"] for each in document["deployments"]] == ["blue", "green"]


def test_a_release_under_way_and_a_problem_are_shown(home: ServingHome) -> None:
    home.live("m:1")
    home.unpreparable["m:2"] = UserError("needs Python 2\nand more")
    release = home.deploy("m:2")
    assert f"drivetrain releases watch {release.id}" in run(endpoint.command, "show", "shop")
    home.to_the_end(release)
    assert "green: needs Python 2\n" in run(endpoint.command, "show", "shop")
    assert "steps: 10% for 10 s, 100% for 10 s\nand more" in run(releases.command, "show", str(release.id))
    row = run(releases.command, "list", "shop").splitlines()[1]
    assert row.split()[:4] == ["2", "shop", "green", "failed"]


def test_a_rollback_says_what_it_went_back_to(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    said = run(rollback.command, "shop")
    assert "shop: blue 100%  m:1, as it was" in said
    assert "it was green 100%" in said
    with pytest.raises(ConflictError, match="no older state that still runs"):
        run(rollback.command, "shop")
    assert json.loads(run(endpoint.command, "history", "shop", "--json", "--limit", "1"))[0]["kind"] == "rollback"


@pytest.mark.parametrize("champion", ["1", "2"])
def test_a_rollback_says_when_the_champion_is_another(
    home: ServingHome, monkeypatch: pytest.MonkeyPatch, champion: str
) -> None:
    known = {"m@champion": ModelVersion("m", champion, aliases=("champion",))}
    monkeypatch.setattr(rollback, "finder", lambda _: known.get)
    home.live("m:1")
    home.live("m:2")
    note = "note: the champion is still m:2; to change that: drivetrain promote m:1"
    assert (note in run(rollback.command, "shop")) is (champion == "2")


def test_traffic_is_shown_and_given(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    assert run(traffic.command, "shop") == "shop: green 100%\n"
    assert run(traffic.command, "shop", "blue=10", "green=90%") == "shop: green 90%, blue 10%\n"
    assert run(traffic.command, "shop", "blue=100", "--mirror", "green=20") == "shop: blue 100%\ncopies: green 20%\n"
    assert run(traffic.command, "shop", "--mirror", "green=0") == "shop: blue 100%\n"
    for wrong in ("blue", "blue=x", "blue=-1"):
        with pytest.raises(UserError, match="is no share"):
            run(traffic.command, "shop", "--", wrong)


def test_releases_are_canceled(home: ServingHome) -> None:
    home.live("m:1")
    release = home.deploy("m:2")
    assert "is failed: shop has blue 100%" in run(releases.command, "cancel", str(release.id))


def test_endpoints_are_made_and_deleted(home: ServingHome) -> None:
    assert "deploy MODEL --endpoint shop" in run(endpoint.command, "create", "shop", "--auth-mode", "aml_token")
    with pytest.raises(ConflictError):
        run(endpoint.command, "create", "SHOP")
    assert run(endpoint.command, "delete", "shop", "--yes") == "deleted shop\n"
    assert not home.endpoints.all()
    assert "endpoint.deleted" in run(endpoint.command, "history", "shop")


def test_keys_are_told_and_renewed(home: ServingHome) -> None:
    home.live("m:1")
    primary, secondary = home.endpoints.keys("shop")
    assert run(endpoint.command, "keys", "shop") == f"primary  {primary}\nsecondary  {secondary}\n"
    renewed = json.loads(run(endpoint.command, "keys", "shop", "--renew", "primary", "--json"))
    assert renewed["secondary"] == secondary
    assert renewed["primary"] != primary


def test_logs_are_of_the_one_with_most_traffic(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    assert run(endpoint.command, "logs", "shop") == "log of shop/green\n"
    assert run(endpoint.command, "logs", "shop", "BLUE") == "log of shop/blue\n"


def test_deploy_without_waiting_says_how_to_watch(home: ServingHome) -> None:
    said = run(deploy.command, "m", "--endpoint", "shop", "--no-wait", "--steps", "50,100")
    assert "release 1: blue of shop" in said
    assert "drivetrain releases watch 1" in said
    assert home.releases.get(1).plan.steps == (Step(50, 10.0), Step(100, 10.0))
    with pytest.raises(UserError, match="where is it to be deployed"):
        run(deploy.command, "m")


def test_status_tells_what_is_live(home: ServingHome) -> None:
    home.live("m:1")
    assert "endpoint shop: blue 100% (m:1) at its front does not run" in run(status.command, code=3)


def test_a_fork_changes_nothing(home: ServingHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home.live("m:1")
    home.live("m:2")
    fork = Asker(home.storage.home, "run 7", 7, restricted=True)
    monkeypatch.setattr(built, "asker", lambda: fork)
    changes: list[tuple[click.Command, list[str]]] = [
        (deploy.command, ["m:3", "--endpoint", "shop"]),
        (rollback.command, ["shop"]),
        (traffic.command, ["shop", "blue=100"]),
        (endpoint.command, ["create", "other"]),
        (endpoint.command, ["delete", "shop", "--yes"]),
        (promote.command, ["m:1"]),
        (releases.command, ["cancel", "1"]),
    ]
    before = home.kinds()
    for command, words in changes:
        with pytest.raises(UserError, match="a run of a fork's pull request may not change what is live"):
            run(command, *words)
    asks = (
        ["keys", "shop"],
        ["keys", "shop", "--renew", "primary"],
        ["logs", "shop"],
        ["requests", "shop"],
        ["invoke", "shop", "--data", "1"],
    )
    for words in asks:
        with pytest.raises(UserError, match="a run of a fork's pull request asks no endpoints"):
            run(endpoint.command, *words)
    assert home.kinds() == before
    assert run(traffic.command, "shop") == "shop: green 100%\n"


def test_a_job_promotes_what_its_project_may_see(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[tuple[str, str, int | None]] = []

    def set_alias(name: str, alias: str, version: str, *, by: str, run_id: int | None, reason: str) -> Promotion:
        given.append((name, by, run_id))
        return Promotion(1, "2026-11-26T00:00:00Z", name, alias, version, "", by, run_id, reason)

    def find(text: str) -> ModelVersion:
        return ModelVersion(text.partition(":")[0], "1", project=text.partition("-")[0])

    kept = SimpleNamespace(models=SimpleNamespace(find=find, set_alias=set_alias))
    monkeypatch.setattr(promote, "Storage", lambda _: kept)
    monkeypatch.setattr(built, "asker", lambda: Asker(Home(tmp_path), "run 7", 7, project="mine"))
    run(promote.command, "mine-m:1")
    assert given == [("mine-m", "run 7", 7)]
    with pytest.raises(NotFoundError, match="project mine has no model theirs-m"):
        run(promote.command, "theirs-m:1")


def test_a_release_is_followed_to_its_end(home: ServingHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releasing, "fronts_of", lambda _: home.fronts)
    monkeypatch.setattr(releasing, "parts_of", lambda _: home.parts)
    said = run(deploy.command, "m:1", "--endpoint", "shop", "--at-once")
    assert said.splitlines()[-3:] == [
        "blue has 100% of the traffic",
        "\N{CHECK MARK} blue has all traffic of shop",
        "try it:   drivetrain endpoint invoke shop",
    ]
    home.answers["green"] = (500, b"##vso[task.complete]")
    said = run(deploy.command, "m:2", "--endpoint", "shop", "--at-once", code=1)
    assert "nothing has changed for callers: the smoke test failed: the example was answered by 500" in said
    assert "##vso[" not in said
    assert "its log:  drivetrain endpoint logs shop green" in said
    shown = json.loads(run(deploy.command, "m:3", "--endpoint", "shop", "--at-once", "--json", code=1))
    assert shown["state"] == "failed"


# Words.


def test_options_go_before_what_a_file_has_said(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("")
    base = DeploymentSpec(model="m:1", instances=3, variables={"A": "1", "B": "2"})
    words = Words(model="n:2", script=str(tmp_path / "score.py"), runtime="onnx", env=("A=x=y",), sleep_after=0.0)
    spec = spec_of(words, base)
    assert (spec.model, spec.instances, spec.runtime) == ("n:2", 3, Runtime.ONNX)
    assert spec.script == Script(str(tmp_path), "score.py")
    assert spec.variables == {"A": "x=y", "B": "2"}
    assert spec_of(Words(command="serve --port {port}")).server == Server(("serve", "--port", "{port}"))


def test_requirements_are_lines_or_a_conda_file(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("# all\nnumpy==2\n\n  pandas\n")
    (tmp_path / "conda.yaml").write_text("dependencies: []\n")
    found = spec_of(Words(model="m", requirements=str(tmp_path / "r.txt"), python="3.12")).environment
    assert (found.requirements, found.python, found.conda) == (("numpy==2", "pandas"), "3.12", "")
    conda = spec_of(Words(model="m", requirements=str(tmp_path / "conda.yaml"))).environment
    assert (conda.requirements, conda.conda) == ((), "dependencies: []\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (Words(files="/nowhere/at/all"), "there is no folder"),
        (Words(script="/nowhere/score.py"), "there is no file"),
        (Words(requirements="/nowhere/r.txt"), "there is no file"),
        (Words(env=("A",)), "is no variable"),
        (Words(env=("1A=x",)), "is no variable"),
        (Words(secret=("A=NO_SUCH_VARIABLE_HERE",)), "has no variable"),
        (Words(model="m", redact=("card",)), "nothing is written down"),
    ],
)
def test_words_that_mean_nothing_are_refused(words: Words, says: str) -> None:
    with pytest.raises(UserError, match=says):
        spec_of(words)


def test_models_without_a_script_get_many_requests_at_once(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("")
    assert spec_of(Words(model="m")).request.concurrent == TOGETHER
    assert spec_of(Words(script=str(tmp_path / "score.py"))).request.concurrent == 1
    assert spec_of(Words(model="m"), DeploymentSpec()).request.concurrent == 1, "a file says it"
    assert spec_of(Words(model="m", concurrent=3), DeploymentSpec()).request.concurrent == 3


def test_what_is_written_down_is_said_with_the_deployment() -> None:
    assert spec_of(Words(model="m", collect=0.1, redact=("card",))).collection == Collection(0.1, ("card",))
    base = DeploymentSpec(collection=Collection(0.5, ("name",)))
    assert spec_of(Words(redact=("card",)), base).collection == Collection(0.5, ("card",))
    assert spec_of(Words(), base).collection == base.collection


def test_secrets_come_from_the_environment() -> None:
    assert secrets(("A=B", "C"), {"B": "1", "C": "2"}) == {"A": "1", "C": "2"}
    assert variables(()) == {}


def test_plans_are_said_in_percents() -> None:
    assert plan_of("10, 100", 5.0, 20, at_once=False) == ReleasePlan((Step(10, 5.0), Step(100, 5.0)), Step(20, 5.0))
    assert plan_of("10,100", 5.0, 20, at_once=True).steps == (Step(100, 0.0),)
    with pytest.raises(UserError, match="are no steps"):
        plan_of("ten", 5.0, 0, at_once=False)
