from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.plan.model import ContainerPlan
from drivetrain.run.library.model import Connection
from drivetrain.run.model import JobSecrets
from tests.container_engine import IMAGE, need_engine

if TYPE_CHECKING:
    from pathlib import Path

Make = Any
KEPT = '{"auths": {"https://registry.example": {}, "https://index.docker.io/v1/": {}}}'
HUB = Connection(
    "0" * 8, "hub", "dockerregistry", "", "UsernamePassword",
    {"registry": "https://registry.example", "username": "ada", "password": "hidden-password"},
)  # fmt: skip


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine that writes down what it is told: one argument a line, then what it read; its file."""
    told = tmp_path / "told"
    program = tmp_path / "docker"
    program.write_text(
        '#!/bin/sh\ncase "$1" in version) echo 1.0; exit;; --version) echo Docker; exit;; context|image) exit 1; esac\n'
        f'{{ printf "%s\\n" "$@"; test "$1" = login && cat && echo; echo --; }} >> {told}\n'
        'echo "done $1"; case "$*" in *broken*) exit 7;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("DRIVETRAIN_CONTAINER_ENGINE", str(program))
    return told


def calls(told: Path) -> list[list[str]]:
    return [call.strip().splitlines() for call in told.read_text().split("--\n")[:-1]]


def with_hub(job: Any) -> Any:
    job.secrets = JobSecrets(connections={"hub": HUB})
    return job.start().wait()


def test_build_and_push_by_a_connection(make_job: Make, task: Make, stand_in: Path) -> None:
    job = with_hub(
        make_job(
            "mkdir -p deep/app; echo FROM $(base) > deep/app/Dockerfile",
            task(
                "Docker@2",
                {"containerRegistry": "hub", "repository": "My/App", "tags": "1\nlatest", "arguments": "--pull"},
                name="docker",
            ),
            """for f in '$(docker.DockerOutput)'; do cat $f; done; echo $DOCKER_CONFIG""",
            variables={"base": "python:3.12", "System.TeamFoundationCollectionUri": "http://127.0.0.1/"},
        )
    )
    login, build, *pushes = calls(stand_in)
    assert login[:5] == ["login", "--username", "ada", "--password-stdin", "registry.example"]
    assert login[5] == "hidden-password"
    folder = f"{job.dir}/work/s/deep/app"
    assert build[:3] == ["build", "-f", f"{folder}/Dockerfile"]
    assert "1.0.0.127.image.system.teamfoundationcollectionuri=http://127.0.0.1/" in build
    assert "image.base.ref.name=python:3.12" in build
    assert build[-5:] == ["-t", "registry.example/my/app:1", "-t", "registry.example/my/app:latest", folder]
    assert "--pull" not in build
    assert pushes == [
        ["push", "registry.example/my/app:1"],
        ["push", "registry.example/my/app:latest"],
    ]
    assert "The arguments input is not supported when the command is buildAndPush" in job.issues("warning")[0]
    assert "hidden-password" not in job.log(2)
    *shown, kept = job.output(3).splitlines()
    assert shown == ["done build", "done push", "done push"]
    assert kept.startswith(f"{job.dir}/temp/docker-")


def test_login_keeps_for_later_steps_and_logout_forgets(make_job: Make, task: Make, stand_in: Path) -> None:
    job = with_hub(
        make_job(
            task("Docker@2", {"command": "login", "containerRegistry": "hub"}),
            f"echo '{KEPT}' > $DOCKER_CONFIG/config.json",
            task("Docker@2", {"command": "push", "repository": "app", "tags": "7"}),
            task("Docker@2", {"command": "logout"}),
            "ls $DOCKER_CONFIG | wc -l",
        )
    )
    assert job.result == "Succeeded", job.log(3)
    assert [call for call in calls(stand_in) if call[0] == "push"] == [
        ["push", "registry.example/app:7"],
        ["push", "app:7"],
    ]
    assert job.output(5).strip() == "0"


def test_other_commands_are_passed_on_and_failures_told(run_job: Make, task: Make, stand_in: Path) -> None:
    job = run_job(
        task("Docker@2", {"command": "system", "arguments": 'df --format "{{ .Type }} x"'}),
        task(
            "Docker@2", {"command": "build", "Dockerfile": "**/Dockerfile", "repository": "a"}, continue_on_error="true"
        ),
        task("Docker@2", {"command": "broken"}),
    )
    assert calls(stand_in)[0] == ["system", "df", "--format", "{{ .Type }} x"]
    assert job.results == ["Succeeded", "SucceededWithIssues", "Failed"]
    assert "No Dockerfile matching  **/Dockerfile  was found." in job.issues("error")[0]
    assert "failed with exit code 7" in job.issues("error")[-1]


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        (None, "was not given the service connection 'hub'"),
        (Connection("1", "hub", "generic", "https://x", "Token"), "is of type generic, not dockerregistry"),
        (Connection("1", "hub", "dockerregistry", "https://x", "None"), "needs a registry, a user name and a password"),
    ],
)
@pytest.mark.usefixtures("stand_in")
def test_a_connection_that_is_none_of_a_registry_is_refused(
    make_job: Make, task: Make, connection: Connection | None, message: str
) -> None:
    job = make_job(task("Docker@2", {"command": "login", "containerRegistry": "hub"}))
    job.secrets = JobSecrets(connections={"hub": connection} if connection else {})
    job.start().wait()
    assert job.results == ["Failed"]
    assert message in job.issues("error")[0]


def test_an_image_is_built_for_real(run_job: Make, task: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = need_engine(monkeypatch)
    job = run_job(
        f"printf 'FROM {IMAGE}\\nRUN echo made > /made\\n' > Dockerfile",
        task("Docker@2", {"command": "build", "repository": "drivetrain-built", "tags": "1"}),
        task("Docker@2", {"command": "run", "arguments": "--rm drivetrain-built:1 cat /made"}),
        variables={"System.TeamFoundationCollectionUri": "http://127.0.0.1/", "Build.BuildNumber": "20260101.1"},
    )
    assert job.results == ["Succeeded"] * 3, job.log(2)
    assert "made\n" in job.log(3)
    command = [engine, "image", "inspect", "--format", "{{json .Config.Labels}}", "drivetrain-built:1"]
    labels = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert labels["1.0.0.127.image.build.buildnumber"] == "20260101.1"
    assert labels["image.base.ref.name"] == IMAGE
    subprocess.run([engine, "image", "rm", "--force", "drivetrain-built:1"], capture_output=True, check=False)


def test_containers_of_the_job_are_stopped_and_started(
    run_job: Make, task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_engine(monkeypatch)
    find_id = 's/.*id":"//; s/".*//; s/^/##vso[task.setvariable variable=id]/'
    box = ContainerPlan(image=IMAGE, local_image=True, options='--entrypoint \'["sleep","1000"]\'')
    running = task("Docker@2", {"command": "inspect", "arguments": "--format {{.State.Running}} $(id)"})
    job = run_job(
        f"echo '$(Agent.ContainerMapping)' | tr -d '\n ' | sed '{find_id}'",
        task("Docker@2", {"command": "stop", "container": "db", "arguments": "-t 0"}),
        running,
        task("Docker@2", {"command": "start", "container": "db"}),
        running,
        task("Docker@2", {"command": "stop", "container": "other"}),
        services={"db": box},
    )
    assert job.results[:7] == ["Succeeded"] * 6 + ["Failed"], job.log(3)
    assert "\nfalse\n" in job.log(3)
    assert "\ntrue\n" in job.log(5)
    assert "Container not found: other" in job.issues("error")[0]
