"""`drivetrain connect`: from a token to a run whose result stands at the commit, with a host that has git, too."""

from __future__ import annotations

import json
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.wire.storage import Storage
from tests.hosts.git_host import HOSTS, AppWithGit, GiteaWithGit
from tests.hosts.serving import TOKEN
from tests.server.conftest import COMMAND, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.hosts.git_host import WithGit
    from tests.server.conftest import World


@pytest.fixture
def served(world: World, tmp_path: Path) -> Path:
    """A bare repository with a first commit, which a host serves."""
    world.repository()
    bare = tmp_path / "host" / "churn.git"
    bare.parent.mkdir()
    world.git("clone", "--quiet", "--bare", str(world.bare), str(bare))
    world.git("remote", "set-url", "origin", str(bare))
    world.commit("first")
    world.push()
    return bare


@pytest.fixture
def gitea(world: World, served: Path) -> Iterator[GiteaWithGit]:
    host = GiteaWithGit(served)
    host.state.refs["refs/heads/main"] = world.git("rev-parse", "HEAD")
    yield host
    host.down()
    assert host.wrong == []


def push(world: World, host: GiteaWithGit, message: str) -> tuple[str, str]:
    before, after = host.state.refs["refs/heads/main"], world.commit(message)
    world.push()
    host.state.refs["refs/heads/main"] = after
    return before, after


def connect(world: World, host: WithGit, *more: str, kind: str = "gitea", token: str = TOKEN, status: int = 0) -> str:
    command = [str(COMMAND), "connect", kind, "--url", host.site, *more]
    done = subprocess.run(
        command, env=world.environment, input=f"{token}\n", capture_output=True, text=True, check=False
    )
    output = str(done.stdout + done.stderr)
    assert done.returncode == status, output
    assert token not in output
    return output


def open_up(world: World) -> None:
    """A server whose public address is its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    world.home.root.mkdir(exist_ok=True)
    (world.home.root / "config.toml").write_text(f'port = {port}\npublic_url = "http://127.0.0.1:{port}"\n')
    world.cli("up", "--port", str(port))


def test_from_a_token_to_a_result_at_the_commit(world: World, gitea: GiteaWithGit) -> None:
    open_up(world)
    said = connect(world, gitea, "acme/churn")
    assert "connected churn to acme/churn of Gitea or Forgejo" in said
    assert "✓ credentials: gitea sees acme/churn" in said
    assert "✓ git: 1 branches and tags" in said
    assert "✓ pipeline: azure-pipelines.yml on main" in said
    assert "✓ webhook: delivered push" in said
    assert world.runs() == []  # what is there already starts nothing

    before, after = push(world, gitea, "Train")
    gitea.deliver("refs/heads/main", before, after, "one")
    (run,) = world.wait_for_runs(1)
    assert (run.source.commit.sha, run.result) == (after, "Succeeded")

    def states() -> list[str]:
        return [each["state"] for each in gitea.state.statuses if each["sha"] == after]

    wait_for(lambda: "success" in states(), f"the host to be told; {world.log()}")
    assert set(gitea.delivered) == {202}

    assert "gitea" in world.cli("connect", "list", "--json")
    assert gitea.state.hooks
    world.cli("connect", "remove", "churn")
    assert gitea.state.hooks == {}
    assert "none yet" in world.cli("connect", "list")


@pytest.mark.parametrize("kind", list(HOSTS))
def test_every_host_is_connected_by_its_own_words(world: World, served: Path, kind: str) -> None:
    host = HOSTS[kind](served)
    user = ["--user", "bot@example.com"] if kind == "bitbucket" else []
    said = connect(world, host, host.asked_for, *user, kind=kind)
    for found in (f"✓ credentials: {kind} sees {host.asked_for}", "✓ git: 1 branches and tags", "✓ pipeline: azure"):
        assert found in said
    (entry,) = json.loads(world.cli("connect", "list", "--json"))
    assert (entry["project"], entry["link"]["host"], entry["link"]["answers"]) == ("churn", kind, True)
    (project,) = Storage(world.home).projects.all()
    assert (project.url, project.branch) == (host.clone_url, "main")
    host.down()
    assert host.wrong == []


def test_github_is_connected_as_an_app(world: World, served: Path, tmp_path: Path) -> None:
    host = AppWithGit(served)
    given = host.credentials()
    key = tmp_path / "app.pem"
    key.write_text(given.get("privateKey"))
    said = connect(world, host, "acme/churn", "--app-id", given.get("appId"), "--private-key", str(key), kind="github")
    assert "✓ credentials: github sees acme/churn" in said
    assert "✓ git: 1 branches and tags" in said
    assert "BEGIN" not in said
    host.down()
    assert host.wrong == []


def test_without_a_public_address_there_is_no_webhook_and_it_is_said(world: World, gitea: GiteaWithGit) -> None:
    said = connect(world, gitea, "acme/churn", "--project", "other", "--wait-for-word", "all")
    assert "- webhook: none: looked at every 60 s" in said
    assert "hint: set public_url in config.toml" in said
    assert gitea.state.hooks == {}
    storage = Storage(world.home)
    (link,) = storage.links.all()
    assert (link.forks.comment, link.forks.secrets, link.connection) == ("all", False, "gitea")
    assert json.loads(world.cli("connect", "check", "other", "--json"))[0]["good"] is True
    key = link.key
    connect(world, gitea, "acme/churn", "--project", "other", "--no-answers")  # once more: it keeps its key
    (link,) = storage.links.all()
    assert (link.key, link.answers) == (key, False)
    assert len(storage.projects.all()) == 1


def test_a_wrong_token_leaves_nothing_behind(world: World, gitea: GiteaWithGit) -> None:
    said = connect(world, gitea, "acme/churn", token="wrong-token-1", status=2)
    assert "does not take the credentials" in said
    assert "renew the token" in said
    storage = Storage(world.home)
    assert (list(storage.projects.all()), storage.links.all()) == ([], [])
    connect(world, gitea, "acme/churn")  # the token is asked for again


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["acme"], "'acme' is no repository of Gitea or Forgejo"),
        (["acme/../x"], "is no repository"),
        (["-x/y"], "No such option"),
        ([], "nobody said which repository"),
        (["acme/gone"], "not"),
        (["acme/churn", "--url", "ftp://x"], "is not the address of a host"),
        (["acme/churn", "--app-id", "7"], "give both --app-id and --private-key"),
    ],
)
def test_what_is_wrong_is_told(world: World, gitea: GiteaWithGit, words: list[str], said: str) -> None:
    assert said in connect(world, gitea, *words, status=2)


def test_a_connection_of_that_name_is_used_and_another_is_not_made(world: World, gitea: GiteaWithGit) -> None:
    connect(world, gitea, "acme/churn")
    said = connect(world, gitea, "acme/churn", "--token-file", "/dev/null", status=2)
    assert "there is a connection 'gitea' already" in said
    world.cli("connect", "check", "nothing", status=2)
    gitea.down()
    assert "✗ credentials" in world.cli("connect", "check", "churn", status=1)
