"""A project's repository as its host knows it, and what is told the host of a run."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class HostKind(StrEnum):
    """The hosts that are spoken to. The value is the part of a webhook's path: `/hooks/github/...`."""

    GITHUB = "github"
    """GitHub, and GitHub Enterprise Server by its address."""
    AZURE_REPOS = "azure-repos"
    BITBUCKET = "bitbucket"
    GITLAB = "gitlab"
    GITEA = "gitea"
    """Gitea and Forgejo."""


class ForkPolicy(Struct, frozen=True):
    """What a pull request from a fork may. The default is the safe one.

    https://learn.microsoft.com/azure/devops/pipelines/security/repos#forks
    """

    build: bool = True
    """Whether such a pull request may have runs at all."""
    secrets: bool = False
    """Whether its run gets secret variables, secure files, service connections and write access."""
    comment: str = "forks"
    """Whose pull requests wait for a collaborator's `/azp run`: of `forks`, of `all`, of `none`."""


class Link(Struct, frozen=True):
    """That a project's repository is at a host, and how it is reached there."""

    project_id: int
    host: HostKind
    api: str
    """The base of its API, without a slash at the end: `https://api.github.com`, `https://ghe.example.com/api/v3`."""
    repository: str
    """`owner/name`; of Azure Repos `organization/project/repository`, of GitLab the whole path."""
    connection: str = ""
    """The service connection whose credentials are used; empty for none: then nothing is told the host."""
    key: str = ""
    """The last part of the webhook's path: unguessable, so that a stranger cannot even try a signature."""
    webhook: str = ""
    """What the host calls the webhook; empty when a person has made it, or there is none."""
    forks: ForkPolicy = ForkPolicy()
    answers: bool = True
    """Whether the host is told how runs go."""


class RemoteRepository(Struct, frozen=True):
    """What a host says of a repository."""

    name: str
    """As in `Link.repository`."""
    url: str
    """To clone it by https."""
    branch: str
    """The default branch, short."""
    page: str = ""
    private: bool = False
    admin: bool = False
    """Whether the credentials may make webhooks."""


class Verdict(StrEnum):
    """How a commit is doing, as hosts show it."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    ERROR = "error"
    """There is no run where there should be one: the file has errors, the merge has conflicts."""
    NEUTRAL = "neutral"
    """It waits for a collaborator's word."""


class Annotation(Struct, frozen=True):
    """Something to show at a line of a file."""

    path: str
    """From the root of the repository, with slashes."""
    line: int
    message: str
    level: str = "error"
    """`error`, `warning` or `notice`."""
    title: str = ""


class Report(Struct, frozen=True):
    """What is told of a commit: a status everywhere, a check run with annotations where the host has such."""

    name: str
    """What tells reports of one commit apart: the pipeline's name."""
    sha: str
    verdict: Verdict
    title: str
    """One line."""
    url: str
    """The page of the run; empty when the server has no address that others reach."""
    summary: str = ""
    """Markdown."""
    annotations: tuple[Annotation, ...] = ()
    started_at: str = ""
    finished_at: str = ""
    key: str = ""
    """What the host was told under before: the id of its check run; empty the first time."""
    reference: str = ""
    """What it is about in our words, `run 7`: where the host keeps it, a report is found again without its key."""
