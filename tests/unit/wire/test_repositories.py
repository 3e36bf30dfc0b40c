from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.definition.model import RepositoryResource
from drivetrain.errors import DefinitionError, NotFoundError, Position, UnavailableError
from drivetrain.plan.model import RepositoryPlan
from drivetrain.source.git import Git
from drivetrain.source.snapshot import snapshot
from drivetrain.wire.repositories import LocalFolder, Repositories

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.home import Home
    from tests.unit.wire.conftest import Origin

TEMPLATES = RepositoryResource("templates", Position("azure-pipelines.yml", 3, 5), "github", "contoso/templates")


def at(ref: str) -> RepositoryResource:
    return replace(TEMPLATES, ref=ref)


def read(repositories: Repositories, resource: RepositoryResource = TEMPLATES) -> str:
    return repositories.find(resource).tree.read("a.yml").decode()


def test_a_repository_is_found_with_its_commit(home: Home, origin: Origin) -> None:
    sha = origin.commit("one")
    repositories = Repositories(lambda: home)
    plan = RepositoryPlan(
        name="contoso/templates",
        type="github",
        ref="refs/heads/main",
        url=origin.url,
        version=sha,
        fetch_from=str(Git(home.mirrors).mirror_path(origin.url)),
    )
    assert repositories.find(at("main")).plan == plan
    assert repositories.plans() == {"templates": plan}


@pytest.mark.parametrize(
    ("ref", "found", "text"),
    [
        ("", "refs/heads/main", "two"),
        ("main", "refs/heads/main", "two"),
        ("HEAD", "refs/heads/main", "two"),
        ("refs/heads/main", "refs/heads/main", "two"),
        ("refs/tags/v1", "refs/tags/v1", "one"),
        ("v1", "refs/tags/v1", "one"),
        ("features/x", "refs/heads/features/x", "one"),
        ("refs/pull/1/merge", "refs/pull/1/merge", "pulled"),
    ],
)
def test_a_ref_is_a_branch_a_tag_or_a_full_name(home: Home, origin: Origin, ref: str, found: str, text: str) -> None:
    origin.commit("one")
    origin.git("tag", "-am", "annotated", "v1")
    origin.git("branch", "features/x")
    origin.commit("pulled")
    origin.git("update-ref", "refs/pull/1/merge", "HEAD")
    origin.commit("two")
    repositories = Repositories(lambda: home)
    assert read(repositories, at(ref)) == text
    assert repositories.find(at(ref)).plan.ref == found


def test_a_commit_is_named_by_its_whole_id_also_when_it_is_on_no_branch(home: Home, origin: Origin) -> None:
    first = origin.commit("one")
    origin.commit("two")
    lost = origin.commit("lost")
    origin.git("reset", "--quiet", "--hard", "HEAD~1")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repositories = Repositories(lambda: home)
    assert read(repositories, at(first)) == "one"
    assert read(repositories, at(lost.upper())) == "lost"


def test_without_main_the_default_branch_is_taken(home: Home, origin: Origin) -> None:
    origin.git("symbolic-ref", "HEAD", "refs/heads/develop")
    origin.commit("here")
    repositories = Repositories(lambda: home)
    assert read(repositories) == "here"
    assert repositories.find(TEMPLATES).plan.ref == "refs/heads/develop"


def test_head_is_the_default_branch_of_a_remote_repository(home: Home, origin: Origin) -> None:
    origin.commit("main")
    origin.git("branch", "master")
    origin.git("checkout", "--quiet", "-b", "develop")
    origin.commit("develop")
    assert read(Repositories(lambda: home), at("HEAD")) == "develop"


def test_a_branch_is_fetched_once_and_stays_what_it_was(home: Home, origin: Origin) -> None:
    origin.commit("one")
    repositories = Repositories(lambda: home)
    assert read(repositories, at("main")) == "one"
    origin.commit("two")
    assert read(repositories, at("main")) == read(repositories, at("refs/heads/main")) == "one"
    assert read(Repositories(lambda: home), at("main")) == "two"


def test_tags_and_commits_need_no_network_once_they_are_here(home: Home, origin: Origin) -> None:
    sha = origin.commit("one")
    origin.git("tag", "v1")
    read(Repositories(lambda: home), at("refs/tags/v1"))
    origin.path.rename(origin.path.with_name("gone"))
    offline = Repositories(lambda: home)
    assert read(offline, at("refs/tags/v1")) == read(offline, at(sha)) == "one"
    with pytest.raises(UnavailableError):
        read(offline, at("main"))


def test_a_tag_that_is_not_here_yet_is_fetched(home: Home, origin: Origin) -> None:
    origin.commit("one")
    origin.git("tag", "v1")
    read(Repositories(lambda: home), at("refs/tags/v1"))
    origin.commit("two")
    origin.git("tag", "v2")
    assert read(Repositories(lambda: home), at("refs/tags/v2")) == "two"


