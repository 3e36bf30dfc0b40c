from __future__ import annotations

import random
import subprocess
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from drivetrain.home import Home
from tests.server.conftest import wait_for
from tests.walking import everything

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import Run
    from tests.server.conftest import World


def commits(runs: Sequence[Run]) -> list[str]:
    return sorted(run.source.commit.sha for run in runs)


@pytest.fixture
def pushed(world: World) -> World:
    """A project with a hook, a server, and nothing run yet."""
    world.repository()
    world.cli("project", "add", str(world.bare), "--hook", "--poll", "5")
    world.up()
    return world


def test_a_push_runs_once_and_the_log_has_its_commit(pushed: World) -> None:
    sha = pushed.commit("Train")
    pushed.push()
    (run,) = pushed.wait_for_runs(1)
    assert (run.result, run.reason, run.source.commit.message) == ("Succeeded", "IndividualCI", "Train")
    logs = Home(pushed.home.root).run(run.id).glob("*/logs/*.log")
    assert f"first line of {sha}" in "".join(path.read_text() for path in logs)
    assert pushed.ask("GET", "/api/v1/runs")["runs"][0]["id"] == run.id


def test_pushes_while_the_server_is_down_run_when_it_is_back(pushed: World) -> None:
    pushed.cli("down")
    shas = []
    for number in range(3):
        shas.append(pushed.commit(str(number)))
        pushed.push()
    pushed.up()
    assert commits(pushed.wait_for_runs(3)) == sorted(shas)


def test_a_repository_without_hooks_is_polled(world: World) -> None:
    world.repository()
    world.cli("project", "add", str(world.bare), "--no-hook", "--poll", "0.5")
    world.up()
    sha = world.commit()
    world.push()
    assert commits(world.wait_for_runs(1)) == [sha]


def test_a_project_by_url_is_mirrored_and_runs(world: World) -> None:
    world.repository()
    world.cli("project", "add", world.bare.as_uri(), "--poll", "0.5")
    world.up()
    sha = world.commit()
    world.push()
    assert commits(world.wait_for_runs(1)) == [sha]


def test_what_was_there_before_runs_only_when_asked(world: World) -> None:
    world.repository()
    sha = world.commit()
    world.push()
    world.cli("project", "add", str(world.bare), "--name", "old", "--hook")
    world.cli("project", "add", str(world.bare), "--name", "now", "--hook", "--run-now")
    world.up()
    (run,) = world.wait_for_runs(1)
    assert (run.project, run.source.commit.sha) == ("now", sha)


def test_force_push_deletion_and_tags_do_what_the_trigger_says(world: World) -> None:
    world.repository("trigger:\n  branches: {include: [main, x/*]}\n  tags: {include: [v*]}\nsteps:\n- bash: 'true'\n")
    world.cli("project", "add", str(world.bare), "--hook")
    world.up()
    world.commit("one")
    world.push("main", "main:x/gone")
    world.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "another one")
    world.push("main")
    world.git("tag", "v1")
    world.git("tag", "other")
    world.push("v1", "other", ":x/gone", "main:dev")
    events = world.wait_for_events(7)
    outcomes = {(ref, outcome.split(" ")[0]) for ref, _, outcome in events if "included" not in outcome}
    assert ("refs/heads/x/gone", "refs/heads/x/gone") in outcomes
    refs = sorted(run.source.ref for run in world.wait_for_runs(4))
    assert refs == ["refs/heads/main", "refs/heads/main", "refs/heads/x/gone", "refs/tags/v1"]


def test_path_filters_and_skip_words_are_honoured(world: World) -> None:
    world.repository("trigger:\n  branches: {include: ['*']}\n  paths: {include: [src]}\nsteps:\n- bash: 'true'\n")
    world.cli("project", "add", str(world.bare), "--hook")
    world.commit("base")
    world.push()
    world.up()
    world.commit("docs only", README="x")
    world.push()
    world.commit("source [skip ci]", src__a="1")
    world.push()
    wanted = world.commit("source", src__a="2")
    world.push()
    events = world.wait_for_events(4)
    assert commits(world.wait_for_runs(1)) == [wanted]
    said = " / ".join(outcome for _, _, outcome in events)
    assert "no changed file is in what trigger.paths includes" in said
    assert "[skip ci]" in said


