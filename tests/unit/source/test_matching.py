from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.source.matching import SKIP_WORDS, decide, path_wanted, ref_matches
from drivetrain.source.model import CiTrigger, Patterns, Push


def push(
    ref: str = "refs/heads/main", *paths: str, messages: tuple[str, ...] = ("Work",), deleted: bool = False
) -> Push:
    return Push(ref=ref, paths=paths or ("train.py",), messages=messages, deleted=deleted)


def test_without_a_trigger_every_branch_runs_and_no_tag() -> None:
    assert decide(CiTrigger(), push("refs/heads/feature/x")).run
    assert not decide(CiTrigger(), push("refs/tags/v1")).run


def test_trigger_none_runs_nothing_and_says_so() -> None:
    decision = decide(CiTrigger(enabled=False), push())
    assert not decision.run
    assert "trigger: none" in decision.why


def test_a_deleted_branch_runs_nothing() -> None:
    decision = decide(CiTrigger(), push(deleted=True))
    assert (decision.run, decision.why) == (False, "refs/heads/main was deleted")


@pytest.mark.parametrize(
    ("include", "exclude", "ref", "run"),
    [
        (("main",), (), "refs/heads/main", True),
        (("main",), (), "refs/heads/main2", False),
        (("main",), (), "refs/heads/Main", False),
        (("releases/*",), (), "refs/heads/releases/1", True),
        (("releases/*",), (), "refs/heads/releases/1/2", True),
        (("releases/*",), (), "refs/heads/releases", False),
        (("main", "releases/*"), ("releases/old*",), "refs/heads/releases/old1", False),
        (("main", "releases/*"), ("releases/old*",), "refs/heads/releases/new", True),
        (("*",), ("feature/*-working",), "refs/heads/feature/a-working", False),
        ((), ("main",), "refs/heads/main", False),
        ((), ("main",), "refs/heads/dev", True),
        (("release?",), (), "refs/heads/release1", True),
        (("release?",), (), "refs/heads/release", False),
        (("refs/heads/main",), (), "refs/heads/main", True),
        (("refs/tags/v1",), (), "refs/heads/v1", False),
        (("refs/tags/v*",), (), "refs/tags/v1", True),
        (("refs/tags/v*",), ("refs/tags/v2",), "refs/tags/v2", False),
        (("main",), (), "refs/tags/main", False),
        (("*",), (), "refs/heads/$(reboot);`x`", True),
        (("a.c",), (), "refs/heads/abc", False),
    ],
)
def test_branches_are_included_and_then_excluded(
    include: tuple[str, ...], exclude: tuple[str, ...], ref: str, *, run: bool
) -> None:
    decision = decide(CiTrigger(branches=Patterns(include, exclude)), push(ref))
    assert decision.run is run
    assert decision.why


@pytest.mark.parametrize(
    ("include", "exclude", "ref", "run"),
    [
        (("v2.*",), ("v2.0",), "refs/tags/v2.1", True),
        (("v2.*",), ("v2.0",), "refs/tags/v2.0", False),
        (("v2.*",), (), "refs/tags/v1", False),
        ((), ("v2.0",), "refs/tags/v1", True),
        (("v*",), (), "refs/heads/v1", False),
    ],
)
def test_tags_are_included_and_then_excluded(
    include: tuple[str, ...], exclude: tuple[str, ...], ref: str, *, run: bool
) -> None:
    assert decide(CiTrigger(tags=Patterns(include, exclude)), push(ref)).run is run


def test_a_tag_that_the_branch_filter_wants_runs_although_the_tag_filter_does_not() -> None:
    trigger = CiTrigger(branches=Patterns(("refs/tags/v*",)), tags=Patterns((), ("v1",)))
    assert decide(trigger, push("refs/tags/v1")).run


@pytest.mark.parametrize(
    ("include", "exclude", "path", "wanted"),
    [
        ((), (), "a/b.py", True),
        (("docs",), (), "docs/a/b.md", True),
        (("docs",), (), "docs2/a.md", False),
        (("docs/",), (), "docs/a.md", True),
        (("/docs",), (), "docs/a.md", True),
        (("docs/*",), (), "docs/a/b.md", True),
        (("docs/*",), ("docs/README.md",), "docs/README.md", False),
        (("docs/*",), ("docs/README.md",), "docs/other.md", True),
        (("docs/*.md",), (), "docs/a.md", True),
        (("docs/*.md",), (), "docs/a/b.md", False),
        (("docs/**/*.md",), (), "docs/a/b/c.md", True),
        (("docs/**/*.md",), (), "docs/c.md", True),
        (("src/app/**/myapp*",), (), "src/app/x/y/myapp1/z.py", True),
        (("src/app/**/myapp*",), (), "src/app/other.py", False),
        ((), ("tools",), "tools/x.py", False),
        (("/", "tools/trigger-runs-on-these"), ("tools",), "tools/trigger-runs-on-these/x", True),
        (("*", "tools/trigger-runs-on-these"), ("tools",), "tools/x", False),
        (("*",), ("tools",), "train.py", True),
        ((), ("**/*.md",), "src/app/README.md", False),
        (("src/app",), ("**/*.md",), "src/app/README.md", False),
        (("src",), (), "SRC/a.py", False),
        (("data?.csv",), (), "data1.csv", True),
        (("data?.csv",), (), "data10.csv", False),
        (("a b/ü*",), (), "a b/über.py", True),
        ((), ("*",), "any/thing", False),
    ],
)
def test_paths_the_deepest_pattern_wins(
    include: tuple[str, ...], exclude: tuple[str, ...], path: str, *, wanted: bool
) -> None:
    assert path_wanted(Patterns(include, exclude), path) is wanted


def test_the_order_of_path_filters_does_not_matter() -> None:
    for include in (("a", "a/b/c"), ("a/b/c", "a")):
        assert path_wanted(Patterns(include, ("a/b",)), "a/b/c/x")
        assert not path_wanted(Patterns(include, ("a/b",)), "a/b/x")


def test_one_wanted_path_is_enough_and_none_says_why() -> None:
    trigger = CiTrigger(paths=Patterns(("src",)))
    assert (
        decide(trigger, push("refs/heads/main", "README.md", "src/a.py")).why
        == "src/a.py is in what trigger.paths includes"
    )
    decision = decide(trigger, push("refs/heads/main", "README.md"))
    assert (decision.run, decision.why) == (False, "no changed file is in what trigger.paths includes")


@pytest.mark.parametrize("word", SKIP_WORDS)
def test_a_word_in_any_pushed_message_skips(word: str) -> None:
    decision = decide(CiTrigger(), push(messages=("First", f"Fix\n\n{word.upper()} please")))
    assert not decision.run
    assert word.lower() in decision.why.lower()


def test_a_message_about_ci_without_the_word_runs() -> None:
    assert decide(CiTrigger(), push(messages=("Do not skip ci", "NO_CI", "[skip-ci]"))).run


def test_a_pattern_of_many_stars_is_matched_quickly() -> None:
    assert not ref_matches("*a" * 40 + "b", "refs/heads/" + "a" * 2000)
    assert not path_wanted(Patterns(("**/a/" * 20 + "b",)), "/".join("a" * 200))


@given(st.text("ab/*?", max_size=8), st.text("ab/", max_size=10))
def test_refs_match_as_shell_patterns_do(pattern: str, name: str) -> None:
    assert ref_matches(pattern, "refs/heads/" + name) is fnmatch.fnmatchcase(name, pattern)
