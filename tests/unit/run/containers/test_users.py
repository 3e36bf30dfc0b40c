from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.plan.model import ContainerPlan
from drivetrain.run.containers.engine import Engine, find_engine
from drivetrain.run.containers.inside import Container
from drivetrain.run.containers.users import ensure_user, user_inside
from tests.container_engine import IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

Make = Any


@pytest.fixture
def container(engine: str) -> Iterator[Container]:
    command = [engine, "run", "--detach", "--rm", "--network", "none", IMAGE, "sleep", "600"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]
    yield Container(find_engine(), "box", found)
    subprocess.run([engine, "kill", found], capture_output=True, check=True)


def test_a_user_with_our_id_is_made_once(container: Container) -> None:
    assert ensure_user(container, 4321, 4321, "ada_azpcontainer") == "4321"
    assert ensure_user(container, 4321, 4321, "ada_azpcontainer") == "4321"
    code, told = container.sh("grep -c ':4321:' /etc/passwd; stat -c '%u %n' /home/ada_azpcontainer")
    assert (code, told) == (0, "1\n4321 /home/ada_azpcontainer")
    assert ensure_user(container, 0, 0, "other") == "0"


def test_where_no_user_can_be_made_the_bare_ids_are_used(container: Container) -> None:
    container.sh("rm /etc/passwd; mkdir /etc/passwd")
    assert ensure_user(container, 4321, 8765, "ada") == "4321:8765"


def test_root_and_who_is_root_inside_need_no_user(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 0)
    assert user_inside(container) == "0"
    monkeypatch.setattr("os.getuid", lambda: 4321)
    rootless = container._replace(engine=Engine("podman", "podman", "1", rootless=True))
    assert user_inside(rootless) == "0"
    assert user_inside(container._replace(engine=container.engine._replace(rootless=False))) == "4321"


@pytest.mark.usefixtures("engine")
def test_python_is_that_of_the_image(run_job: Make, task: Make) -> None:
    box = ContainerPlan(image=IMAGE, local_image=True, alias="box")
    made = "mkdir bin; printf '#!/bin/sh\\necho 3.12.4\\n' > bin/python3; chmod +x bin/*"
    show = "echo '##vso[task.prependpath]'$PWD/bin"
    job = run_job(
        task("UsePythonVersion@0", {"versionSpec": "3.x"}, continue_on_error="true"),
        f"{show}; {made}",
        task("UsePythonVersion@0", {"versionSpec": "3.12"}, name="python"),
        "echo $(python.pythonLocation)",
        task("UsePythonVersion@0", {"versionSpec": "3.9"}),
        container=box,
    )
    assert job.results[1:6] == ["SucceededWithIssues", "Succeeded", "Succeeded", "Succeeded", "Failed"], job.log(3)
    assert "does not match the Python of the container box (none)" in job.issues("error")[0]
    assert job.output(4) == f"{job.dir}/work/s/bin\n"
    assert "Version spec 3.9 does not match the Python of the container box (3.12.4)" in job.issues("error")[1]
