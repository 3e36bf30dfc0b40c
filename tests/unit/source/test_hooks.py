from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UnavailableError
from drivetrain.source.hooks import inspect, install, uninstall
from drivetrain.source.inbox import read_words

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.source.inbox import Line
    from tests.unit.source.conftest import Repository

ZERO = "0" * 40


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "home's $(x)" / "inbox"
    path.mkdir(parents=True)
    return path


def lines(inbox: Path) -> list[Line]:
    return [line for word in read_words(inbox) for line in word.lines]


def moves(inbox: Path) -> list[tuple[str, str, str]]:
    return [(line.old_sha, line.new_sha, line.ref) for line in lines(inbox)]


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_a_push_to_a_bare_repository_leaves_word_of_every_ref(work: Repository, bare: Repository, inbox: Path) -> None:
    install(bare.path, inbox, 7)
    one = work.commit("one")
    work.git("branch", "x/$(reboot);`y`")
    work.git("tag", "v1")
    work.git("push", "--quiet", str(bare.path), "--all")
    two = work.commit("two")
    work.git("push", "--quiet", str(bare.path), "main", "v1", ":x/$(reboot);`y`")
    words = read_words(inbox)
    assert [(word.project_id, word.hook) for word in words] == [(7, "post-receive")] * 2
    assert sorted(moves(inbox)) == sorted(
        [
            (ZERO, one, "refs/heads/main"),
            (ZERO, one, "refs/heads/x/$(reboot);`y`"),
            (one, two, "refs/heads/main"),
            (ZERO, one, "refs/tags/v1"),
            (one, ZERO, "refs/heads/x/$(reboot);`y`"),
        ]
    )


def test_commits_merges_and_amends_of_a_working_tree_leave_word(work: Repository, inbox: Path) -> None:
    install(work.path, inbox, 1)
    one = work.commit("one")
    two = work.commit("two")
    work.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "better")
    better = work.git("rev-parse", "HEAD")
    work.git("checkout", "--quiet", "-b", "dev")
    dev = work.commit("dev")
    work.git("checkout", "--quiet", "main")
    work.git("merge", "--quiet", "--ff-only", "dev")
    main, side = "refs/heads/main", "refs/heads/dev"
    amended = (two, better, main)
    expected = [(ZERO, one, main), (one, two, main), amended, amended, (better, dev, side), (better, dev, main)]
    assert moves(inbox) == expected


def test_a_rebase_leaves_word_of_where_the_branch_was_and_is(work: Repository, inbox: Path) -> None:
    work.commit("base", a_py="1")
    work.git("checkout", "--quiet", "-b", "dev")
    before = work.commit("dev", b_py="1")
    work.git("checkout", "--quiet", "main")
    work.commit("main", c_py="1")
    work.git("checkout", "--quiet", "dev")
    install(work.path, inbox, 1)
    work.git("rebase", "--quiet", "main")
    assert (before, work.git("rev-parse", "dev"), "refs/heads/dev") in moves(inbox)
    assert {ref for _, _, ref in moves(inbox)} == {"refs/heads/dev"}


def test_a_commit_on_a_detached_head_is_nobodys_business(work: Repository, inbox: Path) -> None:
    work.commit("one")
    install(work.path, inbox, 1)
    work.git("checkout", "--quiet", "--detach")
    work.commit("two")
    assert moves(inbox) == []


def test_a_hook_of_the_user_still_runs_with_its_input_and_comes_back_as_it_was(
    work: Repository, bare: Repository, inbox: Path
) -> None:
    theirs = bare.path / "hooks/post-receive"
    text = "#!/bin/sh\ncat > seen\nexit 3\n"
    script(theirs, text)
    install(bare.path, inbox, 1)
    sha = work.commit("one")
    work.git("push", "--quiet", str(bare.path), "main")
    assert (bare.path / "seen").read_text() == f"{ZERO} {sha} refs/heads/main\n"
    assert moves(inbox) == [(ZERO, sha, "refs/heads/main")]
    uninstall(bare.path, inbox, 1)
    assert theirs.read_text() == text
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o755
    assert not list((bare.path / "hooks").glob("*drivetrain*"))


def test_a_hook_of_the_user_in_another_language_runs_too(work: Repository, inbox: Path) -> None:
    script(work.path / ".git/hooks/post-commit", "#!/usr/bin/env python3\nopen('seen', 'w').write('yes')\n")
    install(work.path, inbox, 1)
    work.commit("one")
    assert (work.path / "seen").read_text() == "yes"


