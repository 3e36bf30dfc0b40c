"""https://learn.microsoft.com/azure/devops/pipelines/repos/github#pr-triggers"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.source.completion import Progress, decide_completion
from drivetrain.source.events import PullRequest
from drivetrain.source.matching import decide, verdict
from drivetrain.source.model import CiTrigger, Patterns, PrTrigger, Push, Rule
from drivetrain.source.pr_matching import decide_pull_request, waits_for_a_word

HEAD = "a" * 40


def pull(target: str = "refs/heads/main", *, draft: bool = False, title: str = "Better") -> PullRequest:
    return PullRequest(1, title, "ada", "refs/heads/feature", HEAD, target, draft=draft)


def test_without_a_pr_key_every_target_is_wanted_drafts_too() -> None:
    for target in ("refs/heads/main", "refs/heads/releases/1/x"):
        assert decide_pull_request(PrTrigger(), pull(target, draft=True), ("a",)).run


def test_pr_none_wants_nothing() -> None:
    decision = decide_pull_request(PrTrigger(enabled=False), pull(), ("a",))
    assert (decision.run, decision.why, decision.rule) == (False, "the pipeline file says pr: none", Rule(("pr",)))


@pytest.mark.parametrize(
    ("include", "exclude", "target", "run", "rule"),
    [
        (("master", "releases/*"), (), "master", True, Rule(("pr", "branches", "include"), "master")),
        (("master", "releases/*"), (), "releases/2", True, Rule(("pr", "branches", "include"), "releases/*")),
        (("master", "releases/*"), ("releases/old*",), "releases/old1", False,
         Rule(("pr", "branches", "exclude"), "releases/old*")),
        (("master",), (), "feature", False, None),
        ((), ("feature",), "feature", False, Rule(("pr", "branches", "exclude"), "feature")),
        ((), ("feature",), "master", True, None),
        (("refs/heads/master",), (), "master", True, Rule(("pr", "branches", "include"), "refs/heads/master")),
    ],
)  # fmt: skip
def test_the_target_branch_counts(
    include: tuple[str, ...], exclude: tuple[str, ...], target: str, rule: Rule | None, *, run: bool
) -> None:
    decision = decide_pull_request(PrTrigger(branches=Patterns(include, exclude)), pull(f"refs/heads/{target}"), ())
    assert (decision.run, decision.rule) == (run, rule)


@pytest.mark.parametrize(
    ("paths", "changed", "run"),
    [
        (Patterns(("docs/*",), ("docs/README.md",)), ("docs/README.md",), False),
        (Patterns(("docs/*",), ("docs/README.md",)), ("docs/README.md", "docs/a.md"), True),
        (Patterns(("docs/*",)), ("src/a.py",), False),
        (Patterns((), ("docs",)), ("docs/a.md",), False),
        (Patterns((), ("docs",)), (), False),
        (Patterns(), (), True),
    ],
)
def test_at_least_one_changed_file_has_to_be_wanted(paths: Patterns, changed: tuple[str, ...], *, run: bool) -> None:
    assert decide_pull_request(PrTrigger(paths=paths), pull(), changed).run is run


def test_a_draft_is_not_wanted_where_drafts_is_false() -> None:
    trigger = PrTrigger(drafts=False)
    assert not decide_pull_request(trigger, pull(draft=True), ()).run
    assert decide_pull_request(trigger, pull(), ()).run


def test_words_that_skip_a_push_do_not_skip_a_pull_request() -> None:
    """Azure: they are about "runs that a push would normally trigger"."""
    assert decide_pull_request(PrTrigger(), pull(title="[skip ci] ***NO_CI***"), ("a",)).run


@pytest.mark.parametrize(
    ("comment", "fork", "asked", "waits"),
    [
        ("forks", True, "", True),
        ("forks", True, "ada", False),
        ("forks", False, "", False),
        ("all", False, "", True),
        ("all", True, "ada", False),
        ("none", True, "", False),
        ("nonsense", True, "", True),
    ],
)
def test_who_has_to_wait_for_a_word(comment: str, asked: str, *, fork: bool, waits: bool) -> None:
    assert waits_for_a_word(comment, fork=fork, asked_by=asked) is waits


NAMES = st.sampled_from(["main", "dev", "releases/1", "releases/old", "feature/x", "$(reboot)", "a b"])
PATTERNS = st.lists(st.sampled_from(["main", "dev", "releases/*", "*", "r?l*", "feature/?", "$(reboot)"]), max_size=3)


@given(NAMES, PATTERNS, PATTERNS)
def test_what_is_excluded_is_never_wanted_and_the_rule_named_matches(
    name: str, include: list[str], exclude: list[str]
) -> None:
    patterns, ref = Patterns(tuple(include), tuple(exclude)), f"refs/heads/{name}"
    found = verdict(patterns, ref)
    if verdict(Patterns(tuple(exclude)), ref).wanted and exclude:
        assert not found.wanted
    if not exclude:
        assert found.wanted == (not include or found.by == "include")
    if found.by:
        assert found.pattern in (include if found.by == "include" else exclude)
        assert verdict(Patterns((found.pattern,)), ref).wanted
    for trigger in (decide(CiTrigger(branches=patterns), Push(ref, ("a",))),
                    decide_pull_request(PrTrigger(branches=patterns), pull(ref), ("a",))):  # fmt: skip
        assert trigger.run is found.wanted
        assert trigger.why


@given(NAMES, PATTERNS, PATTERNS)
def test_an_exclude_more_never_starts_a_run_more(name: str, include: list[str], exclude: list[str]) -> None:
    ref = f"refs/heads/{name}"
    without = verdict(Patterns(tuple(include)), ref).wanted
    assert without or not verdict(Patterns(tuple(include), tuple(exclude)), ref).wanted


def progress(
    ref: str = "refs/heads/main", *, completed: bool = True, succeeded: bool = True, stages: str = "", tags: str = ""
) -> Progress:
    return Progress(ref, completed, succeeded, frozenset(stages.split()), frozenset(tags.split()))


@pytest.mark.parametrize(
    ("branches", "tags", "stages", "run", "wanted"),
    [
        (Patterns(), (), (), progress(), True),
        (Patterns(), (), (), progress(succeeded=False), False),
        (Patterns(), (), (), progress(completed=False, succeeded=False), False),
        (Patterns(("releases/*", "main"), ("topic/*",)), (), (), progress(), True),
        (Patterns(("releases/*",)), (), (), progress(), False),
        (Patterns(("refs/heads/main",)), (), (), progress(), True),
        (Patterns(("main",)), (), (), progress("refs/pull/1/merge"), False),
        (Patterns(), (), (), progress("refs/pull/1/merge"), True),
        (Patterns((), ("main",)), (), (), progress(), False),
        (Patterns(), ("Production", "Signed"), (), progress(tags="production signed x"), True),
        (Patterns(), ("Production", "Signed"), (), progress(tags="production"), False),
        (Patterns(), (), ("PreProduction", "Production"), progress(stages="preproduction production"), True),
        (Patterns(), (), ("PreProduction", "Production"), progress(stages="production"), False),
        (Patterns(), (), ("A",), progress(completed=False, succeeded=False, stages="a"), True),
        (Patterns(), (), ("A",), progress(succeeded=False, stages="a b"), True),
    ],
)
def test_a_run_that_has_come_so_far_starts_another(
    branches: Patterns, tags: tuple[str, ...], stages: tuple[str, ...], run: Progress, *, wanted: bool
) -> None:
    """https://learn.microsoft.com/azure/devops/pipelines/process/resources#evaluation-of-artifact-version"""
    decision = decide_completion(branches, tags, stages, run)
    assert decision.run is wanted
    assert decision.why
