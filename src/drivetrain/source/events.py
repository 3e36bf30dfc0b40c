"""What may have happened beside a push, and what is kept of it with a source event. Frozen values only."""

from __future__ import annotations

from msgspec import Struct


class PullRequest(Struct, frozen=True):
    """A pull request (GitLab: a merge request) as its host tells of it. Everything in it may come from a stranger."""

    number: int
    title: str
    author: str
    """The name of the account at the host."""
    source: str
    """In full, in the repository that it comes from: `refs/heads/feature`."""
    head_sha: str
    target: str
    """In full: `refs/heads/main`."""
    base_sha: str = ""
    """Where the target was, as the host told; empty when it did not."""
    merge_sha: str = ""
    """The merge that the host has made of it; empty when it makes none, or has not yet."""
    draft: bool = False
    fork: bool = False
    """It comes from another repository, whose owners are not those of this one."""
    state: str = "open"
    """`open`, `closed` or `merged`."""
    url: str = ""
    """Its page at the host."""
    source_url: str = ""
    """The URL to clone where it comes from, when that is another repository."""

    @property
    def ref(self) -> str:
        """`$(Build.SourceBranch)`: the merge of the pull request, by Azure's and GitHub's name for it."""
        return f"refs/pull/{self.number}/merge"


class KnownPullRequest(Struct, frozen=True):
    """A pull request as it was last heard of."""

    pull_request: PullRequest
    changed_at: str = ""
    """When it became so, as the host says, in ISO 8601; empty when it does not."""


class PullRequestChanged(Struct, frozen=True, tag="pull_request"):
    """A pull request was opened, got a commit, became ready, or somebody asked for its run by a comment."""

    pull_request: PullRequest
    asked_by: str = ""
    """Whose comment (`/azp run`) or command asked for it; empty when nobody had to."""
    action: str = "updated"
    """What happened to it: `updated` (also when it is new, or has a new commit), `ready` (it was a draft before; the
    commit may have had its run already), `reopened`, `retargeted` (into another branch), `asked` (by a comment),
    `closed` or `merged` (nothing is to be run any more)."""


class ScheduleDue(Struct, frozen=True, tag="schedule"):
    """One of `schedules:` was due."""

    cron: str
    due_at: str
    """ISO 8601, UTC."""
    display_name: str = ""


class PipelineCompleted(Struct, frozen=True, tag="pipeline"):
    """A run of a pipeline that `resources.pipelines` names has completed."""

    alias: str
    run_id: int
    pipeline: str = ""
    number: str = ""
    """The run's name."""


class RepositoryMoved(Struct, frozen=True, tag="repository"):
    """A ref of a repository that `resources.repositories` names has moved."""

    alias: str
    name: str
    ref: str
    old_sha: str
    new_sha: str


class WebhookPosted(Struct, frozen=True, tag="webhook"):
    """Something was posted to a webhook that `resources.webhooks` names."""

    alias: str
    webhook: str
    """Its name, as it stands in the address."""
    post: int
    """Under which number its payload is kept."""
    about: str = ""
    """For people: what the payload says of itself."""
    run_id: int | None = None
    """The run by whose doing it was posted, where it is one of ours."""


class Released(Struct, frozen=True, tag="release"):
    """A release was published at the host. Its tag has an event of its own; this one is for people to see."""

    tag: str
    name: str = ""


Cause = PullRequestChanged | ScheduleDue | PipelineCompleted | RepositoryMoved | WebhookPosted | Released
"""What a source event is about, when it is not a push."""
