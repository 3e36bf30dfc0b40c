"""A task in TypeScript is built by npm and its own compiler, in a copy; its authors' registry is not asked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.run.packages.building import build_task
from drivetrain.run.packages.task_json import read_task

SOURCE = Path(__file__).parents[3] / "task_packages" / "SourceV1"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCE, tmp_path / "SourceV1"))


@pytest.mark.usefixtures("task_lib")
def test_a_task_is_built_from_its_source_which_stays_as_it_is(source: Path) -> None:
    before = sorted(source.rglob("*"))
    said: list[str] = []
    with build_task(source, scripts=False, say=said.append) as built:
        assert read_task(built).name == "Source"
        assert "built for" in (built / "source.js").read_text()
        assert not (built / "node_modules" / "typescript").exists()
        assert not (built / ".npmrc").exists()
    assert not built.exists()
    assert sorted(source.rglob("*")) == before
    assert [line.split(" in a copy")[0] for line in said] == ["npm ci", "tsc", "npm prune"]


@pytest.mark.usefixtures("task_lib")
def test_versions_that_the_registry_has_not_are_replaced_by_those_that_fit(source: Path) -> None:
    lock = source / "package-lock.json"
    lock.write_text(lock.read_text().replace("5.9.3", "5.9.3000"))
    said: list[str] = []
    with build_task(source, scripts=False, say=said.append) as built:
        assert (built / "source.js").is_file()
    assert "not all locked versions are in the registry: the newest that fit are taken" in said


@pytest.mark.usefixtures("task_lib")
def test_what_the_compiler_says_is_shown(source: Path) -> None:
    (source / "source.ts").write_text("const wrong: number = 'text';\n")
    with (
        pytest.raises(UserError, match=r"(?s)tsc ended with \d+ for .*source\.ts\(1,7\)"),
        build_task(source, scripts=False, say=lambda _: None),
    ):
        pass


def test_a_folder_without_a_task_is_not_built(tmp_path: Path) -> None:
    with (
        pytest.raises(NotFoundError, match=r"there is no task\.json in"),
        build_task(tmp_path, scripts=False, say=lambda _: None),
    ):
        pass


def test_without_npm_it_says_what_to_install(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [place for place in os.environ["PATH"].split(os.pathsep) if not Path(place, "npm").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(kept))
    with (
        pytest.raises(UnavailableError, match="npm is not installed") as caught,
        build_task(source, scripts=False, say=lambda _: None),
    ):
        pass
    assert caught.value.hint == "install Node.js with npm: https://nodejs.org"
