from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.source import upkeep
from drivetrain.source.git import Git, git, has_commit, text_of
from drivetrain.source.upkeep import tidy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.source.conftest import Repository


@pytest.fixture
def mirrors(tmp_path: Path) -> Git:
    return Git(tmp_path / "mirrors")


def refs(mirror: Path) -> set[str]:
    return set(text_of(git(["for-each-ref", "--format=%(refname)", "refs/drivetrain"], cwd=mirror)).split())


def gone(mirror: Path, *commits: str) -> list[bool]:
    git(["gc", "--quiet", "--prune=now"], cwd=mirror)
    return [not has_commit(mirror, sha) for sha in commits]


def test_what_is_wanted_stays_and_the_rest_goes_a_day_after(work: Repository, mirrors: Git) -> None:
    wanted = work.commit("Wanted")
    mirror = mirrors.mirror(work.path.as_uri())
    tidy(mirror, ())
    work.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "In its place")
    amended = work.git("rev-parse", "HEAD")
    mirrors.mirror(work.path.as_uri())
    work.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "And once more")
    mirrors.mirror(work.path.as_uri())

    tidy(mirror, {wanted, "1" * 40})
    assert refs(mirror) == {f"refs/drivetrain/runs/{wanted}", f"refs/drivetrain/before/{work.git('rev-parse', 'HEAD')}"}
    assert gone(mirror, wanted, amended) == [False, True]
    tidy(mirror, ())
    assert gone(mirror, wanted) == [True]


def test_a_branch_that_was_deleted_stays_until_the_day_after(work: Repository, mirrors: Git) -> None:
    work.commit()
    work.git("checkout", "--quiet", "-b", "side")
    side = work.commit("Aside")
    work.git("checkout", "--quiet", "main")
    mirror = mirrors.mirror(work.path.as_uri())
    tidy(mirror, ())
    work.git("branch", "-D", "side")
    mirrors.mirror(work.path.as_uri())
    assert gone(mirror, side) == [False]
    tidy(mirror, ())
    assert gone(mirror, side) == [True]


def test_many_packs_become_one(work: Repository, mirrors: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(upkeep._POLICY, "gc.autoPackLimit", "2")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(work.path / "config"))
    work.write("config", "[fetch]\n\tunpackLimit = 1\n")
    for number in range(3):
        sha = work.commit(train_py=str(number))
        mirror = mirrors.mirror(work.path.as_uri())
    packs = mirror / "objects/pack"
    assert len(list(packs.glob("*.pack"))) == 3
    tidy(mirror, ())
    assert len(list(packs.glob("*.pack"))) == 1
    assert has_commit(mirror, sha)


def test_a_mirror_at_rest_is_left_as_it_is(work: Repository, mirrors: Git) -> None:
    sha = work.commit()
    mirror = mirrors.mirror(work.path.as_uri())
    tidy(mirror, {sha})
    before = {path: path.stat().st_mtime_ns for path in (mirror / "objects").rglob("*") if path.is_file()}
    tidy(mirror, {sha})
    assert {path: path.stat().st_mtime_ns for path in (mirror / "objects").rglob("*") if path.is_file()} == before
