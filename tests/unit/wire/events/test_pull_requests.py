"""What becomes of pull requests. https://learn.microsoft.com/azure/devops/pipelines/repos/github#pr-triggers"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from msgspec.json import decode
from msgspec.structs import replace

from drivetrain.errors import ConflictError
from drivetrain.run.predefined import Place, predefined
from drivetrain.source.events import KnownPullRequest, PullRequestChanged
from drivetrain.source.hosts.model import ForkPolicy, HostKind, Link
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.view.api.devops.build_shapes import trigger_info
from drivetrain.view.cli.start import command as start_command
from drivetrain.view.ports import QueueRequest
from drivetrain.wire.asked import Wish
from drivetrain.wire.hosts.pull_requests import find_pull_request
from drivetrain.wire.verbs import ServerVerbs
from tests.unit.wire.events.conftest import FILE, STEPS, Ground

if TYPE_CHECKING:
    from drivetrain.source.model import Project
    from tests.unit.wire.conftest import Origin

CAREFUL = ForkPolicy()


@pytest.fixture
def shop(ground: Ground) -> Origin:
    """main, and a branch `feature` with another file and a commit more."""
    made = ground.repository("shop")
    made.git("checkout", "--quiet", "-b", "feature")
    made.commit("print()", "src/train.py")
    made.git("checkout", "--quiet", "main")
    made.commit("hello", "README.md")
    return made


@pytest.fixture
def project(ground: Ground, shop: Origin) -> Project:
    return ground.project(shop)


def link(ground: Ground, project: Project, forks: ForkPolicy = CAREFUL, host: HostKind = HostKind.GITHUB) -> None:
    ground.storage.links.put(
        Link(project.id, host, "https://api.github.com", "a/shop", forks=forks, key=f"k{project.id}"), "s"
    )


def write(shop: Origin, text: str, branch: str = "feature") -> None:
    shop.git("checkout", "--quiet", branch)
    shop.commit(text, FILE)
    shop.git("checkout", "--quiet", "main")


def test_a_pull_request_is_a_run_of_its_merge_with_its_variables(
    ground: Ground, shop: Origin, project: Project
) -> None:
    link(ground, project)
    pull = ground.pull(project, shop)
    event = ground.happen(project, PullRequestChanged(pull))
    run = ground.run_of(event)
    assert (run.reason, run.source.ref, run.requested_for) == ("PullRequest", "refs/pull/1/merge", "eve")
    parents = {pull.head_sha, shop.git("rev-parse", "main")}
    origin = shop.git("cat-file", "-t", pull.head_sha)
    assert origin == "commit"
    assert run.source.commit.sha not in parents
    assert event.outcome == "target main is in what pr.branches includes"
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    found = predefined(Place(run, plan))
    wanted = {
        "Build.Reason": "PullRequest",
        "Build.SourceBranch": "refs/pull/1/merge",
        "Build.SourceBranchName": "merge",
        "Build.SourceVersion": run.source.commit.sha,
        "Build.Repository.Provider": "GitHub",
        "System.PullRequest.IsFork": "False",
        "System.PullRequest.PullRequestId": "1",
        "System.PullRequest.PullRequestNumber": "1",
        "System.PullRequest.SourceBranch": "feature",
        "System.PullRequest.SourceCommitId": pull.head_sha,
        "System.PullRequest.SourceRepositoryUri": str(shop.path),
        "System.PullRequest.TargetBranch": "main",
        "System.PullRequest.TargetBranchName": "main",
    }
    assert {name: found.get(name) for name in wanted} == wanted
    assert "System.PullRequest.ForkSecretsRemoved" not in found


def test_azure_repos_call_branches_in_full(ground: Ground, shop: Origin, project: Project) -> None:
    link(ground, project, host=HostKind.AZURE_REPOS)
    run = ground.run_of(ground.happen(project, PullRequestChanged(ground.pull(project, shop))))
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    found = predefined(Place(run, plan))
    assert found["System.PullRequest.TargetBranch"] == "refs/heads/main"
    assert found["System.PullRequest.SourceBranch"] == "refs/heads/feature"
    assert found["System.PullRequest.TargetBranchName"] == "main"


def test_the_file_of_the_merge_counts_and_the_rule_is_named_with_its_place(
    ground: Ground, shop: Origin, project: Project
) -> None:
    write(shop, "pr:\n  branches:\n    include: [releases/*]\n    exclude:\n    - main\n" + STEPS)
    event = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    assert event.run_id is None
    assert event.outcome == "target main is not in what pr.branches includes"
    write(shop, "pr:\n  branches:\n    exclude:\n    - 'm*'\n" + STEPS)
    event = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    assert event.outcome == (f"target main is not in what pr.branches includes: 'm*' excludes it ({FILE}:4:8)")


def test_only_files_that_the_pull_request_changes_count(ground: Ground, shop: Origin, project: Project) -> None:
    """README.md has changed in the target alone."""
    write(shop, "pr: {paths: {include: [README.md]}}\n" + STEPS, "main")
    event = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    assert (event.run_id, "no changed file is in what pr.paths includes" in event.outcome) == (None, True)
    write(shop, "pr: {paths: {include: [src/*]}}\n" + STEPS, "main")
    again = ground.happen(project, PullRequestChanged(ground.pull(project, shop)), "again")
    assert again.outcome.startswith("src/train.py is in what pr.paths includes")


def test_a_draft_runs_unless_the_file_says_no_and_then_when_it_is_ready(
    ground: Ground, shop: Origin, project: Project
) -> None:
    draft = ground.pull(project, shop, draft=True)
    first = ground.run_of(ground.happen(project, PullRequestChanged(draft)))
    ready = PullRequestChanged(replace(draft, draft=False), action="ready")
    event = ground.happen(project, ready)
    assert event.outcome == f"its commit had run {first.id} as a draft already: pr.drafts is true"
    write(shop, "pr: {drafts: false}\n" + STEPS)
    draft = ground.pull(project, shop, draft=True)
    event = ground.happen(project, PullRequestChanged(draft))
    assert event.outcome == f"it is a draft, and pr.drafts is false ({FILE}:1:14)"
    assert ground.happen(project, PullRequestChanged(replace(draft, draft=False), action="ready")).run_id


def test_a_new_commit_cancels_the_run_of_the_one_before_and_closing_cancels_all(
    ground: Ground, shop: Origin, project: Project
) -> None:
    first = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    other = ground.happen(project, PullRequestChanged(ground.pull(project, shop, number=2)))
    shop.git("checkout", "--quiet", "feature")
    shop.commit("more", "src/more.py")
    second = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    runs = [ground.run_of(event) for event in (first, other, second)]
    assert [run.cancel_requested for run in runs] == [True, False, False]
    assert runs[0].cancel_by == "pull request 1"
    merged = ground.happen(project, PullRequestChanged(ground.pull(project, shop, state="merged"), action="merged"))
    assert merged.outcome == f"pull request 1 was merged: runs {runs[0].id}, {runs[2].id} canceled"
    assert [ground.run_of(event).cancel_requested for event in (first, other, second)] == [True, False, True]


def test_without_auto_cancel_both_go_on(ground: Ground, shop: Origin, project: Project) -> None:
    write(shop, "pr: {autoCancel: false}\n" + STEPS)
    first = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    write(shop, "pr: {autoCancel: false}\n" + STEPS + "# more\n")
    second = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    assert [ground.run_of(event).cancel_requested for event in (first, second)] == [False, False]


def test_somebody_who_asks_again_cancels_nothing_of_the_same_commit(
    ground: Ground, shop: Origin, project: Project
) -> None:
    first = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    asked = PullRequestChanged(ground.pull(project, shop), asked_by="ada", action="asked")
    second = ground.happen(project, asked)
    assert ground.run_of(second).requested_for == "ada"
    assert not ground.run_of(first).cancel_requested


def test_a_commit_that_is_handled_late_does_not_cancel_the_newer_one(
    ground: Ground, shop: Origin, project: Project
) -> None:
    events = ground.storage.source_events
    late = PullRequestChanged(ground.pull(project, shop))
    shop.git("checkout", "--quiet", "feature")
    shop.commit("more", "src/more.py")
    newer = PullRequestChanged(ground.pull(project, shop))
    first = ground.happen(project, late)
    second = ground.happen(project, newer)
    event = events.get(first.id)
    assert event is not None
    outcome = ground.launcher.launch_event(replace(event, id=first.id - 1), project)
    assert outcome.run_id is None
    assert (
        outcome.why
        == f"the pull request has a newer commit, {newer.pull_request.head_sha[:8]}, and pr.autoCancel is true"
    )
    assert not ground.run_of(second).cancel_requested


def test_a_crash_before_the_older_run_was_canceled_is_made_good(ground: Ground, shop: Origin, project: Project) -> None:
    first = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    shop.git("checkout", "--quiet", "feature")
    shop.commit("more", "src/more.py")
    second = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    with ground.storage.database.writing() as connection:
        connection.execute("UPDATE runs SET cancel_requested = 0")
    event = ground.storage.source_events.get(second.id)
    assert event is not None
    assert ground.launcher.launch_event(event, project).run_id == second.run_id
    assert ground.run_of(first).cancel_requested


def test_a_conflict_is_no_run(ground: Ground, shop: Origin, project: Project) -> None:
    write(shop, "pr: none\n")
    write(shop, "trigger: none\n", "main")
    event = ground.happen(project, PullRequestChanged(ground.pull(project, shop)))
    assert (event.run_id, event.outcome) == (None, f"the merge has conflicts in {FILE}")
    with pytest.raises(ConflictError, match="has conflicts"):
        ground.launcher.launch_pull_request(project, ground.pull(project, shop), Wish("ada"))


def test_a_file_with_errors_is_a_failed_run_of_the_merge(ground: Ground, shop: Origin, project: Project) -> None:
    write(shop, "steps:\n- nonsense: x\n")
    run = ground.run_of(ground.happen(project, PullRequestChanged(ground.pull(project, shop))))
    assert ground.storage.runs.plan(run.id) is None


def test_a_head_that_is_not_there_any_more_is_no_run(ground: Ground, shop: Origin, project: Project) -> None:
    event = ground.happen(project, PullRequestChanged(ground.pull(project, shop, head_sha="1" * 40)))
    assert "commit 11111111 of pull request 1 is not there any more" in event.outcome


FORK = (
    "it comes from a fork and waits for a collaborator's word: comment /azp run, or drivetrain start --pull-request 1"
)


def test_a_fork_waits_for_a_word_and_gets_no_secrets_then(ground: Ground, shop: Origin, project: Project) -> None:
    fork = ground.pull(project, shop, fork=True, source_url=str(shop.path))
    for known in (False, True):  # without a link the default is as careful
        if known:
            link(ground, project)
        event = ground.happen(project, PullRequestChanged(fork), f"fork {known}")
        assert (event.run_id, event.outcome) == (None, FORK)
    run = ground.run_of(ground.happen(project, PullRequestChanged(fork, asked_by="ada", action="asked")))
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    assert run.restricted
    assert predefined(Place(run, plan))["System.PullRequest.ForkSecretsRemoved"] == "True"
    again = ground.launcher.rerun(run.id, Wish("ada"))
    assert (again.restricted, again.cause) == (True, run.cause)


NAMING = "resources:\n  repositories:\n  - repository: tools\n    type: github\n    name: contoso/templates\n"


@pytest.mark.parametrize(
    "settings",
    ['tools = "{hub}/contoso/templates"', '"contoso/templates" = "file://{hub}/contoso/templates"'],
)
def test_a_fork_reads_no_folder_of_this_machine(
    ground: Ground, shop: Origin, project: Project, origin: Origin, settings: str
) -> None:
    origin.commit("steps: [{bash: 'true'}]\n", "steps.yml")
    hub = origin.path.parents[1]
    ground.home.config.write_text(f"[repositories]\n{settings.format(hub=hub)}\n")
    write(shop, NAMING + "steps:\n- template: steps.yml@tools\n")
    own = ground.happen(project, PullRequestChanged(ground.pull(project, shop, number=3)))
    assert ground.storage.runs.plan(ground.run_of(own).id) is not None
    fork = ground.pull(project, shop, fork=True, source_url=str(shop.path))
    event = ground.happen(project, PullRequestChanged(fork, asked_by="ada", action="asked"))
    run = ground.run_of(event)
    said = " ".join(issue.message for issue in SqliteRunQueries(ground.storage.runs).timeline(run.id).issues)
    assert "a folder of this machine, which a fork's pull request may not read" in said


@pytest.mark.parametrize(
    ("forks", "starts", "restricted"),
    [
        (ForkPolicy(comment="none"), True, True),
        (ForkPolicy(comment="none", secrets=True), True, False),
        (ForkPolicy(comment="none", build=False), False, True),
        (ForkPolicy(comment="all"), False, True),
    ],
)
def test_what_a_project_allows_forks(
    ground: Ground, shop: Origin, project: Project, forks: ForkPolicy, *, starts: bool, restricted: bool
) -> None:
    link(ground, project, forks)
    fork = ground.pull(project, shop, fork=True, source_url=str(shop.path))
    event = ground.happen(project, PullRequestChanged(fork))
    assert (event.run_id is not None) is starts
    if starts:
        assert ground.run_of(event).restricted is restricted
    own = ground.happen(project, PullRequestChanged(ground.pull(project, shop, number=3)))
    assert (own.run_id is not None) is (forks.comment != "all")


def test_templates_know_whether_it_is_a_fork(ground: Ground, shop: Origin, project: Project) -> None:
    write(shop, "steps:\n- bash: echo ${{ variables['System.PullRequest.IsFork'] }}\n")
    run = ground.run_of(ground.happen(project, PullRequestChanged(ground.pull(project, shop))))
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    assert plan.stages[0].jobs[0].steps[-1].inputs["script"] == "echo False"


def test_by_hand_a_pull_request_runs_whatever_its_triggers_say(ground: Ground, shop: Origin, project: Project) -> None:
    write(
        shop,
        "pr: none\nparameters: [{name: n, type: number, default: 1}]\nsteps: [{bash: 'echo ${{ parameters.n }}'}]\n",
    )
    fork = ground.pull(project, shop, fork=True, source_url=str(shop.path))
    run = ground.launcher.launch_pull_request(project, fork, Wish("ada", parameters={"n": "2"}))
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    assert plan.stages[0].jobs[0].steps[-1].inputs["script"] == "echo 2"
    assert (run.requested_for, run.restricted, run.reason) == ("ada", True, "PullRequest")


def test_what_a_stranger_writes_is_only_text(ground: Ground, shop: Origin, project: Project) -> None:
    shop.git("branch", "$(reboot)", "feature")
    pull = ground.pull(project, shop, title="$(touch pwned)", source="refs/heads/$(reboot)", author="<b>`id`")
    run = ground.run_of(ground.happen(project, PullRequestChanged(pull)))
    plan = ground.storage.runs.plan(run.id)
    assert plan is not None
    assert predefined(Place(run, plan))["System.PullRequest.SourceBranch"] == "$(reboot)"
    assert not (shop.path / "pwned").exists()


def test_a_pull_request_is_started_from_the_command_line(ground: Ground, shop: Origin, project: Project) -> None:
    environment = {"DRIVETRAIN_HOME": str(ground.home.root)}
    words = ["--pull-request", "1"]
    asked = CliRunner().invoke(start_command, words, env=environment)
    assert "nothing was ever heard of pull request 1 of shop" in str(asked.exception)
    fork = ground.pull(project, shop, fork=True, source_url=str(shop.path))
    ground.storage.pull_requests.put(project.id, KnownPullRequest(fork))
    shown = CliRunner().invoke(start_command, words, env=environment).output
    assert shown.splitlines()[0].endswith("of refs/pull/1/merge is queued, without secrets: it comes from a fork")
    assert "drivetrain up runs it" in shown
    ground.project(shop, "second")
    assert "say it with --project" in str(CliRunner().invoke(start_command, words, env=environment).exception)
    answer = CliRunner().invoke(start_command, [*words, "--project", "shop", "--json"], env=environment).output
    assert decode(answer)["restricted"] is True
    ground.storage.pull_requests.put(project.id, KnownPullRequest(replace(fork, state="merged")))
    over = CliRunner().invoke(start_command, [*words, "--project", "shop"], env=environment)
    assert "pull request 1 of shop is merged" in str(over.exception)
    assert CliRunner().invoke(start_command, ["1"], env=environment).exit_code == 2


def test_who_queues_the_ref_of_a_pull_request_by_an_api_queues_it(
    ground: Ground, shop: Origin, project: Project
) -> None:
    storage = ground.storage
    storage.pull_requests.put(project.id, KnownPullRequest(ground.pull(project, shop)))
    pulls = partial(find_pull_request, storage)
    verbs = ServerVerbs(storage.runs, ground.launcher, storage.projects, lambda: None, pulls)
    for request in (QueueRequest("shop", "refs/pull/1/merge"), QueueRequest("shop", pull_request=1)):
        run = verbs.queue(request, by="ada")
        assert (run.reason, run.source.ref, run.requested_for) == ("PullRequest", "refs/pull/1/merge", "ada")
        assert trigger_info(run)["pr.number"] == "1"