def test_hostile_branch_names_only_name_branches(pushed: World) -> None:
    names = [
        "$(touch${IFS}pwned)",
        ";touch$IFS'pwned'",
        "`touch\\pwned`".replace("\\", "-"),
        "a&&b",
        "x|y",
        "<b>",
        "%s%n",
        "'q'",
    ]
    sha = pushed.commit()
    for name in names:
        pushed.push(f"{sha}:refs/heads/h/{name}")
    runs = pushed.wait_for_runs(len(names))
    assert {run.source.ref for run in runs} == {f"refs/heads/h/{name}" for name in names}
    assert {run.result for run in runs} == {"Succeeded"}
    assert not [path for path in everything(pushed.root) if path.name.startswith("pwned")]


@pytest.mark.slow
def test_fifty_pushes_at_once_to_fifty_branches_are_fifty_runs(pushed: World) -> None:
    sha = pushed.commit()
    threads = [threading.Thread(target=pushed.push, args=(f"{sha}:refs/heads/b{number}",)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    runs = pushed.wait_for_runs(50)
    assert len(runs) == 50
    assert {run.source.ref for run in runs} == {f"refs/heads/b{number}" for number in range(50)}


@pytest.mark.slow
def test_a_server_killed_again_and_again_during_pushes_makes_exactly_one_run_each(pushed: World) -> None:
    chance = random.Random(20261123)
    shas = []
    for number in range(12):
        shas.append(pushed.commit(str(number)))
        pushed.push()
        if number % 2:
            wait = threading.Event()
            wait.wait(chance.uniform(0, 0.4))  # a random moment, not a wait for something
            pushed.kill()
            pushed.up()
    runs = pushed.wait_for_runs(len(shas))
    wait_for(lambda: all(state == "done" for _, state, _ in pushed.events()), "all events to be done")
    assert commits(pushed.runs()) == sorted(shas)
    assert {run.result for run in runs} == {"Succeeded"}


def test_a_file_with_errors_is_a_failed_run_and_a_missing_one_an_outcome(world: World) -> None:
    world.repository("steps:\n- nonsense: x\n")
    world.cli("project", "add", str(world.bare), "--hook")
    world.up()
    world.commit("bad")
    world.push()
    (run,) = world.wait_for_runs(1)
    assert run.result == "Failed"
    (world.work / "azure-pipelines.yml").unlink()
    world.commit("gone")
    world.push()
    assert "azure-pipelines.yml is not in commit" in world.wait_for_events(2)[1][2]


def test_a_hook_in_a_working_tree_runs_commits(world: World) -> None:
    world.repository()
    world.commit("zero")
    world.cli("project", "add", str(world.work), "--hook")
    world.up()
    sha = world.commit("one")
    assert commits(world.wait_for_runs(1)) == [sha]
    subprocess.run(["git", "log", "-1"], cwd=world.work, check=True, capture_output=True)


TRACKING = """
import json, os, urllib.error, urllib.request
base, token = os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_TRACKING_TOKEN"]
def ask(url, body=None):
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=100) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}
status, made = ask(base + "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "start_time": 1})
tags = {tag["key"]: tag["value"] for tag in made["run"]["data"]["tags"]}
print("number", tags["drivetrain.build_number"], tags["build number"])
print("elsewhere", ask(base[: -len("/mlflow")] + "/api/v1/runs")[0])
open(os.environ["KEEP"], "w").write(token)
"""


@pytest.mark.slow
def test_a_job_reaches_mlflow_and_nothing_else_and_only_while_it_runs(world: World) -> None:
    kept = world.root / "kept"
    world.repository(f"steps:\n- bash: python3 track.py\n  env: {{KEEP: '{kept}'}}\n")
    world.cli("project", "add", str(world.bare), "--hook")
    info = world.up()
    world.commit("track", **{"track.py": TRACKING})
    world.push()
    (run,) = world.wait_for_runs(1)
    text = "".join(path.read_text() for path in world.home.run(run.id).glob("*/logs/*.log"))
    assert f"number {run.number} {run.number}" in text
    assert "elsewhere 403" in text
    token = kept.read_text()
    assert token not in text
    request = urllib.request.Request(f"{info.url}/mlflow/", headers={"Authorization": f"Bearer {token}"})
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=30)


def test_runs_are_queued_canceled_and_run_again_by_the_api(world: World) -> None:
    world.repository("trigger: none\nsteps:\n- checkout: none\n- bash: sleep 300\n")
    sha = world.commit()
    world.push()
    world.cli("project", "add", str(world.bare), "--hook")
    world.cli("project", "add", world.bare.as_uri(), "--name", "remote", "--poll", "0")
    world.up()
    projects = {found["name"]: found for found in world.ask("GET", "/api/v1/projects")["projects"]}
    assert (projects["code"]["watch"], projects["remote"]["watch"]) == ("hook", "none")
    queued = world.ask("POST", "/api/v1/projects/code/runs", {"branch": "main"})
    wait_for(lambda: [run for run in world.runs() if run.state == "running"], "the run to begin")
    world.ask("POST", f"/api/v1/runs/{queued['id']}/cancel")
    (run,) = world.wait_for_runs(1)
    assert (run.id, run.result, run.reason, run.source.commit.sha) == (queued["id"], "Canceled", "Manual", sha)
    again = world.ask("POST", f"/api/v1/runs/{run.id}/rerun")
    wait_for(lambda: len(world.runs()) == 2, "the second run")
    world.ask("POST", f"/api/v1/runs/{again['id']}/cancel")
    assert {run.result for run in world.wait_for_runs(2)} == {"Canceled"}


def test_what_failed_is_run_again_in_the_same_run_also_when_the_server_is_killed_meanwhile(world: World) -> None:
    go = world.root / "go"
    world.repository(
        "trigger: none\njobs:\n- job: A\n  steps:\n  - checkout: none\n  - bash: 'true'\n"
        "- job: B\n  dependsOn: A\n  steps:\n  - checkout: none\n"
        f"  - bash: '[ $(System.JobAttempt) -gt 1 ] && until [ -e {go} ]; do sleep 0.05; done'\n"
    )
    world.commit()
    world.push()
    world.cli("project", "add", str(world.bare), "--hook")
    world.up()
    queued = world.ask("POST", "/api/v1/projects/code/runs", {"branch": "main"})
    (run,) = world.wait_for_runs(1)
    assert run.result == "Failed"
    again = world.ask("POST", f"/api/v1/runs/{queued['id']}/rerun-failed")
    assert (again["id"], again["state"], again["result"]) == (run.id, "running", None)
    world.kill()
    world.up()
    go.touch()
    (run,) = world.wait_for_runs(1)
    assert run.result == "Succeeded"
    timeline = world.ask("GET", f"/api/v1/runs/{run.id}/timeline")
    assert [(job["job"], job["attempt"], job["result"]) for job in timeline["jobs"]] == [
        ("A", 1, "Succeeded"),
        ("B", 1, "Failed"),
        ("B", 2, "Succeeded"),
    ]


@pytest.mark.parametrize("how", ["down", "kill"])
def test_a_job_goes_on_while_the_server_is_gone(world: World, how: str) -> None:
    begun, go = world.root / "begun", world.root / "go"
    script = f"touch '{begun}'; until [ -e '{go}' ]; do sleep 0.05; done; echo went on"
    world.repository(f"steps:\n- checkout: none\n- bash: {script}\n")
    world.cli("project", "add", str(world.bare), "--hook")
    first = world.up()
    world.commit()
    world.push()
    wait_for(begun.exists, "the job to begin")
    if how == "down":
        world.cli("down")
    else:
        world.kill()
    go.touch()
    logs = world.home.run(1)
    wait_for(lambda: any("went on" in path.read_text() for path in logs.glob("*/logs/*.log")), "the job to go on")
    assert world.up().pid != first.pid
    (run,) = world.wait_for_runs(1)
    assert run.result == "Succeeded"


def test_status_says_why_a_push_started_no_run_and_logs_what_is_wrong_with_a_file(pushed: World) -> None:
    pushed.commit("Train")
    pushed.push()
    pushed.wait_for_runs(1)
    pushed.commit("Nothing [skip ci]")
    pushed.push()
    pushed.wait_for_events(2)
    assert "no run: a pushed commit's message says [skip ci]" in pushed.cli("status")
    (pushed.work / "azure-pipelines.yml").write_text("steps:\n- bash: echo\n  oops: 1\n")
    pushed.commit("Break it")
    pushed.push()
    pushed.wait_for_runs(2)
    assert "azure-pipelines.yml:3:3: Unexpected value 'oops'" in pushed.cli("logs")
    assert "run 2: the file has errors" in pushed.cli("status")
