"""A pull request becomes a run of its merge commit when the `pr` trigger of the file in that commit wants it.

https://learn.microsoft.com/azure/devops/pipelines/repos/github#pr-triggers
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import ConflictError, UserError
from drivetrain.source.git import changed_paths, merge_base
from drivetrain.source.hosts.model import ForkPolicy
from drivetrain.source.merging import Conflict, merged
from drivetrain.source.model import LaunchOutcome, Reason
from drivetrain.source.pr_matching import decide_pull_request, waits_for_a_word
from drivetrain.wire.asked import of_project, wished
from drivetrain.wire.events.ground import ask, new_run, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.run.model import Run
    from drivetrain.source.events import PullRequest, PullRequestChanged
    from drivetrain.source.merging import Merge
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.wire.asked import Wish
    from drivetrain.wire.events.ground import Asked, Ground


def launch_pull_request(
    ground: Ground, event: SourceEvent, project: Project, cause: PullRequestChanged
) -> LaunchOutcome:
    """Raises UserError when there is no such file, or no such commit any more; UnavailableError when the repository
    cannot be read now.
    """
    pull = cause.pull_request
    if pull.state != "open":
        return _ended(ground, project, pull)
    policy = _policy(ground, project)
    refusal = _refusal(policy, cause)
    if refusal:
        return LaunchOutcome(None, refusal)
    merge = merged(ground.git, project.url, pull)
    if isinstance(merge, Conflict):
        return LaunchOutcome(None, merge.why)
    new = replace(
        new_run(event, project, source_of(ground, project, merge.repo, pull.ref, merge.sha)),
        requested_for=cause.asked_by or pull.author,
        requested_for_email="",
        restricted=is_restricted(policy, pull),
    )
    asked = ask(ground.maker, merge.repo, new)
    return asked if isinstance(asked, LaunchOutcome) else _decide(ground, event, cause, asked, _changed(pull, merge))


def launch_by_hand(ground: Ground, project: Project, pull: PullRequest, cause: PullRequestChanged, wish: Wish) -> Run:
    """Somebody wants a run of a pull request, whatever its triggers say: that is a collaborator's word as well. Raises
    UserError, UnavailableError.
    """
    merge = merged(ground.git, project.url, pull)
    if isinstance(merge, Conflict):
        raise ConflictError(f"pull request {pull.number}: {merge.why}", hint="merge its target into its branch")
    source = source_of(ground, project, merge.repo, pull.ref, merge.sha)
    new = replace(
        wished(of_project(project, source, Reason.PULL_REQUEST), wish),
        cause=cause,
        restricted=is_restricted(_policy(ground, project), pull),
    )
    text, files = ground.maker.read(merge.repo, merge.sha, project.file, project.name, restricted=new.restricted)
    definition = ground.maker.define(text, files, new, wish.parameters)
    return ground.maker.queue(new, definition, files.repositories, wish.choice)


def is_restricted(policy: ForkPolicy, pull: PullRequest) -> bool:
    """Whether its run gets no secrets.

    https://learn.microsoft.com/azure/devops/pipelines/security/repos#dont-provide-secrets-to-fork-builds
    """
    return pull.fork and not policy.secrets


def _policy(ground: Ground, project: Project) -> ForkPolicy:
    link = ground.links.get(project.id)
    return link.forks if link else ForkPolicy()


def _refusal(policy: ForkPolicy, cause: PullRequestChanged) -> str:
    """Why there is no run, whatever the file says."""
    pull = cause.pull_request
    if pull.fork and not policy.build:
        return "it comes from a fork, and forks get no runs in this project"
    if waits_for_a_word(policy.comment, fork=pull.fork, asked_by=cause.asked_by):
        return (
            f"{'it comes from a fork and' if pull.fork else 'it'} waits for a collaborator's word: "
            f"comment /azp run, or drivetrain start --pull-request {pull.number}"
        )
    return ""


def _changed(pull: PullRequest, merge: Merge) -> tuple[str, ...]:
    """The files that the pull request changes: from where it parted from its target."""
    base = merge_base(merge.repo, merge.target_sha, pull.head_sha)
    return changed_paths(merge.repo, base or merge.target_sha, pull.head_sha)


def _decide(
    ground: Ground, event: SourceEvent, cause: PullRequestChanged, asked: Asked, changed: tuple[str, ...]
) -> LaunchOutcome:
    trigger, new = asked.definition.pipeline.pr, asked.new
    decision = decide_pull_request(trigger, cause.pull_request, changed)
    why = asked.said(decision)
    if not decision.run:
        return LaunchOutcome(None, why)
    project_id, ref = event.update.project_id, event.update.ref
    newer = ground.ref_runs.later_commit(project_id, ref, event.id, event.update.new_sha)
    if newer and trigger.auto_cancel:  # this event comes late: it had to be tried again, or much has happened
        return LaunchOutcome(None, f"the pull request has a newer commit, {newer[:8]}, and pr.autoCancel is true")
    if cause.action == "ready" and trigger.drafts:
        had = ground.ref_runs.of_commit(project_id, ref, new.source.commit.sha)
        if had:
            return LaunchOutcome(None, f"its commit had run {had[-1]} as a draft already: pr.drafts is true")
    outcome = ground.maker.once(new, asked.definition, asked.repositories, why)
    if trigger.auto_cancel and outcome.run_id is not None:
        _cancel(ground, _outdated(ground, new.source.commit.sha, outcome.run_id, ref, project_id), cause.pull_request)
    return outcome


def _outdated(ground: Ground, sha: str, run_id: int, ref: str, project_id: int) -> Iterable[int]:
    """Runs of the pull request that go on although another commit of it is to be run now."""
    for each in ground.ref_runs.unfinished(project_id, ref, Reason.PULL_REQUEST):
        if each < run_id and ground.maker.runs.get(each).source.commit.sha != sha:
            yield each


def _ended(ground: Ground, project: Project, pull: PullRequest) -> LaunchOutcome:
    """Nothing of a pull request that is closed or merged goes on."""
    runs = _cancel(ground, ground.ref_runs.unfinished(project.id, pull.ref, Reason.PULL_REQUEST), pull)
    said = f"pull request {pull.number} was {pull.state}"
    if runs:
        said += f": run{'s' * (len(runs) > 1)} {', '.join(map(str, runs))} canceled"
    return LaunchOutcome(None, said)


def _cancel(ground: Ground, runs: Iterable[int], pull: PullRequest) -> list[int]:
    canceled = []
    for run_id in runs:
        with suppress(UserError):  # completed, or gone, a moment ago
            ground.maker.runs.request_cancel(run_id, by=f"pull request {pull.number}")
            canceled.append(run_id)
    return canceled
