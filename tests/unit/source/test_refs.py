from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.source.refs import candidates, find, stays

if TYPE_CHECKING:
    from tests.unit.source.conftest import Repository

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("ref", "names"),
    [
        ("refs/heads/main", ("refs/heads/main",)),
        ("refs/tags/v1", ("refs/tags/v1",)),
        ("refs/pull/1/merge", ("refs/pull/1/merge",)),
        ("main", ("refs/heads/main", "refs/tags/main")),
        ("features/tools", ("refs/heads/features/tools", "refs/tags/features/tools")),
        (SHA.upper(), (SHA,)),
        ("a.b-c_d@e", ("refs/heads/a.b-c_d@e", "refs/tags/a.b-c_d@e")),
    ],
)
def test_a_name_may_stand_for_these(ref: str, names: tuple[str, ...]) -> None:
    assert candidates(ref) == names


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "-x",
        "--upload-pack=x",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "*",
        "a[",
        "a\\b",
        "a\nb",
        "a\0",
        "@",
        "@{-1}",
    ],
)
@pytest.mark.parametrize("place", ["{}", "refs/heads/{}"])
def test_what_git_would_not_take_as_a_name_is_refused(ref: str, place: str) -> None:
    if place.format(ref) not in {"refs/heads/-x", "refs/heads/--upload-pack=x", "refs/heads/@"}:
        with pytest.raises(UserError, match="is no name of a branch or tag"):
            candidates(place.format(ref))


@pytest.mark.parametrize("ref", ["/a", "a/", "a//b", "a.", ".a", "a/.b", "a.lock", "a.lock/b", "HEAD^{tree}"])
def test_neither_is_what_git_could_not_keep(ref: str) -> None:
    with pytest.raises(UserError, match="is no name of a branch or tag"):
        candidates(ref)


def test_only_tags_and_commits_stay_what_they_are() -> None:
    assert [stays(ref) for ref in ("refs/tags/v1", SHA, "refs/heads/main", "v1")] == [True, True, False, False]


def test_a_branch_comes_before_a_tag_and_a_tag_of_a_tag_is_its_commit(work: Repository) -> None:
    first = work.commit("One", a_txt="1")
    work.git("tag", "-a", "-m", "a tag", "v1")
    work.git("tag", "-a", "-m", "a tag of a tag", "same", "v1")
    second = work.commit("Two", a_txt="2")
    work.git("branch", "same")
    assert find(work.path, "v1") == ("refs/tags/v1", first)
    assert find(work.path, "same") == ("refs/heads/same", second)
    assert find(work.path, "refs/tags/same") == ("refs/tags/same", first)
    assert find(work.path, first) == (first, first)
    assert find(work.path, "HEAD") == ("HEAD", second)
    assert find(work.path, "gone") is None
    assert find(work.path, "0" * 40) is None
    assert find(work.path, "refs/heads/v1") is None
