"""What every implementation of `TemplateFiles` must do: in memory, in folders, at commits, and all of these mixed."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Protocol

import pytest

from drivetrain.definition.memory import MemoryFiles
from drivetrain.definition.model import RepositoryResource
from drivetrain.errors import DefinitionError, NotFoundError, Position, UnavailableError
from drivetrain.home import Home
from drivetrain.source.snapshot import snapshot
from drivetrain.source.trees import CommitTree, FolderTree
from drivetrain.wire.repositories import LocalFolder, Repositories
from drivetrain.wire.template_files import PipelineFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.definition.ports import TemplateFiles

HERE = Position("azure-pipelines.yml", 3, 5)
TEMPLATES = RepositoryResource("templates", HERE, type="github", name="contoso/templates", ref="refs/tags/v1")
ELSEWHERE = RepositoryResource("elsewhere", HERE, type="git", name="Tools/elsewhere")
OWN = {
    "azure-pipelines.yml": b"steps: []\n",
    "jobs/build.yml": "jobs: # é\r\n".encode(),
    "no text.yml": b"steps:\n- script: \xff\n",
    "empty.yml": b"",
    "-x.yml": b"dash\n",
}
OTHERS = {"shared.yml": b"shared\n", "jobs/build.yml": b"their own\n"}


class World(Protocol):
    """Makes an implementation that has the files given."""

    def __call__(self, own: dict[str, bytes], others: dict[str, bytes]) -> TemplateFiles: ...


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def committed(folder: Path, files: dict[str, bytes]) -> Path:
    write(folder, files)
    user = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        user |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.org"}
    for words in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-qm", "All of it"], ["tag", "v1"]):
        subprocess.run(["git", *words], cwd=folder, env={**os.environ, **user}, check=True)
    return folder


def commit_tree(folder: Path) -> CommitTree:
    sha = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True).stdout
    return CommitTree(folder / ".git", sha.strip())


def in_memory(_tmp_path: Path, own: dict[str, bytes], others: dict[str, bytes]) -> TemplateFiles:
    return MemoryFiles(own, {"templates": others})


def folder_and_folder(tmp_path: Path, own: dict[str, bytes], others: dict[str, bytes]) -> TemplateFiles:
    folders = {"templates": LocalFolder(write(tmp_path / "others", others))}
    return PipelineFiles(
        FolderTree(write(tmp_path / "own", own)), Repositories(lambda: Home(tmp_path / "home"), folders)
    )


def folder_and_mirror(tmp_path: Path, own: dict[str, bytes], others: dict[str, bytes]) -> TemplateFiles:
    hub = committed(tmp_path / "hub" / "contoso" / "templates", others).parents[1]
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.config.write_text(f'[repository_hosts]\ngithub = "file://{hub}"\n')
    return PipelineFiles(FolderTree(write(tmp_path / "own", own)), Repositories(lambda: home))


def commit_and_snapshot(tmp_path: Path, own: dict[str, bytes], others: dict[str, bytes]) -> TemplateFiles:
    home = Home(tmp_path / "home")
    folders = {"contoso/templates": LocalFolder(write(tmp_path / "others", others))}
    repositories = Repositories(lambda: home, folders, lambda folder: snapshot(folder, home.root / "snapshots"))
    return PipelineFiles(commit_tree(committed(tmp_path / "own", own)), repositories)


def commit_and_ref_of_a_folder(tmp_path: Path, own: dict[str, bytes], others: dict[str, bytes]) -> TemplateFiles:
    other = committed(tmp_path / "others", others)
    (other / "shared.yml").write_bytes(b"changed since\n")
    repositories = Repositories(lambda: Home(tmp_path / "home"), {"Templates": LocalFolder(other, "main")})
    return PipelineFiles(commit_tree(committed(tmp_path / "own", own)), repositories)


def commit_and_path_of_the_settings(tmp_path: Path, own: dict[str, bytes], others: dict[str, bytes]) -> TemplateFiles:
    other = committed(tmp_path / "others", others)
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.config.write_text(f'[repositories]\n"Contoso/templates" = "{other}"\n')
    return PipelineFiles(commit_tree(committed(tmp_path / "own", own)), Repositories(lambda: home))


ON_DISK = [
    folder_and_folder,
    folder_and_mirror,
    commit_and_snapshot,
    commit_and_ref_of_a_folder,
    commit_and_path_of_the_settings,
]


@pytest.fixture(params=[in_memory, *ON_DISK], ids=lambda made: made.__name__)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    made: Callable[[Path, dict[str, bytes], dict[str, bytes]], TemplateFiles] = request.param
    return lambda own, others: made(tmp_path, own, others)


@pytest.fixture
def files(world: World) -> TemplateFiles:
    return world(OWN, OTHERS)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("azure-pipelines.yml", "steps: []\n"),
        ("jobs/build.yml", "jobs: # é\r\n"),
        ("/jobs/build.yml", "jobs: # é\r\n"),
        ("jobs\\build.yml", "jobs: # é\r\n"),
        ("jobs/../jobs/./build.yml", "jobs: # é\r\n"),
        ("empty.yml", ""),
        ("-x.yml", "dash\n"),
    ],
)
def test_a_file_is_read_as_it_is_from_the_top(files: TemplateFiles, path: str, text: str) -> None:
    assert files.read(path, None) == text


def test_each_repository_has_its_own_files(files: TemplateFiles) -> None:
    assert files.read("shared.yml", TEMPLATES) == "shared\n"
    assert files.read("jobs/build.yml", TEMPLATES) == "their own\n"
    with pytest.raises(NotFoundError):
        files.read("shared.yml", None)
    with pytest.raises(NotFoundError):
        files.read("azure-pipelines.yml", TEMPLATES)


@pytest.mark.parametrize("path", ["gone.yml", "jobs", "jobs/", "Jobs/build.yml", "azure-pipelines.yml/x", "", ".", "/"])
def test_what_is_no_file_is_not_found(files: TemplateFiles, path: str) -> None:
    with pytest.raises(NotFoundError) as failure:
        files.read(path, None)
    assert repr(path) in failure.value.message


@pytest.mark.parametrize("repository", [None, TEMPLATES])
@pytest.mark.parametrize("path", ["..", "../own/azure-pipelines.yml", "/../own/azure-pipelines.yml", "a\0b", "a\nb"])
def test_a_path_never_leaves_the_repository(
    files: TemplateFiles, path: str, repository: RepositoryResource | None
) -> None:
    with pytest.raises(NotFoundError):
        files.read(path, repository)


def test_a_missing_file_of_another_repository_names_both(files: TemplateFiles) -> None:
    with pytest.raises(NotFoundError) as failure:
        files.read("gone.yml", TEMPLATES)
    assert "'gone.yml'" in failure.value.message
    assert "templates" in failure.value.message or "others" in failure.value.message


def test_bytes_that_are_no_utf8_have_a_place(files: TemplateFiles) -> None:
    with pytest.raises(DefinitionError) as failure:
        files.read("no text.yml", None)
    (problem,) = failure.value.problems
    assert problem.position == Position("no text.yml", 2, 11)


def test_a_repository_of_which_nobody_said_where_it_is_is_unavailable(files: TemplateFiles) -> None:
    with pytest.raises(UnavailableError, match="elsewhere"):
        files.read("shared.yml", ELSEWHERE)


@pytest.mark.parametrize("made", ON_DISK, ids=lambda made: made.__name__)
def test_links_are_followed_within_the_repository_and_not_out_of_it(
    tmp_path: Path, made: Callable[[Path, dict[str, bytes], dict[str, bytes]], TemplateFiles]
) -> None:
    (tmp_path / "secret").write_text("hush")
    own = tmp_path / "own"
    own.mkdir()
    (own / "there").symlink_to("jobs")
    (own / "same.yml").symlink_to("there/build.yml")
    (own / "out.yml").symlink_to(tmp_path / "secret")
    (own / "up.yml").symlink_to("../secret")
    (own / "up").symlink_to("..")
    (own / "loop.yml").symlink_to("loop.yml")
    (own / "dangling.yml").symlink_to("gone.yml")
    files = made(tmp_path, OWN, OTHERS)
    assert files.read("there/build.yml", None) == files.read("same.yml", None) == "jobs: # é\r\n"
    for path in ("out.yml", "up.yml", "up/secret", "loop.yml", "dangling.yml"):
        with pytest.raises(NotFoundError):
            files.read(path, None)
