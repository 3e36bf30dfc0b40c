"""Jobs in containers, on a real engine."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.plan.model import ContainerPlan, TargetPlan
from drivetrain.run.executors.local import LocalExecutor
from drivetrain.run.model import RepositorySource
from drivetrain.source.model import Commit
from tests.container_engine import IMAGE

if TYPE_CHECKING:
    from pathlib import Path

Make = Any
INSIDE = {"INSIDE": "inside"}
BOX = ContainerPlan(image=IMAGE, local_image=True, env=INSIDE)


def labelled(engine: str, job: Any) -> list[str]:
    """Containers and networks that carry the label of a job."""
    label = f"label=drivetrain.job={job.dir}"
    lists = (["ps", "--all", "--quiet"], ["network", "ls", "--quiet"])
    told = [
        subprocess.run([engine, *args, "--filter", label], capture_output=True, text=True, check=True) for args in lists
    ]
    return [line for each in told for line in each.stdout.splitlines()]


def test_steps_run_inside_with_the_same_folders_and_their_variables(run_job: Make, any_engine: str) -> None:
    job = run_job(
        "echo $INSIDE; pwd; echo hello > made.txt; echo \"$COLOUR '$SECRET' $(colour)\"",
        'echo "##vso[task.setvariable variable=colour]green"; cat made.txt; exit 3',
        container=BOX,
        variables={"colour": "blue"},
        secrets={"secret": "very-hidden"},
    )
    assert job.output(1) == f"inside\n{job.dir}/work/s\nblue '' blue\n"
    assert job.output(2).startswith("hello\n")
    assert (job.dir / "work/s/made.txt").read_text() == "hello\n"
    assert job.results == ["Succeeded", "Succeeded", "Failed", "Succeeded"]
    assert [entry["exit_code"] for entry in job.entries("step.completed")] == [None, 0, 3, None]
    assert "very-hidden" not in job.log(0)
    assert labelled(any_engine, job) == []


@pytest.mark.usefixtures("engine")
def test_the_values_of_variables_are_on_no_command_line(run_job: Make, step: Make) -> None:
    job = run_job(
        step(
            "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $f; echo; done; echo \"$MINE\"",
            env={"MINE": "un" + "seen"},
        ),
        container=BOX,
    )
    assert job.output(1).count("unseen") == 1


@pytest.mark.usefixtures("engine")
def test_the_environment_is_that_of_the_image_not_of_this_machine(
    run_job: Make, step: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THIS_MACHINE", "1")
    box = ContainerPlan(image=IMAGE, local_image=True, env={"OF_IT": "$(kind) box", "PATH": "/own:/bin"})
    job = run_job(
        "echo '##vso[task.prependpath]/first'",
        step('echo "[$OF_THIS_MACHINE] $OF_IT $PATH $HOME $LINES_"', env={"LINES_": "a\nb'c", "HOME": "/tmp"}),
        container=box,
        variables={"kind": "blue"},
    )
    assert job.output(2) == "[] blue box /first:/own:/bin /tmp a\nb'c\n"


def test_services_are_found_by_name_and_their_ports_by_variable(run_job: Make, engine: str) -> None:
    web = ContainerPlan(image=IMAGE, local_image=True, ports=("80",), options='--entrypoint \'["httpd","-f"]\'')
    job = run_job(
        "for i in 1 2 3 4 5 6 7 8 9; do wget -q -O- http://web:80/ 2>&1 | grep -o 404 && break; sleep 1; done",
        "echo $(agent.services.web.ports.80); echo '$(Agent.ContainerMapping)'",
        container=BOX,
        services={"web": web},
    )
    assert job.output(1) == "404\n"
    port, *mapping = job.output(2).splitlines()
    assert port.isdecimal()
    assert set(json.loads("\n".join(mapping))) == {"job", "web"}
    assert labelled(engine, job) == []


@pytest.mark.usefixtures("engine")
def test_a_target_chooses_the_container_or_the_host(run_job: Make, step: Make) -> None:
    show = 'echo "${INSIDE:-outside} $KIND"'
    job = run_job(
        step(show),
        step(show, target=TargetPlan(container="host")),
        step(show, target=TargetPlan(container="Other")),
        container=BOX,
        containers={
            "other": ContainerPlan(image=IMAGE, local_image=True, alias="other", env={**INSIDE, "KIND": "another"})
        },
    )
    assert [job.output(index) for index in (1, 2, 3)] == ["inside \n", "outside \n", "inside another\n"]


@pytest.mark.usefixtures("engine")
def test_only_the_steps_with_a_target_run_inside_when_the_job_has_no_container(run_job: Make, step: Make) -> None:
    show = 'echo "${INSIDE:-outside}"'
    job = run_job(
        step(show),
        step(show, target=TargetPlan(container="other")),
        containers={"other": ContainerPlan(image=IMAGE, local_image=True, alias="other", env=INSIDE)},
    )
    assert [job.output(index) for index in (1, 2)] == ["outside\n", "inside\n"]


@pytest.mark.usefixtures("engine")
def test_what_is_mounted_read_only_cannot_be_written(run_job: Make) -> None:
    box = ContainerPlan(image=IMAGE, local_image=True, read_only=("work",))
    job = run_job("touch x 2>/dev/null || echo refused", container=box)
    assert job.output(1) == "refused\n"


@pytest.mark.usefixtures("any_engine")
def test_a_step_that_runs_too_long_is_ended_inside_with_all_it_started(run_job: Make, step: Make) -> None:
    long = 20_000 + os.getpid() % 10_000
    slow = f"trap 'echo interrupted; exit 1' INT; (setsid sleep {long} &) ; while :; do sleep 0.1; done"
    look = f"cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '[s]leep {long}'"
    job = run_job(
        step(slow, timeout_minutes="0.05", continue_on_error="true"),
        step(look, continue_on_error="true"),
        container=BOX,
    )
    assert "interrupted\n" in job.log(1)
    assert "The task has timed out." in job.log(1)
    assert job.output(2).startswith("0\n")


def test_a_canceled_job_ends_its_step_and_runs_those_that_always_do(
    make_job: Make, step: Make, any_engine: str, until: Make
) -> None:
    job = make_job("echo ready; sleep 300", step("echo cleaned up", condition="always()"), container=BOX).start()
    until(lambda: (job.dir / "logs/001.log").exists() and "ready\n" in job.log(1), "the step")
    LocalExecutor(lambda *_: 0).cancel(job.dir, "No more.")
    job.wait()
    assert job.results == ["Succeeded", "Canceled", "Succeeded", "Succeeded"]
    assert job.output(2) == "cleaned up\n"
    assert labelled(any_engine, job) == []


def test_what_a_killed_runner_leaves_is_removed_with_its_processes(make_job: Make, engine: str, until: Make) -> None:
    job = make_job("echo ready; sleep 300", container=BOX).start()
    until(lambda: (job.dir / "logs/001.log").exists() and "ready\n" in job.log(1), "the step")
    job.stop()
    assert labelled(engine, job)
    LocalExecutor(lambda *_: 0).reap(job.dir)
    assert labelled(engine, job) == []


def test_the_next_job_of_the_home_removes_what_nobody_works_on_any_more(
    make_job: Make, engine: str, until: Make
) -> None:
    lost = make_job("echo ready; sleep 300", container=BOX).start()
    until(lambda: (lost.dir / "logs/001.log").exists() and "ready\n" in lost.log(1), "the step")
    lost.stop()
    other = make_job("echo fine", container=BOX)
    other.options = {**other.options, "home": str(lost.root)}
    other.start().wait()
    assert f"Removed the containers that the job of {lost.dir} had left." in other.log(0)
    assert labelled(engine, lost) == []
    LocalExecutor(lambda *_: 0).reap(lost.dir)


def test_an_image_that_is_not_there_fails_the_job_and_no_step_runs(run_job: Make, step: Make, engine: str) -> None:
    box = ContainerPlan(image="localhost:1/not/there:1", position="f.yml:3:4")
    job = run_job("echo never", step("echo never", condition="always()"), container=box)
    assert job.results == ["Failed", "Skipped", "Skipped", "Succeeded"]
    assert job.result == "Failed"
    assert "f.yml:3:4: the image localhost:1/not/there:1 cannot be pulled" in job.issues("error")[0]
    assert labelled(engine, job) == []


@pytest.mark.usefixtures("engine")
def test_an_image_that_cannot_be_pulled_but_is_here_is_used(run_job: Make) -> None:
    job = run_job("echo fine", container=ContainerPlan(image=IMAGE))
    assert job.output(1) == "fine\n"
    assert "could not be pulled; the one that this machine has is used" in job.issues("warning")[0]


@pytest.mark.usefixtures("engine")
def test_a_service_that_ends_at_once_shows_its_log(run_job: Make) -> None:
    broken = ContainerPlan(image=IMAGE, local_image=True, options="--entrypoint /bin/uname", position="f.yml:1:1")
    job = run_job("echo never", services={"broken": broken})
    assert job.results[0] == "Failed"
    assert "the container broken ended at once; its log is above" in job.issues("error")[0]
    assert "Linux" in job.log(0)


@pytest.mark.usefixtures("engine")
def test_a_service_that_is_not_well_fails_the_job(run_job: Make) -> None:
    options = "--entrypoint '[\"sleep\",\"1000\"]' --health-cmd 'exit 1' --health-retries 1 --health-interval 1s"
    job = run_job("echo never", services={"ill": ContainerPlan(image=IMAGE, local_image=True, options=options)})
    assert job.results == ["Failed", "Skipped", "Succeeded"]
    assert "Failed to initialize, ill service is unhealthy." in job.issues("error")[0]


@pytest.mark.usefixtures("engine")
def test_with_the_network_of_the_host_nothing_stands_between(run_job: Make) -> None:
    job = run_job(
        "echo network $(Agent.ContainerNetwork)", container=BOX, variables={"agent.DockerNetworkCreateDriver": "host"}
    )
    assert job.output(1) == "network host\n"


def test_without_an_engine_the_job_says_what_to_do(run_job: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVETRAIN_CONTAINER_ENGINE", "no-such-engine")
    job = run_job("echo never", container=BOX)
    assert job.results == ["Failed", "Skipped"]
    assert "No container engine answers (no-such-engine is not installed)." in job.issues("error")[0]
    assert "--containers=host" in job.log(0)


def test_on_the_host_when_the_user_says_so(run_job: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVETRAIN_CONTAINER_ENGINE", "no-such-engine")
    job = run_job("pwd", container=BOX, services={"db": BOX}, containers_mode="host")
    assert job.result == "Succeeded"
    assert job.output(1) == f"{job.dir}/work/s\n"
    assert "it runs on this machine instead, and its services are not started" in job.issues("warning")[0]


@pytest.mark.usefixtures("engine")
def test_a_checkout_finds_its_objects_inside_and_cannot_change_them(
    run_job: Make, task: Make, git: Make, tmp_path: Path
) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "origin")
    git(tmp_path / "origin", "commit", "-q", "--allow-empty", "-m", "One")
    lender, sha = str(tmp_path / "origin"), git(tmp_path / "origin", "rev-parse", "HEAD")
    job = run_job(
        task("Checkout@1"),
        "lent=$(cat .git/objects/info/alternates) && ls $lent/info && ! touch $lent/mine 2>/dev/null && echo $lent",
        container=BOX,
        source=RepositorySource("origin", lender, lender, "refs/heads/main", Commit(sha)),
    )
    assert job.results == ["Succeeded"] * 4, job.log(2)
    assert job.output(2).splitlines()[-1] == f"{lender}/.git/objects"
