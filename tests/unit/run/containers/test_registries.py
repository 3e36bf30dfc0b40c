from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.plan.model import ContainerPlan
from drivetrain.run.library.model import Connection
from drivetrain.run.model import JobSecrets

if TYPE_CHECKING:
    from pathlib import Path

Make = Any
BOX = ContainerPlan(image="app:1", endpoint="hub", position="f.yml:3:4")
HUB = Connection(
    "0" * 8, "hub", "dockerregistry", "", "UsernamePassword",
    {"registry": "https://registry.example", "username": "ada", "password": "hidden-password"},
)  # fmt: skip
ACR = Connection(
    "0" * 8, "hub", "dockerregistry", "", "ServicePrincipal",
    {"loginServer": "Contoso.azurecr.io", "servicePrincipalId": "id-1", "servicePrincipalKey": "hidden-password"},
)  # fmt: skip


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What an engine that can only sign in and pull is told, one call a line."""
    found = tmp_path / "told"
    program = tmp_path / "docker"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$* config:$(basename "$(dirname "$DOCKER_CONFIG")") password:$(test "$1" = login && cat)" >> {found}\n'
        'case "$1" in version) echo 1.0;; --version) echo Docker;; pull|login|network) ;; *) echo no; exit 1; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("DRIVETRAIN_CONTAINER_ENGINE", str(program))
    return found


@pytest.mark.parametrize(
    ("connection", "server", "user"), [(HUB, "registry.example", "ada"), (ACR, "contoso.azurecr.io", "id-1")]
)
def test_an_image_of_a_registry_is_pulled_by_its_connection(
    make_job: Make, told: Path, connection: Connection, server: str, user: str
) -> None:
    job = make_job("echo never", container=BOX)
    job.secrets = JobSecrets(connections={"hub": connection})
    job.start().wait()
    lines = told.read_text().splitlines()
    (login,) = [line for line in lines if line.startswith("login")]
    (pull,) = [line for line in lines if line.startswith("pull")]
    assert login == f"login --username {user} --password-stdin {server} config:temp password:hidden-password"
    assert pull == f"pull {server}/app:1 config:temp password:"
    assert any(f"-- {server}/app:1 sh -c" in line for line in lines if line.startswith("create"))
    assert "hidden-password" not in job.log(0)
    assert not list((job.dir / "temp").glob("registry-*"))
    assert job.results[0] == "Failed"


def test_a_container_without_its_connection_fails_the_job(run_job: Make, told: Path) -> None:
    job = run_job("echo never", container=BOX)
    assert "this job was not given the service connection 'hub'" in job.issues("error")[0]
    assert not [line for line in told.read_text().splitlines() if line.startswith("pull")]
