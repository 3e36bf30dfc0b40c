"""What `drivetrain why` and `why-not`, the API and the run's page say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from msgspec.json import decode

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source.events import PullRequestChanged
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.source.webhooks.model import Delivery
from drivetrain.view.cli.why import command as why_command
from drivetrain.view.cli.why_not import command as why_not_command
from drivetrain.wire.asked import Wish
from drivetrain.wire.site import KnownProjects
from drivetrain.wire.whys import whys_of
from tests.unit.wire.events.conftest import FILE, STEPS, Ground

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.source.model import Project
    from drivetrain.view.whys import WhyNot
    from drivetrain.wire.whys import HomeWhys
    from tests.unit.wire.conftest import Origin

FILTERED = "trigger:\n  branches:\n    include:\n    - main\n    - x*\n    exclude: [xx]\n" + STEPS


@pytest.fixture
def shop(ground: Ground) -> Origin:
    return ground.repository("shop", FILTERED)


@pytest.fixture
def project(ground: Ground, shop: Origin) -> Project:
    return ground.project(shop)


@pytest.fixture
def whys(ground: Ground, project: Project) -> HomeWhys:
    del project
    return whys_of(ground.storage, KnownProjects(ground.storage.projects))


def push(ground: Ground, project: Project, ref: str, sha: str, once: str = "") -> None:
    """A push, handled."""
    events = ground.storage.source_events
    event = events.ingest(RefUpdate(project.id, ref, events.position(project.id, ref), sha), Reason.INDIVIDUAL_CI)
    if once:
        with ground.storage.database.writing() as connection:
            connection.execute("UPDATE source_events SET once = ? WHERE id = ?", (once, event))
    ground.processor.process()


def said(found: Sequence[WhyNot]) -> str:
    return " / ".join(fact for each in found for fact in (*(event.rule for event in each.events), *each.facts))


def test_a_push_is_explained_with_the_line_that_wanted_it(
    ground: Ground, shop: Origin, project: Project, whys: HomeWhys
) -> None:
    sha = shop.commit("x", "x.py")
    push(ground, project, "refs/heads/main", sha, "hook-000000000012-1 refs/heads/main")
    found = whys.why(1)
    assert found.what.startswith("a push to main: ")
    assert found.rule == f"branch main is in what trigger.branches includes: 'main' ({FILE}:4:7)"
    assert found.brought_by == "delivery 12 of a webhook"
    shown = CliRunner().invoke(why_command, ["1"], env={"DRIVETRAIN_HOME": str(ground.home.root)}).output
    assert f"rule: {found.rule}" in shown
    assert "told by: delivery 12 of a webhook" in shown


def test_runs_that_nobody_but_a_person_wanted(ground: Ground, shop: Origin, project: Project, whys: HomeWhys) -> None:
    run = ground.launcher.launch_project(project, Wish("Ada"))
    again = ground.launcher.rerun(run.id, Wish("Bob"))
    shop.git("branch", "feature")
    shop.git("checkout", "--quiet", "feature")
    shop.commit("y", "y.py")
    pull = ground.launcher.launch_pull_request(project, ground.pull(project, shop), Wish("Eve"))
    assert whys.why(run.id).what == "Ada started it by hand, of main"
    assert whys.why(again.id).what == f"Bob wanted run {run.id} again"
    assert whys.why(pull.id).what == "Eve asked for pull request 1 into main by hand"
    with pytest.raises(NotFoundError):
        whys.why(99)


def test_a_pull_request_names_the_delivery_that_told_of_it(
    ground: Ground, shop: Origin, project: Project, whys: HomeWhys
) -> None:
    shop.git("checkout", "--quiet", "-b", "feature")
    shop.commit("y", "y.py")
    event = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    assert whys.why(event.run_id or 0).brought_by == "its host"
    ground.storage.links.put(Link(project.id, HostKind.GITHUB, "https://x", "a/shop", key="k"), "secret")
    delivery = Delivery(0, HostKind.GITHUB, "k", "g", "pull_request", {}, b"{}", "")
    kept = ground.storage.deliveries.keep(delivery)
    ground.storage.deliveries.finish(kept or 0, f"pull request 1: event {event.id}")
    found = whys.why(event.run_id or 0)
    assert found.brought_by == f"delivery {kept} of a webhook"
    assert found.what.startswith("pull request 1 into main was updated, at ")
    (known,) = whys.why_not(event.update.new_sha)
    assert known.events[0].run_id == event.run_id


def test_why_not_names_the_line_that_says_no(ground: Ground, shop: Origin, project: Project, whys: HomeWhys) -> None:
    sha = shop.commit("x", "x.py")
    shop.git("branch", "xx")
    push(ground, project, "refs/heads/xx", sha)
    (found,) = whys.why_not(sha[:8])
    (event,) = found.events
    assert (found.project, found.sha, event.run_id, event.state) == ("shop", sha, None, "done")
    assert event.rule == f"branch xx is not in what trigger.branches includes: 'xx' excludes it ({FILE}:6:15)"
    assert found.facts[-1].startswith("a push of it to main now: a run: branch main is in what")
    words = ["--json", sha[:8]]
    answer = CliRunner().invoke(why_not_command, words, env={"DRIVETRAIN_HOME": str(ground.home.root)})
    assert decode(answer.output)[0]["events"][0]["rule"] == event.rule
    shown = CliRunner().invoke(why_not_command, [sha], env={"DRIVETRAIN_HOME": str(ground.home.root)}).output
    assert f"no run: {event.rule}" in shown


def test_why_not_of_a_commit_that_was_never_seen(
    ground: Ground, shop: Origin, project: Project, whys: HomeWhys
) -> None:
    there = shop.git("rev-parse", "HEAD")
    assert "refs/heads/main was there when the project was added: that starts no run" in said(whys.why_not(there))
    middle, newest = shop.commit("a", "a.py"), shop.commit("b [skip ci]", "b.py")
    assert "drivetrain up" in said(whys.why_not(newest))
    push(ground, project, "refs/heads/main", newest)
    assert "it came with later commits of main: only the newest commit of a push is run" in said(whys.why_not(middle))
    assert "a push of it to main now: no run: a pushed commit's message says [skip ci]" in said(whys.why_not(newest))
    shop.git("reset", "--quiet", "--hard", "HEAD~2")
    assert "no branch that was seen has it: it was rewritten, deleted, or not pushed" in said(whys.why_not(middle))


def test_why_not_says_what_waits(ground: Ground, shop: Origin, project: Project, whys: HomeWhys) -> None:
    batched = FILTERED.replace("trigger:\n", "trigger:\n  batch: true\n")
    push(ground, project, "refs/heads/main", shop.commit(batched, FILE))
    sha = shop.commit("more", "more.py")
    push(ground, project, "refs/heads/main", sha)
    assert "it waits: with trigger.batch, run 1 of its branch has to be completed first" in said(whys.why_not(sha))
    shop.git("branch", "feature")
    fork = ground.pull(project, shop, fork=True)
    ground.happen(project, PullRequestChanged(fork))
    assert "it comes from a fork and waits for a collaborator's word" in said(whys.why_not(sha))
    ground.storage.links.put(Link(project.id, HostKind.GITHUB, "https://x", "a/shop", key="k"), "secret")
    ground.storage.deliveries.keep(Delivery(0, HostKind.GITHUB, "k", "g", "push", {}, b"{}", ""))
    assert "deliveries of its webhook that wait to be looked at: 1" in said(whys.why_not(sha))


def test_why_not_of_what_is_not_there(ground: Ground, shop: Origin, project: Project, whys: HomeWhys) -> None:
    with pytest.raises(NotFoundError, match="commit 1234567 was never seen in shop") as failure:
        whys.why_not("1234567")
    assert "drivetrain up" in failure.value.hint
    for wrong in ("$(reboot)", "xyz", "--all", "1", ""):
        with pytest.raises(UserError, match="is no commit id"):
            whys.why_not(wrong)
    with pytest.raises(NotFoundError, match="other"):
        whys.why_not("1234", "other")
    sha = shop.commit("trigger: [\n", FILE)
    assert "the pipeline file at this commit has errors" in said(whys.why_not(sha))
    push(ground, project, "refs/heads/main", sha)
    ground.storage.projects.remove(project.id, delete_runs=False)
    (gone,) = whys.why_not(sha)
    assert (gone.project, gone.facts) == ("", ("the project was removed",))


@pytest.mark.usefixtures("project")
def test_two_projects_of_one_repository_each_say_their_own(ground: Ground, shop: Origin, whys: HomeWhys) -> None:
    shop.commit("trigger: none\n" + STEPS, "other.yml")
    sha = shop.git("rev-parse", "HEAD")
    ground.project(shop, "other", "other.yml")
    found = {each.project: each for each in whys.why_not(sha)}
    assert set(found) == {"shop", "other"}
    assert "no run: the pipeline file says trigger: none (other.yml:1:10)" in found["other"].facts[-1]
    assert [each.project for each in whys.why_not(sha, "other")] == ["other"]