def test_a_host_that_cannot_be_reached_is_named_with_the_way_out(home: Home) -> None:
    home.config.write_text('[repositories]\ntemplates = "https://me:hush@127.0.0.1:1/x.git"\n')
    with pytest.raises(UnavailableError) as failure:
        Repositories(lambda: home).find(TEMPLATES)
    assert "the repository 'templates' (github contoso/templates) cannot be reached" in failure.value.message
    assert "https://127.0.0.1:1/x.git" in failure.value.message
    assert "--repository templates=PATH" in failure.value.hint
    assert "hush" not in failure.value.message + failure.value.hint


def test_a_password_of_the_settings_is_in_no_plan(home: Home, origin: Origin) -> None:
    origin.commit("one")
    home.config.write_text(f'[repositories]\ntemplates = "file://me:hush@{origin.path}"\n')
    repositories = Repositories(lambda: home)
    assert read(repositories) == "one"
    assert "hush" not in repr(repositories.find(TEMPLATES))


@pytest.mark.parametrize(
    ("resource", "says", "hint"),
    [
        (
            replace(TEMPLATES, type="git", name="Tools/ci"),
            "nobody said where its host is",
            "--repository templates=PATH",
        ),
        (replace(TEMPLATES, type="githubenterprise"), "nobody said where its host is", "[repository_hosts]"),
    ],
)
def test_what_nobody_has_said_names_the_repository(
    home: Home, resource: RepositoryResource, says: str, hint: str
) -> None:
    with pytest.raises(UnavailableError, match=says) as failure:
        Repositories(lambda: home).find(resource)
    assert "'templates'" in failure.value.message
    assert hint in failure.value.hint


@pytest.mark.parametrize(
    "resource",
    [
        at("gone"),
        at("refs/tags/gone"),
        at("refs/pull/9/merge"),
        at("1" * 40),
        at("--upload-pack=touch pwned"),
        at("../../x"),
        at("main~1"),
        replace(TEMPLATES, name="../../etc"),
        replace(TEMPLATES, name="--upload-pack=x/y"),
        replace(TEMPLATES, type="file:///etc"),
    ],
)
def test_what_cannot_be_found_is_said_with_its_alias(home: Home, origin: Origin, resource: RepositoryResource) -> None:
    origin.commit("one")
    with pytest.raises(NotFoundError, match="the repository 'templates'"):
        Repositories(lambda: home).find(resource)


def test_wrong_settings_are_said_with_their_place(home: Home) -> None:
    home.config.write_text("[repositories]\nx = 1\n")
    with pytest.raises(DefinitionError, match=r"config\.toml:1:2"):
        Repositories(lambda: home).find(TEMPLATES)


def test_a_folder_that_is_named_needs_neither_settings_nor_host(home: Home, tmp_path: Path) -> None:
    home.config.write_text("this is no TOML")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.yml").write_text("as it stands")
    repositories = Repositories(lambda: home, {"TEMPLATES": LocalFolder(folder)})
    assert read(repositories, at("refs/tags/v1")) == "as it stands"
    assert repositories.find(TEMPLATES).plan == RepositoryPlan("contoso/templates", "github", "", str(folder))


def test_a_folder_as_it_stands_becomes_a_commit_for_a_run(home: Home, origin: Origin) -> None:
    origin.commit("committed")
    (origin.path / "a.yml").write_text("not committed")
    take = {"templates": LocalFolder(origin.path)}
    repositories = Repositories(lambda: home, take, lambda folder: snapshot(folder, home.root / "snapshots"))
    assert read(repositories) == "not committed"
    plan = repositories.find(TEMPLATES).plan
    assert (plan.ref, plan.url) == ("refs/heads/main", str(origin.path))
    (origin.path / "a.yml").write_text("changed again")
    assert read(repositories) == "not committed"


def test_a_bare_repository_is_read_at_the_ref_of_the_pipeline(home: Home, origin: Origin, tmp_path: Path) -> None:
    origin.commit("one")
    origin.git("tag", "v1")
    origin.commit("two")
    bare = tmp_path / "bare.git"
    origin.git("clone", "--quiet", "--bare", str(origin.path), str(bare))
    repositories = Repositories(lambda: home, {"templates": LocalFolder(bare)})
    assert (read(repositories), read(repositories, at("refs/tags/v1"))) == ("two", "one")


def test_a_ref_that_is_given_with_the_folder_wins(home: Home, origin: Origin, tmp_path: Path) -> None:
    origin.commit("one")
    origin.git("tag", "v1")
    origin.commit("two")
    origin.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    repositories = Repositories(lambda: home, {"templates": LocalFolder(tmp_path / "linked", "v1")})
    assert read(repositories, at("main")) == "one"
    assert repositories.find(at("main")).plan.fetch_from == str(origin.path / ".git")


@pytest.mark.parametrize("tagged", [True, False])
def test_what_credentials_have_brought_here_gives_a_stranger_nothing(
    home: Home, origin: Origin, *, tagged: bool
) -> None:
    sha = origin.commit("private")
    origin.git("tag", "v1")
    ref = "refs/tags/v1" if tagged else sha
    assert read(Repositories(lambda: home), at(ref)) == "private"
    origin.path.rename(origin.path.with_name("gone"))
    stranger = Repositories(lambda: home)
    stranger.restricted = True
    with pytest.raises(UnavailableError):
        stranger.find(at(ref))
