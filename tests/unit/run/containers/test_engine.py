from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UnavailableError
from drivetrain.run.containers.engine import CHOICE, ask, client_environment, find_engine, is_own

if TYPE_CHECKING:
    from pathlib import Path


def program(folder: Path, name: str, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    made = folder / name
    answer = f"echo {version}" if version else "echo 'Cannot connect to the daemon' >&2; exit 1"
    made.write_text(f"#!/bin/sh\ncase $1 in version) {answer};; --version) echo {name} version 1;; *) cat;; esac\n")
    made.chmod(0o755)
    return made


@pytest.mark.parametrize(
    ("docker", "podman", "kind", "version"),
    [("27.0", "5.0", "docker", "27.0"), ("", "5.0", "podman", "5.0"), (None, "5.0", "podman", "5.0")],
)
def test_docker_is_taken_when_it_answers_else_podman(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    docker: str | None,
    podman: str,
    kind: str,
    version: str,
) -> None:
    if docker is not None:
        program(tmp_path, "docker", docker)
    program(tmp_path, "podman", podman)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.delenv(CHOICE, raising=False)
    if docker is None:
        monkeypatch.setenv(CHOICE, "podman")
    found = find_engine()
    assert (found.kind, found.version) == (kind, version)


def test_what_each_engine_has_answered_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "docker", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(CHOICE, raising=False)
    with pytest.raises(UnavailableError) as caught:
        find_engine()
    assert caught.value.message == (
        "No container engine answers (docker: Cannot connect to the daemon; podman is not installed)."
    )
    assert "--containers=host" in caught.value.hint


def test_the_engines_program_carries_no_mark_of_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVETRAIN_JOB_DIR", "/x")
    monkeypatch.setenv("DRIVETRAIN_STEP", "/x#1")
    assert not {"DRIVETRAIN_JOB_DIR", "DRIVETRAIN_STEP"} & set(client_environment())


def test_a_text_reaches_its_standard_input(tmp_path: Path) -> None:
    told = ask(str(program(tmp_path, "docker", "1")), "login", text="secret")
    assert (told.code, told.out) == (0, "secret")
    assert ask(str(tmp_path / "missing"), "ps").code == 127


@pytest.mark.parametrize(
    ("name", "own"), [("DOCKER_HOST", True), ("PATH", True), ("COLOUR", False), ("DOCKERFILE", False)]
)
def test_what_the_engine_would_take_for_its_own_is_known(name: str, own: bool) -> None:  # noqa: FBT001
    assert is_own(name) is own