def test_installing_twice_changes_nothing_and_tells_once(work: Repository, bare: Repository, inbox: Path) -> None:
    (path,) = install(bare.path, inbox, 1)
    before = (path.read_text(), path.stat().st_mtime_ns)
    install(bare.path, inbox, 1)
    assert (path.read_text(), path.stat().st_mtime_ns) == before
    work.commit("one")
    work.git("push", "--quiet", str(bare.path), "main")
    assert len(lines(inbox)) == 1


def test_two_projects_and_two_homes_share_one_hook(
    work: Repository, bare: Repository, inbox: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other inbox"
    other.mkdir()
    for box, project in ((inbox, 1), (inbox, 2), (other, 1)):
        install(bare.path, box, project)
    work.commit("one")
    work.git("push", "--quiet", str(bare.path), "main")
    assert sorted(word.project_id for word in read_words(inbox)) == [1, 2]
    assert [word.project_id for word in read_words(other)] == [1]
    uninstall(bare.path, inbox, 1)
    assert [state.ours for state in inspect(bare.path, inbox, 2)] == [True]
    assert [state.why for state in inspect(bare.path, inbox, 1)] == ["it tells another home or project"]
    uninstall(bare.path, inbox, 2)
    uninstall(bare.path, other, 1)
    assert not (bare.path / "hooks/post-receive").exists()


def test_uninstalling_leaves_foreign_hooks_alone(bare: Repository, inbox: Path) -> None:
    theirs = bare.path / "hooks/post-receive"
    script(theirs, "#!/bin/sh\n")
    uninstall(bare.path, inbox, 1)
    assert theirs.read_text() == "#!/bin/sh\n"


def test_a_folder_of_hooks_that_repositories_share_does_not_mix_them_up(
    work: Repository, inbox: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "shared hooks"
    other = tmp_path / "other"
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(other)], check=True)
    for path in (work.path, other):
        subprocess.run(["git", "-C", str(path), "config", "core.hooksPath", str(shared)], check=True)
    paths = install(work.path, inbox, 1)
    assert {path.parent for path in paths} == {shared}
    identity = ["-c", "user.name=A", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(other), *identity, "commit", "-qm", "x", "--allow-empty"], check=True)
    assert moves(inbox) == []
    sha = work.commit("mine")
    assert moves(inbox) == [(ZERO, sha, "refs/heads/main")]


def test_a_relative_hooks_path_lies_in_the_working_tree(work: Repository, inbox: Path) -> None:
    work.git("config", "core.hooksPath", ".husky")
    assert {path.parent for path in install(work.path, inbox, 1)} == {work.path / ".husky"}
    work.commit("one")
    assert len(lines(inbox)) == 1


def test_a_home_that_is_gone_does_not_disturb_a_push(work: Repository, bare: Repository, inbox: Path) -> None:
    install(bare.path, inbox, 1)
    inbox.rmdir()
    work.commit("one")
    done = subprocess.run(
        ["git", "push", "--quiet", str(bare.path), "main"], cwd=work.path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_hooks_in_place_of_a_folder_are_a_clear_error(bare: Repository, inbox: Path) -> None:
    for sample in (bare.path / "hooks").iterdir():
        sample.unlink()
    (bare.path / "hooks").rmdir()
    (bare.path / "hooks").write_text("")
    with pytest.raises(UnavailableError, match="cannot write the hook"):
        install(bare.path, inbox, 1)


def test_a_second_foreign_hook_beside_the_first_is_never_overwritten(bare: Repository, inbox: Path) -> None:
    hook = bare.path / "hooks/post-receive"
    script(hook, "#!/bin/sh\n# first\n")
    install(bare.path, inbox, 1)
    script(hook, "#!/bin/sh\n# second\n")
    with pytest.raises(UnavailableError, match="holds an earlier hook"):
        install(bare.path, inbox, 1)
    assert "second" in hook.read_text()
    assert "first" in hook.with_name("post-receive.before-drivetrain").read_text()


def test_inspect_says_what_is_wrong(bare: Repository, inbox: Path) -> None:
    (path,) = install(bare.path, inbox, 1)
    path.chmod(0o644)
    assert [state.why for state in inspect(bare.path, inbox, 1)] == ["it is not executable"]
    path.write_text("#!/bin/sh\n")
    assert [state.why for state in inspect(bare.path, inbox, 1)] == ["another hook has taken its place"]
    path.unlink()
    assert [state.why for state in inspect(bare.path, inbox, 1)] == ["it is not there"]
