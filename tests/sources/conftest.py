from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from drivetrain.home import Home
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.projects import ProjectBook
from drivetrain.wire.storage import Storage
from tests.sources.apache import apache, elsewhere_server
from tests.sources.servers import https_git, sshd, svnserve
from tests.unit.source.conftest import Repository, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.source.model import Project
    from tests.sources.apache import Apache, Elsewhere
    from tests.sources.servers import HttpsGit, Sshd, Svnserve

CONNECTION = ItemKind.SERVICE_CONNECTION


@dataclass
class Keeper:
    """A home with its library, as the command line has it."""

    home: Home

    def __post_init__(self) -> None:
        self.storage = Storage(self.home)
        self.book = LibraryBook(self.storage.library, "ada")

    def connect(self, name: str, kind: str, url: str, secret: dict[str, str], project: str = "", **plain: str) -> None:
        edit = Edit(data={"type": kind, "url": url}, plain=plain, secret=secret)
        self.book.add(CONNECTION, name, edit, project)

    def change(self, name: str, **secret: str) -> None:
        self.book.change(CONNECTION, name, Edit(secret=secret))

    def add(self, url: str, connection: str = "", name: str = "p") -> Project:
        return (
            ProjectBook(self.home)
            .add(
                url,
                name=name,
                branch="",
                file="azure-pipelines.yml",
                poll_seconds=60,
                hook=False,
                run_now=False,
                connection=connection,
            )
            .project
        )


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(Home(tmp_path / "home"))


@pytest.fixture
def work(tmp_path: Path) -> Repository:
    return make(tmp_path / "work")


@pytest.fixture
def served(tmp_path: Path, work: Repository) -> Repository:
    """A bare repository with one commit, below a folder that servers serve."""
    bare = make(tmp_path / "served" / "code.git", "--bare")
    work.commit("one", train_py="1")
    work.git("push", "--quiet", str(bare.path), "main")
    return bare


@pytest.fixture
def https(tmp_path: Path, served: Repository, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsGit]:
    """With an authority that git believes, and a user who has set up nothing else."""
    with https_git(served.path.parent, tmp_path / "certificates") as git:
        (tmp_path / "user").mkdir()
        monkeypatch.setenv("HOME", str(tmp_path / "user"))
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        monkeypatch.setenv("GIT_SSL_CAINFO", str(git.authority))
        yield git


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def svn(tmp_path: Path) -> Iterator[Svnserve]:
    with svnserve(tmp_path / "svn") as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with elsewhere_server() as server:
        yield server


@pytest.fixture
def svn_https(tmp_path: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> Iterator[Apache]:
    """With an authority that svn believes, and a user who has set up nothing else."""
    with apache(elsewhere) as server:
        (tmp_path / "svn-user").mkdir()
        monkeypatch.setenv("HOME", str(tmp_path / "svn-user"))
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        yield server
