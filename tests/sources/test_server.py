"""The whole way: a real server of ours, real servers of sources."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.server.conftest import PIPELINE, World, wait_for
from tests.sources.conftest import Keeper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sources.servers import Svnserve

SUBVERSION = """
trigger:
  branches: {include: [trunk]}
  paths: {include: [src]}
steps:
- checkout: self
  clean: true
- bash: |
    echo "$(Build.Repository.Provider) $(Build.SourceVersion) $(Build.SourceBranch) $(Build.SourceBranchName)"
    echo "$(Build.Repository.Name) $(Build.Repository.Clean) $(Build.SourceVersionAuthor)"
    ls -A; cat src/train.py
    env | grep -c hush || true
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.kill()


def log_of(world: World, run: int) -> str:
    return world.cli("logs", str(run))


@pytest.mark.parametrize("server", ["svn", "svn_https"])
def test_a_commit_to_subversion_becomes_a_run_of_its_revision(
    server: str, world: World, request: pytest.FixtureRequest
) -> None:
    svn: Svnserve = request.getfixturevalue(server)
    svn.commit("one", azure_pipelines_yml="")
    (svn.work / "azure-pipelines.yml").write_text(SUBVERSION)
    number = svn.commit("Pipeline", src__train_py="print(1)\n", _gitignore="*.py\n")
    keeper = Keeper(world.home)
    keeper.connect("svn", "subversion", svn.site, {"password": "hush-3"}, username="ada")
    said = world.cli("project", "add", svn.url(), "--connection", "svn", "--name", "model", "--poll", "0.2")
    assert "branch trunk" in said
    world.up()
    svn.commit("Docs only", docs__x_md="x")
    last = svn.commit("Train", src__train_py="print(2)\n")
    (run,) = world.wait_for_runs(1)
    assert (run.result, run.source.version, run.source.provider) == ("Succeeded", str(last), "Svn")
    assert (run.requested_for, run.source.commit.message) == ("ada", "Train")
    said = log_of(world, run.id)
    for line in (f"Svn {last} trunk trunk", "trunk True ada", "print(2)", ".gitignore"):
        assert line in said, said
    assert ".svn" not in said
    assert "hush" not in said
    started = world.ask("POST", "/api/v1/projects/model/runs", {"commit": f"r{number}"})
    run = world.wait_for_runs(2)[0]
    assert (run.id, run.source.version) == (started["id"], str(number))
    assert "print(1)" in log_of(world, run.id)


def test_a_repository_that_does_not_answer_holds_up_no_push_and_shows(world: World) -> None:
    world.repository(PIPELINE)
    world.commit("one")
    world.push()
    world.cli("project", "add", str(world.bare), "--hook", "--yes", "--name", "quick")
    slow = world.root / "slow.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(world.bare), str(slow)], check=True)
    keeper = Keeper(world.home)
    keeper.add(slow.as_uri(), name="slow")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        database = keeper.storage.database
        with database.writing() as connection:
            url = f"http://127.0.0.1:{mute.getsockname()[1]}/x.git"
            connection.execute("UPDATE projects SET url = ? WHERE name = 'slow'", (url,))
        world.up()
        asked, _ = mute.accept()
        world.commit("two")
        world.push()
        (run,) = world.wait_for_runs(1)
        assert run.pipeline == "quick"
        asked.close()
    wait_for(lambda: "slow cannot be looked at" in world.cli("status"), "the trouble to show")
    assert "project slow" in world.cli("doctor", status=1)
    found = {each["name"]: each["problem"] for each in world.ask("GET", "/api/v1/projects")["projects"]}
    assert not found["quick"]
    assert "127.0.0.1" in found["slow"]
