"""Parts of the server that need no process."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UserError
from drivetrain.home import Home
from drivetrain.run.model import JobRef, RepositorySource, Run
from drivetrain.settings import Settings
from drivetrain.source.git import Git, git, text_of
from drivetrain.source.matching import SKIP_WORDS
from drivetrain.source.model import Commit, Project, Reason
from drivetrain.view.cli.project import command as project
from drivetrain.wire.address import choose_port
from drivetrain.wire.identities import JobIdentities
from drivetrain.wire.launch import launcher
from drivetrain.wire.projects import ProjectBook, checked_name, default_name, url_of
from drivetrain.wire.server_process import ServerInfo
from drivetrain.wire.storage import Storage
from drivetrain.wire.watching import Watching

DOCS = Path(__file__).parents[2] / "docs"
RUN = Run(
    id=7,
    number="20260101.2",
    pipeline="fraud",
    file="azure-pipelines.yml",
    reason=Reason.INDIVIDUAL_CI,
    source=RepositorySource("fraud", "/x", "/x", "refs/heads/feature/a", Commit("c" * 40)),
    requested_for="Ada",
)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def info(port: int, configured: int = 8674) -> ServerInfo:
    return ServerInfo(1, "", "127.0.0.1", port, "", configured)


def test_the_port_asked_for_wins_then_the_last_then_the_setting() -> None:
    free = free_port()
    settings = Settings()
    assert choose_port(settings, 5, info(free)) == 5
    assert choose_port(settings, None, None) == 8674
    assert choose_port(settings, None, info(free)) == free
    assert choose_port(settings, 0, info(free)) == free
    assert choose_port(settings, 0, None) == 0
    assert choose_port(replace(settings, port=9000), None, info(free)) == 9000, "the setting was changed meanwhile"


def test_the_last_port_is_not_waited_for_when_somebody_else_has_it() -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert choose_port(Settings(), None, info(port)) == 8674
        assert choose_port(Settings(), 0, info(port)) == 0


def test_a_jobs_identity_has_the_tags_of_its_run_until_its_token_is_revoked() -> None:
    tokens = {"t": (7, JobRef("Build", "Train", "small"), 1)}
    identities = JobIdentities(tokens.get, lambda _: RUN, "http://127.0.0.1:1")
    found = identities("t")
    assert found is not None
    assert (found.kind, found.pipeline_run_id) == ("job", 7)
    assert found.run_tags == {
        "build number": "20260101.2",
        "drivetrain.build_number": "20260101.2",
        "drivetrain.build_id": "7",
        "drivetrain.commit": "c" * 40,
        "drivetrain.branch": "feature/a",
        "drivetrain.pipeline": "fraud",
        "drivetrain.reason": "IndividualCI",
        "drivetrain.run_url": "http://127.0.0.1:1/runs/7",
        "drivetrain.job": "Build.Train.small",
        "mlflow.source.git.commit": "c" * 40,
        "mlflow.source.git.branch": "feature/a",
    }
    del tokens["t"]
    assert identities("t") is None


def test_a_job_of_a_stranger_belongs_to_a_project_of_its_own() -> None:
    stranger = replace(RUN, restricted=True, project="fraud")
    identities = JobIdentities({"t": (7, JobRef("A", "B"), 1)}.get, lambda _: stranger, "http://127.0.0.1:1")
    found = identities("t")
    assert found is not None
    assert found.restricted
    assert found.project == "fraud run 7 of a fork"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/code/fraud", "fraud"),
        ("/code/fraud.git", "fraud"),
        ("https://user:secret@host/team/credit risk.git", "credit risk"),
        ("git@host:team/x.git", "x"),
        ("git@host:x.git", "x"),
        ("/code/ü$(x)", "x"),
        ("/code/$$", "project"),
    ],
)
def test_a_project_is_named_after_its_repository(url: str, name: str) -> None:
    assert default_name(url) == checked_name(name) == name


@pytest.mark.parametrize("name", ["", "-x", "a/b", "a\nb", "x" * 101, "../x", "ü"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="is no name for a project"):
        checked_name(name)


def test_a_folder_below_a_repository_means_the_repository(tmp_path: Path) -> None:
    git(["init", "--quiet", str(tmp_path / "work")])
    git(["init", "--quiet", "--bare", str(tmp_path / "bare.git")])
    (tmp_path / "work/a/b").mkdir(parents=True)
    assert url_of(str(tmp_path / "work/a/b")) == str(tmp_path / "work")
    assert url_of(str(tmp_path / "bare.git")) == str(tmp_path / "bare.git")
    with pytest.raises(NotFoundError):
        url_of("-x")
    with pytest.raises(NotFoundError):
        url_of("ext::sh -c reboot")


@pytest.mark.parametrize(
    ("named", "there", "chosen"),
    [
        ("master", ["master", "main"], "master"),
        ("master", ["main"], "main"),
        ("master", ["trunk"], "trunk"),
        ("master", ["a", "b"], "master"),
        ("master", ["a", "main"], "main"),
        ("master", [], "master"),
    ],
)
def test_a_head_that_names_no_branch_is_not_the_default_one(
    tmp_path: Path, named: str, there: list[str], chosen: str
) -> None:
    bare = tmp_path / "code.git"
    git(["init", "--quiet", "--bare", f"--initial-branch={named}", str(bare)])
    tree = text_of(git(["mktree"], cwd=bare)).strip()
    author = {f"GIT_{role}_{what}": "a" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    sha = text_of(git(["commit-tree", "-m", "one", tree], cwd=bare, env=author)).strip()
    for name in there:
        git(["update-ref", f"refs/heads/{name}", sha], cwd=bare)
    book = ProjectBook(Home(tmp_path / "home"))
    added = book.add(str(bare), name="p", branch="", file="f.yml", poll_seconds=0, hook=False, run_now=False)
    assert added.project.branch == chosen


def test_every_word_that_skips_is_documented() -> None:
    text = (DOCS / "sources" / "triggers.md").read_text("utf-8").lower()
    assert [word for word in SKIP_WORDS if f"`{word}`" not in text] == []


def test_the_pages_and_the_api_are_given_no_password(tmp_path: Path) -> None:
    storage = Storage(Home(tmp_path))
    storage.projects.add(Project(0, "p", "https://me:hush@host/x.git", "main"), {})
    git_reader = Git(storage.home.mirrors)
    watching = Watching(
        storage.home,
        storage.projects,
        storage.source_events,
        git_reader,
        launcher(storage),
        wake=lambda: None,
    )
    assert [status.project.url for status in watching.projects()] == ["https://host/x.git"]
    assert [project.url for project in storage.projects.all()] == ["https://me:hush@host/x.git"]


@pytest.mark.parametrize("words", [["list"], ["list", "--json"]])
def test_the_list_of_projects_shows_no_password(tmp_path: Path, words: list[str]) -> None:
    Storage(Home(tmp_path)).projects.add(Project(0, "p", "https://me:hush@host/x.git", "main"), {})
    shown = CliRunner().invoke(project, words, env={"DRIVETRAIN_HOME": str(tmp_path)})
    assert "https://host/x.git" in shown.output
    assert "hush" not in shown.output
